import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { failingDevice } from './failing-device.ts';
import { LiveDriver } from './live-driver.ts';
import { both, readWhole, recordedRows, verify } from './live-rows.ts';

const pathOf = temporaryFolder();
const PATIENCE = { timeout: 10_000, interval: 5 };

describe('while the disk is full', () => {
  test('serve: flushed settles, short trouble loses nothing', async () => {
    const folder = pathOf('short');
    const device = failingDevice();
    const log = await openLiveLog(folder, { device, retryMs: 20 });
    const { recorder, rows } = recordedRows();
    const driver = new LiveDriver(both(log, recorder));
    driver.run(20);
    await log.flushed();
    device.fault = 'ENOSPC';
    // Half a frame gets to the disk before it fails, as a full disk has it.
    device.bytesTaken = 1_000;
    driver.run(20);
    await log.flushed();
    expect(log.health()).toMatchObject({ state: 'failing', reason: expect.stringContaining('ENOSPC') as string });
    driver.run(20);
    await log.flushed();
    expect(log.health().pendingBytes).toBeGreaterThan(1_000);
    device.fault = null;
    await vi.waitFor(() => expect(log.health().state).toBe('ok'), PATIENCE);
    driver.run(20);
    driver.drain();
    await log.close();
    expect(log.health().droppedRecords).toBe(0);
    expect((await readWhole(folder)).decisions).toEqual(rows.decisions);
    expect(await verify(folder)).toMatchObject({ identical: rows.decisions.length, firstDifference: null });
  });

  test('refuse: flushed rejects until writing works again', async () => {
    const device = failingDevice();
    const log = await openLiveLog(pathOf('refuse'), { device, retryMs: 20, onFailure: 'refuse' });
    const driver = new LiveDriver(log);
    await log.flushed();
    device.fault = 'EIO';
    driver.run(1);
    await expect(log.flushed()).rejects.toThrow(/the spool cannot be written: EIO/);
    await expect(log.flushed()).rejects.toThrow(/EIO/);
    device.fault = null;
    await vi.waitFor(() => expect(log.health().state).toBe('ok'), PATIENCE);
    driver.run(1);
    await log.flushed();
    await log.close();
    expect((await readWhole(pathOf('refuse'))).inputs.filter(({ kind }) => kind === 'begin')).toHaveLength(2);
  });

  test('long trouble drops whole inputs, and what follows is verified from a state', async () => {
    const folder = pathOf('long');
    const device = failingDevice();
    let driver: LiveDriver | null = null;
    const log = await openLiveLog(folder, {
      device,
      retryMs: 20,
      pendingBytesMax: 100_000,
      onResumed: () => driver!.goOn(),
    });
    driver = new LiveDriver(log);
    driver.run(100);
    await log.flushed();
    device.fault = 'ENOSPC';
    for (let turn = 0; turn < 60; turn += 1) {
      driver.run(10);
      await log.flushed();
    }
    const failing = log.health();
    expect(failing.state).toBe('failing');
    expect(failing.droppedRecords).toBeGreaterThan(100);
    expect(failing.pendingBytes).toBeLessThan(120_000);
    device.fault = null;
    await vi.waitFor(() => expect(log.health().state).toBe('ok'), PATIENCE);
    driver.run(20);
    driver.drain();
    await log.close();
    const { inputs } = await readWhole(folder);
    const gapAt = inputs.findIndex(({ sequence }, index) => index > 0 && sequence !== inputs[index - 1]!.sequence + 1);
    expect(inputs[gapAt]).toMatchObject({ kind: 'configure', payload: { start: 'restored' } });
    const result = await verify(folder);
    const gap = { from: inputs[gapAt - 1]!.sequence + 1, to: inputs[gapAt]!.sequence - 1 };
    expect(result).toEqual({
      decisions: result.decisions,
      identical: result.decisions,
      firstDifference: null,
      unverified: [gap],
    });
    expect(result.decisions).toBeGreaterThan(200);
  });

  test('a gap that nobody declared is a difference', async () => {
    const folder = pathOf('undeclared');
    const device = failingDevice();
    const log = await openLiveLog(folder, { device, retryMs: 20, pendingBytesMax: 30_000 });
    const driver = new LiveDriver(log);
    await log.flushed();
    device.fault = 'ENOSPC';
    driver.run(100);
    device.fault = null;
    await vi.waitFor(() => {
      expect(log.health()).toMatchObject({ state: 'ok', pendingBytes: 0 });
    }, PATIENCE);
    driver.run(10);
    await log.close();
    expect(log.health().droppedRecords).toBeGreaterThan(0);
    expect((await verify(folder)).firstDifference).toMatchObject({ column: 'inputs.sequence' });
  });
});

test('a disk that takes a few bytes at a time is given the rest', async () => {
  const folder = pathOf('piecemeal');
  const device = failingDevice();
  device.bytesTaken = 97;
  const log = await openLiveLog(folder, { device });
  const { recorder, rows } = recordedRows();
  const driver = new LiveDriver(both(log, recorder));
  driver.run(30);
  await log.flushed();
  await log.close();
  expect((await readWhole(folder)).decisions).toEqual(rows.decisions);
});

test('a disk that hangs stops nothing, fills no memory, and the log goes on after it', async () => {
  const folder = pathOf('hanging');
  const device = failingDevice();
  let driver: LiveDriver | null = null;
  const log = await openLiveLog(folder, { device, pendingBytesMax: 100_000, onResumed: () => driver!.goOn() });
  driver = new LiveDriver(log);
  await log.flushed();
  device.isHanging = true;
  let turns = 0;
  for (let turn = 0; turn < 60; turn += 1) {
    driver.run(10);
    await sleep(1);
    turns += 1;
  }
  expect(turns).toBe(60);
  expect(log.health()).toMatchObject({
    state: 'failing',
    reason: expect.stringContaining('does not take the log') as string,
  });
  expect(log.health().pendingBytes).toBeLessThan(120_000);
  await log.flushed();
  device.isHanging = false;
  await vi.waitFor(() => expect(log.health().state).toBe('ok'), PATIENCE);
  driver.run(50);
  driver.drain();
  await log.close();
  const result = await verify(folder);
  expect(result).toMatchObject({ identical: result.decisions, firstDifference: null });
  expect(result.unverified).toHaveLength(1);
});

test('closing writes what has gathered, even when more had to be dropped', async () => {
  const folder = pathOf('closing');
  const log = await openLiveLog(folder, { pendingBytesMax: 20_000 });
  new LiveDriver(log).run(100);
  expect(log.health()).toMatchObject({ state: 'failing' });
  await log.close();
  expect((await readWhole(folder)).inputs.length).toBeGreaterThan(20);
});

test('records that nobody waits for are written all the same', async () => {
  const log = await openLiveLog(pathOf('lazy'), { lazyMs: 10 });
  new LiveDriver(log).run(5);
  expect(log.health().pendingBytes).toBeGreaterThan(0);
  await vi.waitFor(() => expect(log.health().pendingBytes).toBe(0), PATIENCE);
  await vi.waitFor(() => expect(log.health().behindBytes).toBe(0), PATIENCE);
  await log.close();
});

test('a database that falls behind makes the log fail rather than the disk fill', async () => {
  const folder = pathOf('behind');
  let driver: LiveDriver | null = null;
  const log = await openLiveLog(folder, { spoolBytesMax: 50_000, onResumed: () => driver!.goOn() });
  driver = new LiveDriver(log);
  let mostBehind = 0;
  for (let turn = 0; turn < 60; turn += 1) {
    driver.run(10);
    await log.flushed();
    mostBehind = Math.max(mostBehind, log.health().behindBytes);
  }
  expect(log.health().droppedRecords).toBeGreaterThan(0);
  expect(mostBehind).toBeLessThan(100_000);
  await vi.waitFor(() => expect(log.health().state).toBe('ok'), PATIENCE);
  driver.run(20);
  await log.close();
  const result = await verify(folder);
  expect(result).toMatchObject({ identical: result.decisions, firstDifference: null });
  expect(result.unverified!.length).toBeGreaterThan(0);
});

test('a database that cannot be rotated is said, keeps its rows, and mends itself', { timeout: 60_000 }, async () => {
  const folder = pathOf('trouble');
  const log = await openLiveLog(folder, { rotateBytes: 50_000 });
  // A file where the folder of the segments has to be.
  await writeFile(`${folder}/segments`, 'in the way');
  const { recorder, rows } = recordedRows();
  const driver = new LiveDriver(both(log, recorder));
  driver.run(100);
  await log.flushed();
  await vi.waitFor(() => expect(log.health().databaseTrouble).toMatch(/cannot be written: .*segments/), PATIENCE);
  expect(log.health().state).toBe('ok');
  driver.run(100);
  await expect(log.recent(1)).rejects.toThrow(/segments/);
  await rm(`${folder}/segments`);
  await vi.waitFor(() => expect(log.health()).toMatchObject({ databaseTrouble: null, behindBytes: 0 }), PATIENCE);
  driver.drain();
  await log.close();
  expect((await readWhole(folder)).decisions).toEqual(rows.decisions);
});
