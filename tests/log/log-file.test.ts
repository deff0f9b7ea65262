import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadInput } from '../../src/config/bad-input.ts';
import { openLog } from '../../src/log/log-reader.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import type { LogInput } from '../../src/log/payload.ts';
import type { DecisionRow } from '../../src/log/schema.ts';
import type { RouterSnapshot } from '../../src/router/index.ts';
import {
  CONFIGURE,
  sampleCandidate,
  sampleDecision,
  sampleOutcome,
  sampleReject,
  sampleRequest,
  sampleSend,
} from './sample-rows.ts';
import { temporaryFolder } from './temporary-folder.ts';

const pathOf = temporaryFolder();

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

async function writeSample(path: string, requests: number): Promise<void> {
  const writer = await createLogWriter(path, { coreVersion: '1', sessionSalt: 'salt' });
  writer.input(0, 0, 'configure', CONFIGURE);
  for (let index = 0; index < requests; index += 1) {
    const id = `r${index}`;
    writer.input(2 * index + 1, index, 'begin', sampleRequest(id, { sessionId: 'secret-session' }));
    writer.commands(2 * index + 1, index, [sampleSend(id, 1)]);
    writer.input(2 * index + 2, index, 'observe', sampleOutcome(id, 1));
    writer.outcome(2 * index + 2, index, sampleOutcome(id, 1), 'aurora.main.alpha');
    if (index % 1000 === 0) await writer.drain();
  }
  writer.policy({ hash: 'c0ffee', body: '{}', parent: null, stage: 'active', since: 0, evidence: null });
  writer.snapshot(2, 1, { at: [-0] } as unknown as RouterSnapshot);
  await writer.close();
}

async function runSql(path: string, ...statements: string[]): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  let rows: unknown[][] = [];
  for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

describe('what was written is read', () => {
  test('all tables, more rows than a chunk holds, in order', async () => {
    const path = pathOf('whole.duckdb');
    await writeSample(path, 5000);
    const reader = await openLog(path);
    expect(reader.coreVersion).toBe('1');
    expect(await reader.count('inputs')).toBe(10_001);
    expect(await reader.count('policies')).toBe(1);
    expect(await reader.count('snapshots')).toBe(1);
    const inputs = await collect<LogInput>(reader.inputs());
    expect(inputs.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 10_001 }, (_, index) => index));
    expect(inputs[0]).toEqual({ sequence: 0, atMs: 0, kind: 'configure', payload: CONFIGURE });
    expect(inputs[2]?.payload).toEqual(sampleOutcome('r0', 1));
    expect((await collect(reader.decisions())).map(({ request_id }) => request_id)).toEqual(
      Array.from({ length: 5000 }, (_, index) => `r${index}`),
    );
    expect(await reader.outcomesOf('r4321')).toEqual([
      expect.objectContaining({ sequence: 8644, target: 'aurora.main.alpha', cost_usd: 1.234567, output_tokens: 80 }),
    ]);
    expect(await reader.beganAtMs('r4321')).toBe(4321);
    expect(await reader.beganAtMs('stranger')).toBeNull();
    reader.close();
  });

  test('every double of a decision comes back bit for bit', async () => {
    const path = pathOf('doubles.duckdb');
    // The sign of a zero is lost on purpose, see decision-row.ts.
    const any = fc.double().map((value) => value + 0);
    const decisions = fc.sample(
      fc.record({ draw: any, propensity: any, budgetPressure: any, queuedMs: any, score: any, cost: any, cache: any }),
      { numRuns: 300, seed: 11 },
    );
    const expected: Partial<DecisionRow>[] = [];
    const writer = await createLogWriter(path, { coreVersion: '1' });
    writer.input(0, 0, 'configure', CONFIGURE);
    writer.input(1, 0, 'begin', sampleRequest('r'));
    for (const [index, { draw, propensity, budgetPressure, queuedMs, score, cost, cache }] of decisions.entries()) {
      const candidate = sampleCandidate('t', { score, terms: { ...sampleCandidate('t').terms, cost, cache } });
      const candidates = Array.from({ length: index % 4 }, () => candidate);
      const decision = sampleDecision({ draw, propensity, budgetPressure, queuedMs, candidates });
      writer.commands(index, score, [sampleSend('r', 1, decision)]);
      const { terms, ...rest } = candidate;
      const { firstToken, ...others } = terms;
      expected.push({
        at_ms: score,
        draw,
        propensity,
        budget_pressure: budgetPressure,
        queued_ms: queuedMs,
        candidates: candidates.map(() => ({ ...rest, terms: { ...others, first_token: firstToken } })),
      });
    }
    await writer.close();
    const reader = await openLog(path);
    const read = await collect(reader.decisions());
    reader.close();
    expect(read).toEqual(expected.map((row) => expect.objectContaining(row)));
    expect(read.filter(({ draw }) => !Number.isFinite(draw)).length).toBeGreaterThan(0);
  });

  test('plain SQL sees the candidates, and a rejection as a decision without a target', async () => {
    const path = pathOf('sql.duckdb');
    const writer = await createLogWriter(path, { coreVersion: '1' });
    writer.input(0, 0, 'configure', CONFIGURE);
    writer.input(1, 0, 'begin', sampleRequest('r'));
    writer.commands(1, 0, [
      sampleReject('r', { code: 'QUEUE_FULL', decision: sampleDecision({ target: null, eligible: 0 }) }),
    ]);
    await writer.close();
    const sql = `SELECT chosen_target, reject_code, c.target, c.rejection, c.terms.cost
      FROM decisions, unnest(candidates) AS u(c) ORDER BY 3`;
    expect(await runSql(path, sql)).toEqual([
      [null, 'QUEUE_FULL', 'aurora.main.alpha', null, 1],
      [null, 'QUEUE_FULL', 'borealis.main.beta', 'cooldown', 1],
    ]);
  });

  test('a session id is nowhere in the file, its hash is', async () => {
    const path = pathOf('private.duckdb');
    await writeSample(path, 3);
    expect((await readFile(path)).includes('secret-session')).toBe(false);
    const reader = await openLog(path);
    const [row] = await reader.decisionsOf('r0');
    const [, begin] = await collect(reader.inputs());
    reader.close();
    expect(row?.session_hash).toMatch(/^[0-9a-f]{16}$/);
    expect(begin?.payload).toMatchObject({ sessionId: row?.session_hash });
  });
});

describe('a file gets its name only when it is whole', () => {
  test('nothing is there before close and nothing beside it after', async () => {
    const path = pathOf('named/run.duckdb');
    await mkdir(dirname(path));
    const writer = await createLogWriter(path, { coreVersion: '1' });
    writer.input(0, 0, 'configure', CONFIGURE);
    await writer.drain();
    expect(await readdir(dirname(path))).not.toContain('run.duckdb');
    await writer.close();
    expect(await readdir(dirname(path))).toEqual(['run.duckdb']);
  });

  test('a run that is given up leaves the older log', async () => {
    const path = pathOf('given-up/run.duckdb');
    await mkdir(dirname(path));
    await writeSample(path, 2);
    const before = await readFile(path);
    const writer = await createLogWriter(path, { coreVersion: '1' });
    writer.input(0, 0, 'configure', CONFIGURE);
    await writer.drain();
    await writer.abandon();
    expect(await readdir(dirname(path))).toEqual(['run.duckdb']);
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  test('rows that cannot be written fail the close and leave nothing', async () => {
    const path = pathOf('broken/run.duckdb');
    await mkdir(dirname(path));
    const writer = await createLogWriter(path, { coreVersion: '1' });
    writer.outcome(1, 0, sampleOutcome('r', 1, { inputTokens: 1.5 }), null);
    await expect(writer.close()).rejects.toThrow('outcomes.input_tokens must be a whole number, got 1.5');
    await writer.abandon();
    expect(await readdir(dirname(path))).toEqual([]);
  });

  test('a log is replaced, anything else only when told', async () => {
    const path = pathOf('notes.txt');
    await writeFile(path, 'my notes');
    await expect(createLogWriter(path, { coreVersion: '1' })).rejects.toThrow(/exists and is not a Token Pool log/);
    const foreign = pathOf('foreign-target.duckdb');
    await runSql(foreign, 'CREATE TABLE mine (a INTEGER)');
    await expect(createLogWriter(foreign, { coreVersion: '1' })).rejects.toThrow(BadInput);
    expect(await readFile(path, 'utf8')).toBe('my notes');
    const writer = await createLogWriter(path, { coreVersion: '1', replaceAnything: true });
    await writer.close();
    await writeSample(path, 1);
    expect(await runSql(path, 'SELECT count(*)::INTEGER FROM decisions')).toEqual([[1]]);
  });

  test.each([
    ['no/such/folder/run.duckdb', /the folder .* does not exist/],
    ['.', /is not a file/],
  ])('%s is refused', async (name, message) => {
    await expect(createLogWriter(pathOf(name), { coreVersion: '1' })).rejects.toThrow(message);
  });
});

describe('files that are no log are refused in one line', () => {
  async function refusal(path: string): Promise<string> {
    const error = await openLog(path).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(BadInput);
    const { message } = error as BadInput;
    expect(message).not.toContain('\n');
    expect(message.startsWith(`${path}: `)).toBe(true);
    return message;
  }

  test('missing, a folder, text, a foreign database', async () => {
    expect(await refusal(pathOf('nowhere.duckdb'))).toContain('no such file');
    expect(await refusal(pathOf('.'))).toContain('is not a file');
    await writeFile(pathOf('text.duckdb'), 'arrival_ms,request_id\n'.repeat(1000));
    expect(await refusal(pathOf('text.duckdb'))).toContain('is not a DuckDB file');
    await runSql(pathOf('foreign.duckdb'), 'CREATE TABLE inputs (a INTEGER)');
    expect(await refusal(pathOf('foreign.duckdb'))).toContain('not a Token Pool log');
  });

  test.each([
    [0, 'record the run again'],
    [1, 'record the run again'],
    [3, 'use a newer Token Pool'],
  ])('format %i', async (version, advice) => {
    const path = pathOf(`format-${version}.duckdb`);
    await writeSample(path, 1);
    await runSql(path, `UPDATE token_pool_log SET format_version = ${version}`);
    const message = await refusal(path);
    expect(message).toContain(`log format ${version}`);
    expect(message).toContain(advice);
  });

  test('held by another process', async () => {
    const path = pathOf('held.duckdb');
    await writeSample(path, 1);
    const script = `const { DuckDBInstance } = require('@duckdb/node-api');
      DuckDBInstance.create(${JSON.stringify(path)}).then((held) => { console.log('held'); process.stdin.on('end', () => held.closeSync()).resume(); });`;
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    try {
      await new Promise((resolve) => holder.stdout.once('data', resolve));
      expect(await refusal(path)).toContain('another process holds it');
    } finally {
      holder.stdin.end();
      await ended;
    }
    (await openLog(path)).close();
  });

  test('a damaged input is named', async () => {
    const path = pathOf('damaged.duckdb');
    await writeSample(path, 2);
    await runSql(path, `UPDATE inputs SET payload = '{"requestId"' WHERE sequence = 3`);
    const reader = await openLog(path);
    await expect(collect(reader.inputs())).rejects.toThrow(/payload of input 3 \(begin\) is not JSON/);
    reader.close();
  });

  test('a log without one of its tables is refused when that is read', async () => {
    const path = pathOf('torn.duckdb');
    await writeSample(path, 1);
    await runSql(path, 'DROP TABLE decisions');
    const reader = await openLog(path);
    await expect(collect(reader.decisions())).rejects.toThrow(/the table decisions cannot be read/);
    reader.close();
  });
});
