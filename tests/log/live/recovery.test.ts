import { appendFile, cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createLiveRecorder, type LiveRecorder } from '../../../src/log/live/live-recorder.ts';
import { openLiveLog } from '../../../src/log/live/live-log.ts';
import { DISK } from '../../../src/log/live/spool-device.ts';
import { readSpool } from '../../../src/log/live/owner/spool-reader.ts';
import { SpoolWriter } from '../../../src/log/live/spool-writer.ts';
import { openLog } from '../../../src/log/log-reader.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { LiveDriver } from './live-driver.ts';
import { both, readWhole, recordedRows, verify } from './live-rows.ts';

const pathOf = temporaryFolder();

/** A spool as a killed server leaves it: written, and not taken into any database. */
async function leaveSpool(
  folder: string,
  fileBytesMax: number,
  work: (log: LiveRecorder, flush: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await mkdir(`${folder}/spool`, { recursive: true });
  const writer = new SpoolWriter({
    folder,
    firstFile: 0,
    device: DISK,
    fileBytesMax,
    pendingBytesMax: 1e9,
    spoolBytesMax: 1e9,
    lazyMs: 5,
    retryMs: 50,
    fsync: false,
    onFailure: 'refuse',
    onWritten: () => undefined,
    onResumed: () => undefined,
  });
  await work(createLiveRecorder(writer, null), () => {
    return new Promise((resolve, reject) => {
      writer.whenFlushed((trouble) => (trouble === null ? resolve() : reject(trouble)));
    });
  });
  await writer.close();
}

/** Ends of the frames of a spool file, the head included, as the format says. */
function frameEnds(bytes: Buffer): number[] {
  const ends = [8];
  for (let at = 8; at < bytes.length;) {
    at += 12 + bytes.readUInt32LE(at);
    ends.push(at);
  }
  return ends;
}

/** Number of records of the frame at an offset. */
function recordsIn(bytes: Buffer, frame: number): number {
  return bytes.readUInt32LE(frame + 8);
}

async function recover(folder: string) {
  const log = await openLiveLog(folder);
  const { recovered } = log;
  await log.close();
  return recovered;
}

describe('a spool that was left behind', () => {
  test('is taken in once, over several files that name words of earlier ones', async () => {
    const folder = pathOf('files');
    const { recorder, rows } = recordedRows();
    await leaveSpool(folder, 20_000, async (log, flush) => {
      const driver = new LiveDriver(both(log, recorder));
      for (let turn = 0; turn < 30; turn += 1) {
        driver.run(10);
        await flush();
      }
    });
    expect((await readdir(`${folder}/spool`)).length).toBeGreaterThan(5);
    const recovered = await recover(folder);
    expect(recovered).toMatchObject({
      nextSequence: rows.inputs.length,
      tornRecords: 0,
      damagedRecords: 0,
      warnings: [],
    });
    expect((await recover(folder)).recoveredRecords).toBe(0);
    const whole = await readWhole(folder);
    expect(whole.decisions).toEqual(rows.decisions);
    expect(whole.inputs).toHaveLength(rows.inputs.length);
  });

  test('can be read before any server took it in, and stays as it was', async () => {
    const folder = pathOf('unread');
    const { recorder, rows } = recordedRows();
    const log = await openLiveLog(folder);
    const driver = new LiveDriver(both(log, recorder));
    driver.run(50);
    driver.drain();
    await log.close();
    const before = await readdir(folder, { recursive: true });
    await leaveSpool(pathOf('donor'), 1e9, async (spool, flush) => {
      const second = new LiveDriver(both(spool, recorder), {
        sequence: driver.sequence,
        nowMs: driver.nowMs,
        router: driver.router,
      });
      second.run(50);
      await flush();
    });
    await cp(pathOf('donor/spool/000000000000.spool'), `${folder}/spool/000000000007.spool`);
    const { decisions, notes } = await readWhole(folder);
    expect(decisions).toEqual(rows.decisions);
    expect(notes).toEqual([expect.stringMatching(/^\d+ records were read from the spool of a stopped server$/)]);
    expect(await verify(folder)).toMatchObject({ identical: rows.decisions.length, firstDifference: null });
    expect(await readdir(folder, { recursive: true })).toEqual([...before, 'spool/000000000007.spool']);
  });

  test(
    'cut short at every byte: whole frames stay, the torn one is dropped and counted',
    { timeout: 90_000 },
    async () => {
      const source = pathOf('source');
      await leaveSpool(source, 1e9, async (log, flush) => {
        const driver = new LiveDriver(log);
        await flush();
        driver.run(1);
        await flush();
        driver.run(1);
        await flush();
      });
      const bytes = await readFile(`${source}/spool/000000000000.spool`);
      const ends = frameEnds(bytes);
      expect(ends.length).toBe(4);
      expect(ends.at(-1)).toBe(bytes.length);
      for (let length = 0; length <= bytes.length; length += 1) {
        let frames = 0;
        const end = await readSpool(`${source}/spool/000000000000.spool`, 0, length, () => {
          frames += 1;
        });
        const whole = Math.max(
          0,
          ends.findLastIndex((frameEnd) => frameEnd <= length),
        );
        const isTorn = length > 0 && !ends.includes(length);
        expect({ length, frames, problem: end.problem }).toEqual({
          length,
          frames: whole,
          problem: isTorn ? 'torn' : null,
        });
        expect(end.bytesLeft).toBe(length - (length < 8 ? 0 : ends[whole]!));
      }
      // What a reader and a server make of it, at some of them.
      for (const length of [5, 8, ends[1]! - 1, ends[1]!, ends[1]! + 12, bytes.length - 1]) {
        const folder = pathOf(`torn-${length}`);
        await mkdir(`${folder}/spool`, { recursive: true });
        await writeFile(`${folder}/spool/000000000000.spool`, bytes.subarray(0, length));
        const recovered = await recover(folder);
        const whole = Math.max(
          0,
          ends.findLastIndex((end) => end <= length),
        );
        const isTorn = length > 0 && !ends.includes(length);
        expect({ length, next: recovered.nextSequence }).toEqual({ length, next: whole });
        expect(recovered.warnings).toHaveLength(isTorn ? 1 : 0);
        expect(recovered.tornRecords).toBe(isTorn && length > 8 ? recordsIn(bytes, ends[whole]!) : 0);
        expect(recovered.damagedRecords).toBe(0);
        await writeFile(`${folder}/spool/000000000009.spool`, bytes.subarray(0, length));
        const reader = await openLog(folder);
        expect(await reader.count('inputs')).toBe(2 * whole);
        expect(reader.notes.filter((note) => note.includes('torn'))).toHaveLength(isTorn ? 1 : 0);
        reader.close();
      }
    },
  );

  test('damaged in the middle: the file ends there, is kept aside, and the gap is seen', async () => {
    const folder = pathOf('damaged');
    await leaveSpool(folder, 15_000, async (log, flush) => {
      const driver = new LiveDriver(log);
      for (let turn = 0; turn < 20; turn += 1) {
        driver.run(5);
        await flush();
      }
    });
    const path = `${folder}/spool/000000000000.spool`;
    const bytes = await readFile(path);
    const ends = frameEnds(bytes);
    expect(ends.length).toBeGreaterThan(3);
    bytes[ends[2]! + 40]! ^= 1;
    await writeFile(path, bytes);
    const log = await openLiveLog(folder);
    expect(log.recovered.damagedRecords).toBeGreaterThan(0);
    expect(log.recovered.warnings).toEqual([
      expect.stringMatching(/spool file 0: damaged at byte \d+, \d+ bytes lost/),
    ]);
    const { rebuilt, reason } = await log.rebuildRouter();
    expect(rebuilt).toBeNull();
    expect(reason).toMatch(/cannot be rebuilt from the log, so .* begin anew: input \d+ is not in the log/);
    const driver = new LiveDriver(log, {
      sequence: log.recovered.nextSequence,
      nowMs: Date.UTC(2027, 1),
      router: null,
    });
    driver.run(20);
    await log.close();
    expect(await readdir(`${folder}/spool`)).toEqual(['000000000000.spool.damaged']);
    expect((await verify(folder)).firstDifference).toMatchObject({ column: 'inputs.sequence' });
  });

  test('with a torn end in a log that goes on, everything is verified', async () => {
    const folder = pathOf('goes-on');
    await leaveSpool(folder, 1e9, async (log, flush) => {
      const driver = new LiveDriver(log);
      for (let turn = 0; turn < 10; turn += 1) {
        driver.run(20);
        if (turn === 5) driver.snapshot();
        await flush();
      }
    });
    const path = `${folder}/spool/000000000000.spool`;
    await truncate(path, (await readFile(path)).length - 77);
    const log = await openLiveLog(folder);
    expect(log.recovered.tornRecords).toBeGreaterThan(1);
    const { rebuilt } = await log.rebuildRouter();
    expect(rebuilt!.openRequests.length).toBe(rebuilt!.router.openRequests);
    expect(rebuilt!.openRequests.length).toBeGreaterThan(0);
    const driver = new LiveDriver(log, {
      sequence: log.recovered.nextSequence,
      nowMs: Date.UTC(2026, 10, 23),
      router: rebuilt!.router,
    });
    driver.abandon(rebuilt!.openRequests);
    driver.run(50);
    driver.drain();
    expect(driver.router.openRequests).toBe(0);
    await log.close();
    const result = await verify(folder);
    expect(result).toEqual({ decisions: result.decisions, identical: result.decisions, firstDifference: null });
    expect(result.decisions).toBeGreaterThan(200);
  });

  test('rubbish in the folder of the spool does no harm', async () => {
    const folder = pathOf('rubbish');
    await mkdir(`${folder}/spool`, { recursive: true });
    await writeFile(`${folder}/spool/notes.txt`, 'hello');
    await writeFile(`${folder}/spool/000000000003.spool`, 'this is no spool at all');
    const recovered = await recover(folder);
    expect(recovered).toMatchObject({ nextSequence: 0, recoveredRecords: 0, firstFile: 4 });
    expect(recovered.warnings).toEqual([expect.stringContaining('damaged at byte 0')]);
    await appendFile(`${folder}/spool/notes.txt`, '!');
    await rm(`${folder}/spool`, { recursive: true });
    expect((await recover(folder)).nextSequence).toBe(0);
  });
});
