import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import type { Generation, Manifest } from '../../../src/log/live/manifest.ts';
import { outdated } from '../../../src/log/live/owner/retention.ts';
import { ROTATION_STEPS } from '../../../src/log/live/owner/rotate.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { LiveDriver } from './live-driver.ts';
import { both, readWhole, recordedRows, verify } from './live-rows.ts';
import { crashWhileRotating } from './rotation-crash.ts';

const pathOf = temporaryFolder();

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(`${folder}/segments.json`, 'utf8')) as Manifest;
}

async function query(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

test('segments are partitioned by the UTC day of their rows, in groups, and plain SQL reads them', async () => {
  const folder = pathOf('days');
  const { recorder, rows } = recordedRows();
  const log = await openLiveLog(folder);
  // From twenty minutes before midnight on: the rows of that day are too many for one group of a file.
  const start = { sequence: 0, nowMs: Date.UTC(2026, 10, 22, 23, 40), router: null };
  const driver = new LiveDriver(both(log, recorder), start);
  driver.run(13_500);
  await log.rotate();
  driver.run(10);
  await log.close();
  const days = await query(
    `SELECT day::VARCHAR, count(*)::INTEGER, bool_and(make_timestamp((at_ms * 1000)::BIGINT)::DATE = day::DATE)
     FROM read_parquet('${folder}/segments/decisions/*/*.parquet', hive_partitioning = true) GROUP BY day ORDER BY day`,
  );
  expect(days.map(([day, , isRight]) => [day, isRight])).toEqual([
    ['2026-11-22', true],
    ['2026-11-23', true],
  ]);
  const inputsOfDay = `${folder}/segments/inputs/day=2026-11-22/*.parquet`;
  const [groups] = await query(`SELECT count(DISTINCT row_group_id)::INTEGER FROM parquet_metadata('${inputsOfDay}')`);
  expect(groups![0]).toBeGreaterThan(1);
  const { decisions, inputs } = await readWhole(folder);
  expect(decisions).toEqual(rows.decisions);
  expect(inputs.map(({ sequence }) => sequence)).toEqual(rows.inputs.map(({ sequence }) => sequence));
});

test('a log is rotated by size, and the database gives the space back', { timeout: 60_000 }, async () => {
  const folder = pathOf('sizes');
  const log = await openLiveLog(folder, { rotateBytes: 300_000, spoolFileBytes: 100_000 });
  const driver = new LiveDriver(log);
  const sizes: number[] = [];
  for (let turn = 0; turn < 12; turn += 1) {
    for (let part = 0; part < 5; part += 1) {
      driver.run(60);
      await log.flushed();
    }
    await log.recent(1);
    sizes.push((await stat(`${folder}/current.duckdb`)).size);
  }
  expect((await readdir(`${folder}/spool`)).length).toBeLessThanOrEqual(2);
  driver.drain();
  await log.close();
  const { generations } = await manifestOf(folder);
  expect(generations.length).toBeGreaterThan(5);
  expect(Math.max(...sizes.slice(6))).toBeLessThanOrEqual(1.5 * Math.max(...sizes.slice(0, 6)));
  const result = await verify(folder);
  expect(result).toMatchObject({ identical: result.decisions, firstDifference: null });
  expect(result.decisions).toBeGreaterThan(3_600);
});

test('a log is rotated by age', async () => {
  const folder = pathOf('ages');
  const log = await openLiveLog(folder, { rotateAgeMs: 300 });
  new LiveDriver(log).run(10);
  await log.flushed();
  await expect
    .poll(() => manifestOf(folder).then(({ generations }) => generations.length), { timeout: 15_000 })
    .toBe(1);
  await log.close();
});

describe('a server that dies while it rotates', () => {
  // The proof runs it without the pause: then a segment has tens of thousands of rows.
  test.each(ROTATION_STEPS)('after the step %s: no row is lost or doubled', { timeout: 120_000 }, async (crashAt) => {
    const crashed = await crashWhileRotating(pathOf(`crash-${crashAt}`), crashAt, 50);
    const { acknowledged, requests, parity, named } = crashed;
    expect(acknowledged).toBeGreaterThan(20);
    expect(crashed).toMatchObject({ isInOrder: true, isKept: true, requestsWithOutcome: requests, doubledOutcomes: 0 });
    expect(parity).toEqual({ decisions: parity.decisions, identical: parity.decisions, firstDifference: null });
    expect(crashed.found).toEqual(named);
  });
});

describe('retention', () => {
  const generation = (closedAtMs: number, bytes: number): Generation => {
    const file = { table: 'inputs', day: '2026-01-01', path: 'x', rows: 1, bytes } as const;
    return { generation: 0, closedAtMs, firstSequence: 0, lastSequence: 1, files: [file] };
  };
  const DAY = 86_400_000;
  const three = [generation(0, 10), generation(DAY, 20), generation(2 * DAY, 30)];

  test.each([
    [{ days: null, bytes: null }, 100 * DAY, 0],
    [{ days: 2, bytes: null }, 2 * DAY, 0],
    [{ days: 2, bytes: null }, 2 * DAY + 1, 1],
    [{ days: 1, bytes: null }, 9 * DAY, 3],
    [{ days: null, bytes: 60 }, 0, 0],
    [{ days: null, bytes: 59 }, 0, 1],
    [{ days: null, bytes: 49 }, 0, 2],
    [{ days: null, bytes: 0 }, 0, 3],
    [{ days: 2, bytes: 30 }, 2 * DAY + 1, 2],
  ])('%j at %d: the oldest %d go', (limits, nowMs, gone) => {
    expect(outdated(three, limits, nowMs)).toEqual(three.slice(0, gone));
  });

  test(
    'deletes the oldest segments, and the rest is verified from its first snapshot',
    { timeout: 60_000 },
    async () => {
      const folder = pathOf('retention');
      const options = { rotateBytes: 1e9, retentionBytes: 80_000 };
      const log = await openLiveLog(folder, options);
      const driver = new LiveDriver(log);
      for (let turn = 0; turn < 6; turn += 1) {
        driver.run(60);
        driver.snapshot();
        driver.run(100);
        await log.rotate();
      }
      driver.drain();
      await log.close();
      const { generations } = await manifestOf(folder);
      expect(generations[0]!.firstSequence).toBeGreaterThan(0);
      expect(generations.length).toBeGreaterThan(0);
      const bytes = generations.flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes, 0);
      expect(bytes).toBeLessThanOrEqual(80_000);
      const names = (await readdir(`${folder}/segments`, { recursive: true })).filter((name) =>
        name.endsWith('.parquet'),
      );
      expect(names).toHaveLength(1 + generations.flatMap(({ files }) => files).length);
      const result = await verify(folder);
      const { from, to } = result.unverified![0]!;
      expect(from).toBe(0);
      expect(to).toBeGreaterThanOrEqual(generations[0]!.firstSequence!);
      expect(result).toMatchObject({ identical: result.decisions, firstDifference: null });
      expect(result.decisions).toBeGreaterThan(100);
      // And a server that starts on it finds its state.
      const again = await openLiveLog(folder, options);
      const { rebuilt, reason } = await again.rebuildRouter();
      expect({ reason, open: rebuilt?.openRequests }).toEqual({ reason: null, open: [] });
      await again.close();
    },
  );

  test('without any snapshot nothing that is left can be verified, and verify says so', async () => {
    const folder = pathOf('headless');
    const log = await openLiveLog(folder, { retentionBytes: 1 });
    const driver = new LiveDriver(log);
    driver.run(10);
    await log.rotate();
    driver.run(10);
    await log.close();
    await expect(verify(folder)).rejects.toThrow(/cannot be replayed: no configure input comes before it/);
    await rm(folder, { recursive: true });
  });
});
