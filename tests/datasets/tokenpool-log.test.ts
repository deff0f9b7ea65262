import { writeFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { importTokenPool, importTrace, refuseBadRows, skipBadRows } from '../../datasets/importers/index.ts';
import { openTrace } from '../../datasets/index.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { createLogStatements } from '../../src/log/schema.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { openLiveLog } from '../../src/log/live/live-log.ts';
import { runTokenpool } from '../cli/run-tokenpool.ts';
import { driveRouter } from '../log/drive-router.ts';
import { LiveDriver } from '../log/live/live-driver.ts';
import { allRows, temporaryFolder } from './rows.ts';

const inFolder = temporaryFolder();
const REAL_LOG = inFolder('real.duckdb');
const HAND_LOG = inFolder('hand.duckdb');

beforeAll(async () => {
  const writer = await createLogWriter(REAL_LOG, { coreVersion: CORE_VERSION });
  driveRouter(writer, 300, 42);
  await writer.close();
  await execute(HAND_LOG, [
    ...createLogStatements(CORE_VERSION),
    // r-1 fails at one target and succeeds at another; r-2 waits, then succeeds; r-3 finds no target.
    decision(1, 1_000, 'r-1', 1, 'arrival', "'a.k.m'", 0.75, 0, 'chat'),
    decision(3, 1_500, 'r-1', 2, 'retry', "'b.k.m'", 0.5, 0, 'chat'),
    decision(2, 1_200, 'r-2', 1, 'queue', "'a.k.m'", 1, 150, 'background'),
    decision(4, 1_600, 'r-3', 1, 'arrival', 'NULL', 0, 0, 'chat'),
    outcome(3, 1_500, 'r-1', 1, 'a.k.m', 'failure', 503, 'NULL', 500, 0, 0.001),
    outcome(5, 2_500, 'r-1', 2, 'b.k.m', 'success', 200, '300', 1_000, 40, 0.002),
    outcome(6, 3_200, 'r-2', 1, 'a.k.m', 'success', 200, '400', 2_000, 60, 0.004),
  ]);
});

/** Those that the rows by hand have a value for, by name: the log has more, and gets more. */
const DECISION_COLUMNS = `sequence, ordinal, at_ms, request_id, attempt, client_key, session_hash, protocol, requested_model, class,
  priority, route, input_tokens_est, max_output_tokens, stream, mode, policy_hash, core_version, cause, explored, draw,
  chosen_target, propensity, eligible, budget_pressure, queued_ms, reject_code, candidates`;

function decision(
  sequence: number,
  atMs: number,
  id: string,
  attempt: number,
  cause: string,
  target: string,
  propensity: number,
  queuedMs: number,
  requestClass: string,
): string {
  return `INSERT INTO decisions (${DECISION_COLUMNS}) VALUES (${sequence}, 0, ${atMs}, '${id}', ${attempt}, 'team', 'hash-1', 'openai', 'auto', '${requestClass}',
    'normal', NULL, 500, 128, true, 'ranked', 'p', '1', '${cause}', false, 0.5, ${target}, ${propensity}, 2, 0, ${queuedMs}, NULL, [])`;
}

function outcome(
  sequence: number,
  atMs: number,
  id: string,
  attempt: number,
  target: string,
  kind: string,
  status: number,
  firstTokenMs: string,
  durationMs: number,
  outputTokens: number,
  costUsd: number,
): string {
  return `INSERT INTO outcomes VALUES (${sequence}, ${atMs}, '${id}', ${attempt}, '${target}', '${kind}', ${status}, NULL, ${firstTokenMs},
    ${durationMs}, 500, ${outputTokens}, 0, 0, ${costUsd}, NULL)`;
}

async function execute(path: string, statements: readonly string[]): Promise<readonly unknown[][]> {
  const database = await DuckDBInstance.create(path);
  const connection = await database.connect();
  let rows: readonly unknown[][] = [];
  for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRowsJS();
  connection.closeSync();
  database.closeSync();
  return rows;
}

const read = (path: string): Promise<TraceRow[]> => allRows(importTokenPool([path], {}, refuseBadRows()));

describe('a log by hand', () => {
  test('the first choice is recorded with what the request came to', async () => {
    const rows = await read(HAND_LOG);
    expect(rows.map((row) => row.requestId)).toEqual(['r-1', 'r-2', 'r-3']);
    expect(rows.map((row) => row.arrivalMs)).toEqual([1_000, 1_050, 1_600]);
    expect(rows[0]?.recorded).toEqual({
      target: 'a.k.m',
      propensity: 0.75,
      kind: 'success',
      status: 200,
      firstTokenMs: 800,
      durationMs: 1_500,
      costUsd: 0.003,
    });
    expect(rows[1]?.recorded).toMatchObject({ target: 'a.k.m', propensity: 1, firstTokenMs: 550, durationMs: 2_150 });
    expect(rows[2]?.recorded).toBe(null);
  });

  test('class, session, limits and answers come from the decision where the log kept no inputs', async () => {
    await execute(HAND_LOG, ['DROP TABLE IF EXISTS inputs']);
    const rows = await read(HAND_LOG);
    expect(rows.map((row) => row.declaredClass)).toEqual([null, 'background', null]);
    expect(rows.map((row) => row.outputTokens)).toEqual([40, 60, 50]);
    expect(rows[2]).toMatchObject({
      sessionId: 'hash-1',
      inputTokens: 500,
      maxOutputTokens: 128,
      stream: true,
      prefixBlocks: null,
    });
  });
});

describe('a log of the real core', () => {
  test('has every request once, with its own features', async () => {
    const rows = await read(REAL_LOG);
    const begins = (await execute(REAL_LOG, [`SELECT payload FROM inputs WHERE kind = 'begin' ORDER BY sequence`])).map(
      ([payload]) => JSON.parse(String(payload)) as TraceRow,
    );
    expect(rows.length).toBe(300);
    for (const begin of begins) {
      const { requestId, sessionId, hasTools, hasImage, prefixBlocks, declaredClass, declaredPriority, inputTokens } =
        begin;
      expect(rows.find((row) => row.requestId === requestId)).toMatchObject({
        sessionId,
        hasTools,
        hasImage,
        prefixBlocks,
        declaredClass,
        declaredPriority,
        inputTokens,
      });
    }
  });

  test('keeps where a request wanted to go, and rejects what is none of our making', async () => {
    const steering = {
      scope: 'session',
      scopeId: 'session:0a1b',
      signals: null,
      routeHint: 'thinking',
      instructions: [{ kind: 'force', name: 'a.k.m' }],
      bans: [],
      needsServerTools: false,
    };
    const path = inFolder('steered.duckdb');
    const writer = await createLogWriter(path, { coreVersion: CORE_VERSION });
    driveRouter(writer, 3, 1);
    await writer.close();
    const patch = (json: string, place: number) =>
      `UPDATE inputs SET payload = replace(payload::VARCHAR, '"steering":null', '"steering":${json}') WHERE sequence =
        (SELECT sequence FROM inputs WHERE kind = 'begin' ORDER BY sequence LIMIT 1 OFFSET ${place})`;
    await execute(path, [patch(JSON.stringify(steering), 0), patch('{"scope":"world"}', 1)]);
    const rejected: string[] = [];
    const rejects = skipBadRows(({ reason }) => rejected.push(reason));
    const rows = await allRows(importTokenPool([path], {}, rejects));
    expect(rows.map((row) => row.steering)).toEqual([steering, null]);
    expect(rejected).toEqual([expect.stringMatching(/^request \S+: steering: scope: /)]);
  });

  test('becomes a trace that starts at 0', async () => {
    const out = inFolder('real.parquet');
    const summary = await importTrace((rejects) => importTokenPool([REAL_LOG], {}, rejects), {
      out,
      skipBadRows: false,
      rebase: true,
    });
    expect(summary.requests).toBe(300);
    const rows = await allRows(await openTrace(out));
    expect(rows[0]?.arrivalMs).toBe(0);
    expect(rows.some((row) => (row.recorded?.propensity ?? 1) < 1)).toBe(true);
  });
});

test('of the log of a running server: what the server still holds is missing, and a note says so', async () => {
  const folder = inFolder('live');
  const log = await openLiveLog(folder);
  try {
    const driver = new LiveDriver(log);
    driver.run(20);
    await log.rotate();
    driver.run(20);
    driver.drain();
    const out = inFolder('live.parquet');
    const { code, stdout, stderr } = await runTokenpool('import', 'tokenpool', folder, '--out', out, '--json');
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({ code: 0, rejected: 0 });
    expect(stderr).toMatch(/^tokenpool: a server holds \S+: rows since \S+ are not in its closed segments\n$/);
  } finally {
    await log.close();
  }
});

describe('what is no log', () => {
  test.each<[string, RegExp]>([
    ['text.duckdb', /text\.duckdb: is not a DuckDB file; name a log that a run has written$/],
    ['empty.duckdb', /empty\.duckdb: has no table decisions/],
    ['missing.duckdb', /missing\.duckdb: .*no such file/],
  ])('%s is told', async (name, message) => {
    if (name === 'text.duckdb') writeFileSync(inFolder(name), 'not a database at all, but long enough to look at');
    if (name === 'empty.duckdb') await execute(inFolder(name), ['CREATE TABLE other (i INTEGER)']);
    await expect(read(inFolder(name))).rejects.toThrow(message);
  });
});
