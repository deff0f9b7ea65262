import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdminError } from '../../../src/proxy/admin/admin-error.ts';
import { LiveStreams, STREAMS_MAX } from '../../../src/proxy/console/live-streams.ts';
import { createServiceLogger } from '../../../src/proxy/watch/index.ts';

const EVERY_MS = 1_000;
const allowed = (): boolean => true;

let built: boolean[];
let lines: string[];
let frameOf: (number: number) => object;
let streams: LiveStreams;
beforeEach(() => {
  vi.useFakeTimers();
  built = [];
  lines = [];
  frameOf = (number) => ({ number });
  streams = new LiveStreams({
    everyMs: EVERY_MS,
    frame(isFirst) {
      built.push(isFirst);
      return frameOf(built.length);
    },
    logger: createServiceLogger({ destination: { write: (line) => void lines.push(line) } }),
  });
});
afterEach(() => {
  streams.stop();
  vi.useRealTimers();
});

/** A reader that takes everything at once. */
function reader(isAllowed = allowed): { readonly stream: PassThrough; readonly text: () => string } {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  streams.join(stream, isAllowed);
  return { stream, text: () => text };
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const numbersIn = (text: string): number[] => [...text.matchAll(/"number":(\d+)/g)].map(([, number]) => Number(number));

describe('live streams', () => {
  it('send the first frame at once, then one each second, built once for all', async () => {
    const readers = [reader(), reader(), reader()];
    await pass(0);
    expect(readers.map(({ text }) => numbersIn(text()))).toEqual([[1], [1], [1]]);
    await pass(10 * EVERY_MS);
    const expected = Array.from({ length: 11 }, (_, index) => index + 1);
    for (const { text } of readers) expect(numbersIn(text())).toEqual(expected);
    expect(readers[0]!.text()).toContain('event: frame\ndata: {"number":1}\n\nevent: frame\n');
    // The first of a look is told apart.
    expect(built).toEqual(expected.map((number) => number === 1));
  });

  it('give one who joins later the last frame, and the rest as all others', async () => {
    const first = reader();
    await pass(2_500);
    const second = reader();
    await pass(1_500);
    expect([first, second].map(({ text }) => numbersIn(text()))).toEqual([
      [1, 2, 3, 4, 5],
      [3, 4, 5],
    ]);
  });

  it('have no timer and build nothing while nobody looks', async () => {
    expect([vi.getTimerCount(), streams.isTicking]).toEqual([0, false]);
    await pass(3_600_000);
    expect(built).toEqual([]);
    const [first, second] = [reader(), reader()];
    await pass(1_500);
    expect([vi.getTimerCount(), streams.isTicking, streams.viewerCount]).toEqual([1, true, 2]);
    first.stream.destroy();
    await pass(1_000);
    expect([vi.getTimerCount(), streams.viewerCount]).toEqual([1, 1]);
    second.stream.destroy();
    await pass(1);
    expect([vi.getTimerCount(), streams.isTicking, streams.viewerCount]).toEqual([0, false, 0]);
    const before = built.length;
    await pass(3_600_000);
    expect(built.length).toBe(before);
    // And begin anew with the next one.
    const third = reader();
    await pass(1_000);
    expect(numbersIn(third.text())).toEqual([before + 1, before + 2]);
    expect(built.slice(before)).toEqual([true, false]);
  });

  it('build no more for one who comes and goes all the time', async () => {
    for (let visit = 0; visit < 200; visit++) {
      const { stream, text } = reader();
      await pass(10);
      expect(numbersIn(text())).toHaveLength(1);
      stream.destroy();
      await pass(10);
    }
    // 200 visits in four seconds.
    expect(built.length).toBeLessThanOrEqual(5);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leave out frames for a reader that is slow, and give it the newest when it reads again', async () => {
    const frameBytes = 100_000;
    frameOf = (number) => ({ number, fill: 'x'.repeat(frameBytes) });
    const slow = new PassThrough();
    streams.join(slow, allowed);
    const quick = reader();
    await pass(30 * EVERY_MS);
    expect(numbersIn(quick.text())).toHaveLength(31);
    // One frame waits, however many there were.
    expect(Math.max(slow.writableLength, slow.readableLength)).toBeLessThan(1.5 * frameBytes);
    let text = '';
    slow.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await pass(2 * EVERY_MS);
    expect(numbersIn(text)).toEqual([1, 32, 33]);
  });

  it('end for a reader that takes nothing for a minute', async () => {
    frameOf = () => ({ fill: 'x'.repeat(100_000) });
    const hung = new PassThrough();
    streams.join(hung, allowed);
    await pass(59 * EVERY_MS);
    expect(hung.destroyed).toBe(false);
    await pass(2 * EVERY_MS);
    expect([hung.destroyed, streams.viewerCount, vi.getTimerCount()]).toEqual([true, 0, 0]);
    // Nothing was built for nobody.
    expect(built).toEqual([true]);
  });

  it('end for one who may not look any more, and say so', async () => {
    let mayLook = true;
    const first = reader(() => mayLook);
    const second = reader();
    await pass(EVERY_MS);
    mayLook = false;
    await pass(EVERY_MS);
    expect(first.text()).toMatch(/\n\nevent: expired\ndata: \{\}\n\n$/);
    expect(first.stream.writableFinished).toBe(true);
    expect([numbersIn(first.text()), numbersIn(second.text())]).toEqual([
      [1, 2],
      [1, 2, 3],
    ]);
    expect(streams.viewerCount).toBe(1);
  });

  it('refuse one more than there is room for', () => {
    const readers = Array.from({ length: STREAMS_MAX }, () => {
      streams.refuseWhenFull();
      return reader();
    });
    expect(() => streams.refuseWhenFull()).toThrow(AdminError);
    expect(() => streams.refuseWhenFull()).toThrow('16 live views are open already');
    readers[3]!.stream.destroy();
    return pass(1).then(() => expect(() => streams.refuseWhenFull()).not.toThrow());
  });

  it('outlive a frame that cannot be built', async () => {
    const { text } = reader();
    await pass(EVERY_MS);
    frameOf = () => {
      throw new Error('a bug');
    };
    await pass(2 * EVERY_MS);
    frameOf = (number) => ({ number });
    await pass(EVERY_MS);
    expect(numbersIn(text())).toEqual([1, 2, 5]);
    expect(lines.filter((line) => line.includes('a live frame could not be built'))).toHaveLength(2);
  });

  it('do not wait for one who had left before it could join', async () => {
    const gone = new PassThrough();
    gone.destroy();
    await pass(1);
    streams.join(gone, allowed);
    expect([streams.viewerCount, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('stop for good, without waiting for those who do not read', async () => {
    frameOf = () => ({ fill: 'x'.repeat(100_000) });
    const quick = reader();
    const hung = new PassThrough();
    streams.join(hung, allowed);
    await pass(EVERY_MS);
    streams.stop();
    await pass(1);
    expect([quick.stream.writableFinished, hung.destroyed]).toEqual([true, true]);
    expect([streams.viewerCount, vi.getTimerCount()]).toEqual([0, 0]);
    expect(() => streams.refuseWhenFull()).toThrow('shutting down');
  });
});
