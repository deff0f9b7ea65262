/** Shadow decisions, transitions and canaries on their way through a live log, and back out of it. */
import { cp, readFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { exportLog } from '../../../src/log/export-log.ts';
import type { Manifest } from '../../../src/log/live/manifest.ts';
import { openLiveLog, type LiveLog } from '../../../src/log/live/live-log.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import type { RowSelection } from '../../../src/log/row-selection.ts';
import type { LoggedTransition } from '../../../src/log/transition-row.ts';
import type { Canary, Policy } from '../../../src/router/index.ts';
import { DRIVEN_POLICY } from '../drive-router.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { LiveDriver, START_MS } from './live-driver.ts';
import { both, collect, readWhole, recordedRows, verify } from './live-rows.ts';

const pathOf = temporaryFolder();

/** Policies of these tests are told apart by their exploration rate. */
const tried = (explorationRate: number): Policy => ({ ...DRIVEN_POLICY, mode: 'lowest-cost', explorationRate });
const canaryOf = (share: number): Canary => ({ id: 'p1', policy: tried(0.6), share });
const step = (atMs: number, to: string, why = 'it "was" asked for;\nand more: ü'): LoggedTransition => {
  const words = { promotionId: 'p1', policyHash: 'hash-0.6', policyName: 'tried' };
  return { atMs, from: 'staged', to, who: 'nobody in particular', why, ...words };
};

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(`${folder}/segments.json`, 'utf8')) as Manifest;
}

async function arrowRows(log: LiveLog, selection: RowSelection): Promise<unknown[]> {
  const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
  return tableFromIPC(Buffer.concat(await collect(log.arrow(selection))))
    .toArray()
    .map((row) => JSON.parse(JSON.stringify(row, plain)) as unknown);
}

test('what was recorded is read, from segments, the database and the stream', { timeout: 60_000 }, async () => {
  const folder = pathOf('all');
  const { recorder, rows } = recordedRows();
  const log = await openLiveLog(folder);
  const told = both(log, recorder);
  const driver = new LiveDriver(told);
  driver.run(60);
  // With the pool empty there is something to choose.
  driver.drain();
  driver.follow(tried(0.9));
  driver.run(120);
  told.transition(step(driver.nowMs, 'shadow'));
  driver.tryOut(canaryOf(0.4));
  driver.run(120);
  await log.rotate();
  told.transition(step(driver.nowMs, 'canary'));
  driver.run(120);
  driver.drain();

  expect(rows.shadows.length).toBeGreaterThan(350);
  expect(rows.shadows.some(({ ordinal }) => ordinal > 0)).toBe(true);
  expect(new Set(rows.shadows.map(({ agrees }) => agrees))).toEqual(new Set([true, false]));
  expect(new Set(rows.shadows.map(({ policy_hash: hash }) => hash))).toEqual(new Set(['hash-0.9']));
  expect(new Set(rows.shadows.map(({ real_policy_hash: hash }) => hash))).toEqual(new Set(['hash-0.1', 'hash-0.6']));
  expect(rows.shadows.some(({ chosen_target: target }) => target === null)).toBe(true);
  const { decisions } = rows;
  expect(new Set(decisions.map(({ policy_hash: hash }) => hash))).toEqual(new Set(['hash-0.1', 'hash-0.6']));
  // Each stands beside the decision of the same place.
  const place = ({
    sequence,
    ordinal,
    request_id: id,
    attempt,
  }: (typeof decisions)[number] | (typeof rows.shadows)[number]) => [sequence, ordinal, id, attempt].join(' ');
  const besides = new Map(decisions.map((row) => [place(row), row]));
  for (const row of rows.shadows) {
    const { chosen_target: target, policy_hash: hash, draw, explored } = besides.get(place(row))!;
    expect([row.real_target, row.real_policy_hash, row.agrees]).toEqual([target, hash, target === row.chosen_target]);
    // The same luck.
    if (row.explored && explored) expect(row.draw).toBe(draw);
  }

  expect(await arrowRows(log, { table: 'shadows' })).toEqual(rows.shadows);
  expect(await arrowRows(log, { table: 'shadows', limit: 9 })).toEqual(rows.shadows.slice(-9));
  const target = rows.shadows[0]!.chosen_target!;
  expect(await arrowRows(log, { table: 'shadows', target })).toEqual(
    rows.shadows.filter((row) => row.chosen_target === target),
  );
  const { request_id: requestId } = rows.shadows.at(-1)!;
  expect(await arrowRows(log, { table: 'shadows', requestId })).toEqual(
    rows.shadows.filter((row) => row.request_id === requestId),
  );
  expect(await arrowRows(log, { table: 'transitions' })).toEqual(rows.transitions);
  expect(await arrowRows(log, { table: 'transitions', limit: 1 })).toEqual(rows.transitions.slice(-1));
  await log.close();

  const reader = await openLog(folder);
  expect(await collect(reader.shadows())).toEqual(rows.shadows);
  expect(await collect(reader.transitions())).toEqual(rows.transitions);
  expect(await collect(reader.decisions())).toEqual(decisions);
  reader.close();
  const exported = await exportLog(folder, { table: 'transitions', format: 'csv', out: pathOf('steps.csv') });
  expect(exported.rows).toBe(2);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const csv = await connection.runAndReadAll(`SELECT * FROM read_csv('${pathOf('steps.csv')}')`);
  expect(csv.getRowObjectsJS()).toEqual(rows.transitions);
  connection.closeSync();
  instance.closeSync();
});

test('segments have files of them, by day, and lose them with the rest', { timeout: 60_000 }, async () => {
  const folder = pathOf('rotated');
  const log = await openLiveLog(folder, { retentionBytes: 150_000 });
  const driver = new LiveDriver(log);
  driver.follow(tried(0.9));
  const kept: string[] = [];
  for (let turn = 0; turn < 8; turn += 1) {
    driver.run(100);
    driver.snapshot();
    log.transition(step(driver.nowMs, 'shadow', `turn ${turn}`));
    await log.rotate();
  }
  driver.drain();
  await log.close();
  const { generations } = await manifestOf(folder);
  expect(generations[0]!.generation).toBeGreaterThan(0);
  for (const { files } of generations) {
    expect([...new Set(files.map(({ table }) => table))].sort()).toEqual(
      ['decisions', 'inputs', 'outcomes', 'shadows', 'snapshots', 'transitions'].sort(),
    );
    for (const { table, path, day } of files) expect(path).toContain(`segments/${table}/day=${day}/`);
    kept.push(`turn ${kept.length + 8 - generations.length}`);
  }
  const reader = await openLog(folder);
  expect((await collect(reader.transitions())).map(({ why }) => why)).toEqual(kept);
  const first = generations[0]!.firstSequence!;
  const shadows = await collect(reader.shadows());
  expect(shadows[0]!.sequence).toBeGreaterThanOrEqual(first);
  const decisions = await collect(reader.decisions());
  reader.close();
  expect(shadows.map(({ sequence }) => sequence)).toEqual(decisions.map(({ sequence }) => sequence));
});

describe('a canary in the log', () => {
  async function life(folder: string, work: (driver: LiveDriver) => void): Promise<void> {
    const log = await openLiveLog(folder);
    const { nextSequence: sequence } = log.recovered;
    const { rebuilt, reason } = await log.rebuildRouter();
    expect(reason).toBeNull();
    const nowMs = START_MS + sequence * 3_600;
    const driver = new LiveDriver(log, { sequence, nowMs, router: rebuilt?.router ?? null });
    if (rebuilt !== null) driver.abandon(rebuilt.openRequests);
    work(driver);
    await log.close();
  }

  async function changed(folder: string, name: string, sql: string): Promise<number> {
    await cp(folder, pathOf(name), { recursive: true });
    const instance = await DuckDBInstance.create(`${pathOf(name)}/current.duckdb`);
    const connection = await instance.connect();
    await connection.run(sql);
    connection.closeSync();
    instance.closeSync();
    const { decisions, identical } = await verify(pathOf(name));
    return decisions - identical;
  }

  test('is gone on with by each life, and every decision comes out the same', { timeout: 90_000 }, async () => {
    const folder = pathOf('lives');
    await life(folder, (driver) => {
      driver.run(80);
      driver.tryOut(canaryOf(0.2));
      driver.run(80);
    });
    // Without a snapshot in between: from the inputs alone.
    await life(folder, (driver) => {
      expect(driver.router.canary).toEqual(canaryOf(0.2));
      driver.run(60);
      driver.tryOut(canaryOf(0.7));
      driver.run(60);
      driver.reload({ ...DRIVEN_POLICY, explorationRate: 0.3 });
      driver.run(60);
      driver.reload(DRIVEN_POLICY);
      driver.run(60);
      driver.snapshot();
    });
    await life(folder, (driver) => {
      expect(driver.router.canary).toEqual(canaryOf(0.7));
      driver.run(60);
      driver.tryOut(null);
      driver.run(60);
    });
    await life(folder, (driver) => expect(driver.router.canary).toBeNull());
    const { inputs, decisions } = await readWhole(folder);
    const result = await verify(folder);
    expect(result).toEqual({ decisions: decisions.length, identical: decisions.length, firstDifference: null });
    const hashes = (from: number, to: number) =>
      new Set(decisions.filter((row) => row.sequence > from && row.sequence < to).map((row) => row.policy_hash));
    const turns = inputs.filter(({ kind }) => kind === 'configure').map(({ sequence }) => sequence);
    expect(turns).toHaveLength(9);
    expect(hashes(turns[0]!, turns[1]!)).toEqual(new Set(['hash-0.1']));
    [0.1, 0.1, 0.1, 0.3, 0.1, 0.1].forEach((main, index) => {
      const found = hashes(turns[index + 1]!, turns[index + 2]!);
      expect([index, found]).toEqual([index, new Set([`hash-${main}`, 'hash-0.6'])]);
    });
    expect(hashes(turns[7]!, turns[8]!)).toEqual(new Set(['hash-0.1']));

    // The check must be able to say no.
    const configure = `kind = 'configure' AND sequence = ${turns[3]!}`;
    const set = (from: string, to: string) =>
      `UPDATE inputs SET payload = replace(payload, '${from}', '${to}') WHERE ${configure}`;
    expect(await changed(folder, 'share', set('"share":0.7', '"share":0.4'))).toBeGreaterThan(5);
    expect(await changed(folder, 'hash', set('"policyHash":"hash-0.6"', '"policyHash":"hash-0.7"'))).toBeGreaterThan(5);
  });

  test('is known from a snapshot alone, with the hash of its policy', { timeout: 60_000 }, async () => {
    const folder = pathOf('headless');
    const log = await openLiveLog(folder, { retentionBytes: 100_000 });
    const driver = new LiveDriver(log);
    driver.tryOut(canaryOf(0.5));
    for (let turn = 0; turn < 6; turn += 1) {
      driver.run(60);
      driver.snapshot();
      driver.run(100);
      await log.rotate();
    }
    await log.close();
    const { decisions } = await readWhole(folder);
    expect(new Set(decisions.map((row) => row.policy_hash))).toEqual(new Set(['hash-0.1', 'hash-0.6']));
    const result = await verify(folder);
    expect(result.unverified![0]!.from).toBe(0);
    expect(result.decisions).toBeGreaterThan(100);
    expect(result).toMatchObject({ identical: result.decisions, firstDifference: null });
    const again = await openLiveLog(folder);
    const { rebuilt } = await again.rebuildRouter();
    expect(rebuilt!.router.canary).toEqual(canaryOf(0.5));
    expect(rebuilt!.canaryWords).toEqual({ policyName: 'tried', policyHash: 'hash-0.6' });
    await again.close();
  });

  test('is told of by the story of a request', async () => {
    const log = await openLiveLog(pathOf('story'));
    const { recorder, rows } = recordedRows();
    const driver = new LiveDriver(both(log, recorder));
    driver.run(20);
    driver.tryOut(canaryOf(0.5));
    driver.run(40);
    // The same policy in both arms: only the draw says which is which.
    driver.tryOut({ ...canaryOf(0.5), policy: DRIVEN_POLICY });
    driver.run(40);
    const [before, during, same] = rows.inputs
      .filter(({ kind }) => kind === 'configure')
      .map(({ sequence }) => sequence);
    const armOfDecision = async ({ request_id: id, sequence }: (typeof rows.decisions)[number]) => {
      const { decisions } = await log.explain(id);
      return decisions.find(({ decision }) => decision.sequence === sequence)!.arm;
    };
    const some = (from: number, to: number) =>
      rows.decisions.filter(({ sequence, attempt }) => sequence > from && sequence < to && attempt === 1).slice(0, 12);
    for (const row of some(before!, during!)) expect(await armOfDecision(row)).toBeUndefined();
    for (const row of some(during!, same!)) {
      expect(await armOfDecision(row)).toBe(row.policy_hash === 'hash-0.6' ? 'canary' : 'main');
    }
    const arms = new Set<unknown>();
    for (const row of some(same!, Infinity)) arms.add(await armOfDecision(row));
    expect(arms).toEqual(new Set(['main', 'canary']));
    await log.close();
  });
});
