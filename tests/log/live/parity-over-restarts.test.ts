import { copyFile, cp } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { openLiveLog, type LiveLogOptions } from '../../../src/log/live/live-log.ts';
import { createReplay } from '../../../src/log/replay.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { DRIVEN_POLICY, DRIVEN_POOL } from '../drive-router.ts';
import { CONFIGURE, sampleRequest } from '../sample-rows.ts';
import { LiveDriver, START_MS } from './live-driver.ts';
import { readWhole, verify } from './live-rows.ts';

const pathOf = temporaryFolder();
const HOUR_MS = 3_600_000;

/** One life of a server: it goes on where the last one stopped, in the middle of open requests. */
async function life(folder: string, work: (driver: LiveDriver) => void, options: LiveLogOptions = {}): Promise<void> {
  const log = await openLiveLog(folder, options);
  const { nextSequence } = log.recovered;
  const { rebuilt, reason } = await log.rebuildRouter();
  expect(reason).toBeNull();
  const nowMs = START_MS + nextSequence * HOUR_MS * 0.001;
  const driver = new LiveDriver(log, { sequence: nextSequence, nowMs, router: rebuilt?.router ?? null });
  if (rebuilt !== null) driver.abandon(rebuilt.openRequests);
  work(driver);
  await log.close();
}

async function change(folder: string, name: string, sql: string): Promise<string> {
  const path = pathOf(name);
  await cp(folder, path, { recursive: true });
  const instance = await DuckDBInstance.create(`${path}/current.duckdb`);
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
  return path;
}

test(
  'lives with and without snapshots, reloads of the policy, a fresh start: all one log',
  { timeout: 90_000 },
  async () => {
    const folder = pathOf('lives');
    await life(folder, (driver) => driver.run(150));
    await life(folder, (driver) => {
      driver.run(80);
      driver.reload({ ...DRIVEN_POLICY, explorationRate: 0.5, score: { ...DRIVEN_POLICY.score, sharpness: 3 } });
      driver.run(120);
      driver.snapshot();
      driver.run(40);
      driver.reload(DRIVEN_POLICY);
      driver.run(20);
    });
    await life(folder, (driver) => driver.run(100));
    const { inputs, decisions } = await readWhole(folder);
    const starts = inputs.flatMap((input) => (input.kind === 'configure' ? [input.payload.start] : []));
    expect(starts).toEqual(['fresh', 'restored', 'reloaded', 'reloaded', 'restored']);
    expect(new Set(decisions.map((row) => row.policy_hash))).toEqual(new Set(['hash-0.1', 'hash-0.5']));
    const result = await verify(folder);
    expect(result).toEqual({ decisions: decisions.length, identical: decisions.length, firstDifference: null });

    const log = await openLiveLog(folder);
    new LiveDriver(log, { sequence: log.recovered.nextSequence, nowMs: START_MS, router: null }).run(50);
    await log.close();
    const after = await verify(folder);
    expect(after).toEqual({ decisions: after.decisions, identical: after.decisions, firstDifference: null });
    expect(after.decisions).toBeGreaterThan(result.decisions + 40);

    // The check must be able to say no, in each of these lives.
    const reloadAt = inputs.find((input) => input.kind === 'configure' && input.payload.start === 'reloaded')!.sequence;
    const policy = await change(
      folder,
      'policy',
      `UPDATE inputs SET payload = replace(payload, '"sharpness":3', '"sharpness":4') WHERE sequence = ${reloadAt}`,
    );
    expect((await verify(policy)).firstDifference!.sequence).toBeGreaterThan(reloadAt);
    const restoredAt = inputs.findLast((input) => input.kind === 'configure')!.sequence;
    const gone = await change(folder, 'gone', `DELETE FROM inputs WHERE sequence = ${restoredAt - 1}`);
    expect((await verify(gone)).firstDifference).toMatchObject({ sequence: restoredAt, column: 'inputs.sequence' });
    const draw = await change(
      folder,
      'draw',
      `UPDATE staged_decisions SET draw = draw * 0.5
       WHERE sequence = (SELECT max(sequence) FROM staged_decisions WHERE draw > 0)`,
    );
    expect(await verify(draw)).toMatchObject({ identical: after.decisions - 1, firstDifference: { column: 'draw' } });
  },
);

test('a restored router whose state is nowhere is bad input; a reload may bring another pool', () => {
  const configure = { sequence: 5, atMs: 0, kind: 'configure' } as const;
  expect(() => createReplay().apply({ ...configure, payload: { ...CONFIGURE, start: 'restored' } })).toThrow(
    /was restored, but the log does not have its state/,
  );
  const replay = createReplay();
  replay.apply({ ...configure, payload: { ...CONFIGURE, pool: DRIVEN_POOL } });
  const targets = DRIVEN_POOL.targets.slice(1);
  replay.apply({ ...configure, payload: { ...CONFIGURE, pool: { ...DRIVEN_POOL, targets }, start: 'reloaded' } });
  expect(replay.router!.targetIds).toEqual(targets.map(({ id }) => id).sort());
});

test('a fresh start forgets what was open', () => {
  const replay = createReplay();
  const configure = { sequence: 0, atMs: 0, kind: 'configure', payload: { ...CONFIGURE, pool: DRIVEN_POOL } } as const;
  replay.apply(configure);
  replay.apply({ sequence: 1, atMs: 0, kind: 'begin', payload: sampleRequest('r') });
  expect(replay.follower.open.size).toBe(1);
  replay.apply(configure);
  expect(replay.follower.open.size).toBe(0);
  expect(replay.router!.openRequests).toBe(0);
});

test('a copy of a live log is a log', async () => {
  const folder = pathOf('copied');
  await life(folder, (driver) => driver.run(30));
  await copyFile(`${folder}/current.duckdb`, pathOf('copy.duckdb'));
  expect(await verify(pathOf('copy.duckdb'))).toEqual(await verify(folder));
});
