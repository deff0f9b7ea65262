/** Logs that were written before there were shadows and transitions are read, and gone on with, as if these were empty. */
import { cp, readFile, rm } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { beforeAll, describe, expect, test } from 'vitest';
import { exportLog } from '../../src/log/export-log.ts';
import type { Manifest } from '../../src/log/live/manifest.ts';
import { openLiveLog } from '../../src/log/live/live-log.ts';
import { openLog } from '../../src/log/log-reader.ts';
import { createLogWriter } from '../../src/log/log-writer.ts';
import { LATER_TABLES, LOG_ORDER } from '../../src/log/schema.ts';
import { STAGES } from '../../src/policies/promotion.ts';
import { CORE_VERSION } from '../../src/router/index.ts';
import { DRIVEN_POLICY, driveRouter } from './drive-router.ts';
import { LiveDriver } from './live/live-driver.ts';
import { collect, verify } from './live/live-rows.ts';
import { temporaryFolder } from './temporary-folder.ts';

const pathOf = temporaryFolder();

async function run(path: string, ...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

const drop = LATER_TABLES.map((table) => `DROP TABLE ${table}`);

async function expectEmpty(path: string): Promise<void> {
  const reader = await openLog(path);
  try {
    expect(await collect(reader.shadows())).toEqual([]);
    expect(await collect(reader.transitions())).toEqual([]);
    expect(await reader.count('decisions')).toBeGreaterThan(0);
    for (const table of LATER_TABLES) expect(await reader.count(table)).toBe(0);
  } finally {
    reader.close();
  }
  const { decisions, identical, firstDifference } = await verify(path);
  expect({ identical, firstDifference }).toEqual({ identical: decisions, firstDifference: null });
  for (const [table, name] of LATER_TABLES.map((each) => [each, pathOf(`${each}.parquet`)] as const)) {
    await rm(name, { force: true });
    expect((await exportLog(path, { table, format: 'parquet', out: name })).rows).toBe(0);
  }
}

test('the file of a run', async () => {
  const path = pathOf('run.duckdb');
  const writer = await createLogWriter(path, { coreVersion: CORE_VERSION });
  driveRouter(writer, 60, 5);
  await writer.close();
  await expectEmpty(path);
  await run(path, ...drop);
  await expectEmpty(path);
});

describe('the folder of a live log', () => {
  // Two segments, rows in the database, and no file of the later tables.
  beforeAll(async () => {
    const log = await openLiveLog(pathOf('old'));
    const driver = new LiveDriver(log);
    driver.run(40);
    await log.rotate();
    driver.run(40);
    driver.snapshot();
    await log.rotate();
    driver.run(40);
    await log.close();
    await run(pathOf('old/current.duckdb'), ...drop);
    const manifest = JSON.parse(await readFile(pathOf('old/segments.json'), 'utf8')) as Manifest;
    const tables = new Set(manifest.generations.flatMap(({ files }) => files.map(({ table }) => table)));
    expect([...tables].sort()).toEqual(['decisions', 'inputs', 'outcomes', 'snapshots']);
  });

  test('is read', () => expectEmpty(pathOf('old')));

  test('is read with what a killed server left in the spool, the later tables among it', async () => {
    await cp(pathOf('old'), pathOf('killed'), { recursive: true });
    const log = await openLiveLog(pathOf('donor'));
    const driver = new LiveDriver(log);
    driver.follow({ ...DRIVEN_POLICY, explorationRate: 0.9 });
    driver.run(20);
    log.transition({ ...STEP, atMs: driver.nowMs });
    await log.flushed();
    const [file] = ['000000000000.spool'];
    await cp(pathOf(`donor/spool/${file}`), pathOf('killed/spool/000000000050.spool'));
    await log.close();
    const reader = await openLog(pathOf('killed'));
    expect((await collect(reader.shadows())).length).toBeGreaterThan(15);
    expect(await collect(reader.transitions())).toHaveLength(1);
    reader.close();
  });

  test('is gone on with, over a rotation', async () => {
    const log = await openLiveLog(pathOf('old'));
    const { rebuilt } = await log.rebuildRouter();
    const driver = new LiveDriver(log, {
      sequence: log.recovered.nextSequence,
      nowMs: rebuilt!.latestMs + 1,
      router: rebuilt!.router,
    });
    driver.abandon(rebuilt!.openRequests);
    const from = driver.sequence;
    driver.follow({ ...DRIVEN_POLICY, explorationRate: 0.9 });
    driver.run(10);
    log.transition({ ...STEP, atMs: driver.nowMs });
    const pieces = await collect(log.arrow({ table: 'transitions' }));
    expect(tableFromIPC(Buffer.concat(pieces)).numRows).toBe(1);
    await log.rotate();
    driver.run(10);
    await log.close();
    const reader = await openLog(pathOf('old'));
    const places = (rows: readonly { readonly sequence: number; readonly ordinal: number }[]) =>
      rows.map(({ sequence, ordinal }) => `${sequence}/${ordinal}`);
    const shadows = await collect(reader.shadows());
    expect(shadows.length).toBeGreaterThan(5);
    expect(places(shadows)).toEqual(places(await collect(reader.decisions(from))));
    expect(await collect(reader.transitions())).toHaveLength(1);
    reader.close();
    const { decisions, identical } = await verify(pathOf('old'));
    expect(identical).toBe(decisions);
  });
});

const STEP = {
  promotionId: 'p1',
  policyHash: 'h',
  policyName: 'tried',
  from: 'staged',
  to: 'shadow',
  who: 'proxy',
  why: 'it was asked for',
} as const;

test('the order of steps of one moment is that of a life', async () => {
  const path = pathOf('steps.duckdb');
  const writer = await createLogWriter(path, { coreVersion: CORE_VERSION });
  const steps = STAGES.slice(1).map((to, index) => ({ ...STEP, atMs: 5, from: STAGES[index]!, to }));
  for (const step of steps.toReversed()) writer.transition(step);
  writer.transition({ ...STEP, atMs: 4, to: 'rolled_back' });
  await writer.close();
  const reader = await openLog(path);
  const found = await collect(reader.transitions());
  reader.close();
  expect(found.map(({ to_stage: to }) => to)).toEqual(['rolled_back', ...steps.map(({ to }) => to)]);
  expect(found[1]).toEqual({
    at_ms: 5,
    promotion_id: 'p1',
    policy_hash: 'h',
    policy_name: 'tried',
    from_stage: 'draft',
    to_stage: 'staged',
    who: 'proxy',
    why: 'it was asked for',
  });
  expect(LOG_ORDER.transitions[1]).toContain(STAGES.map((stage) => `'${stage}'`).join(', '));
});
