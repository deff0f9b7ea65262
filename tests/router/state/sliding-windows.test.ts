import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingWindows, type SavedWindows, type WindowShape } from '../../../src/router/state/sliding-windows.ts';

/** The plain way: keep every amount with its time and add up those whose bucket is among the last ones. */
class NaiveWindow {
  private readonly entries: { atMs: number; amount: number }[] = [];
  private readonly shape: WindowShape;

  constructor(shape: WindowShape) {
    this.shape = shape;
  }

  add(atMs: number, amount: number): void {
    this.entries.push({ atMs, amount });
  }

  sum(nowMs: number): number {
    const { bucketMs, buckets } = this.shape;
    const oldest = Math.floor(nowMs / bucketMs) - buckets + 1;
    return this.entries
      .filter(({ atMs }) => Math.floor(atMs / bucketMs) >= oldest)
      .reduce((sum, { amount }) => sum + amount, 0);
  }

  /** Sum over exactly the nominal length, open at its old end. */
  trueSum(nowMs: number): number {
    const lengthMs = this.shape.bucketMs * (this.shape.buckets - 1);
    return this.entries.filter(({ atMs }) => atMs > nowMs - lengthMs).reduce((sum, { amount }) => sum + amount, 0);
  }
}

const shapes: readonly WindowShape[] = [
  { bucketMs: 1_000, buckets: 61 },
  { bucketMs: 5_000, buckets: 61 },
  { bucketMs: 86_400_000, buckets: 1 },
  { bucketMs: 7, buckets: 3 },
];
const move = fc.record({
  passMs: fc.oneof(
    fc.integer({ min: 0, max: 3_000 }),
    fc.integer({ min: 0, max: 200_000 }),
    fc.double({ min: 0, max: 9, noNaN: true }),
  ),
  agoMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400_000 })),
  amount: fc.integer({ min: -50, max: 100_000 }),
});
const script = fc.record({
  startMs: fc.constantFrom(0, 1, 1_750_000_000_123.5),
  moves: fc.array(move, { minLength: 1, maxLength: 60 }),
});

describe('sliding windows', () => {
  it('agree with a naive reference, whatever is added when', () => {
    fc.assert(
      fc.property(script, ({ startMs, moves }) => {
        const windows = new SlidingWindows(shapes);
        const naive = shapes.map((shape) => new NaiveWindow(shape));
        let nowMs = startMs;
        for (const { passMs, agoMs, amount } of moves) {
          nowMs += passMs;
          const atMs = Math.max(0, nowMs - agoMs);
          shapes.forEach((_, window) => {
            windows.add(window, atMs, amount, nowMs);
            naive[window]!.add(atMs, amount);
            expect(windows.sum(window, nowMs)).toBe(naive[window]!.sum(nowMs));
          });
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('never forget an amount younger than the nominal length, nor keep one a bucket older than it', () => {
    for (const sentAtMs of [0, 1, 500, 999]) {
      const windows = new SlidingWindows([{ bucketMs: 1_000, buckets: 61 }]);
      const start = 10_000_000 + sentAtMs;
      windows.add(0, start, 5, start);
      expect(windows.sum(0, start + 60_000)).toBe(5);
      expect(windows.sum(0, start + 61_000)).toBe(0);
    }
  });

  it('count at least the true window and say truly when the sum changes next', () => {
    fc.assert(
      fc.property(script, ({ startMs, moves }) => {
        const shape = shapes[0]!;
        const windows = new SlidingWindows([shape]);
        const naive = new NaiveWindow(shape);
        let nowMs = startMs;
        for (const { passMs, amount } of moves) {
          nowMs += passMs;
          windows.add(0, nowMs, Math.abs(amount), nowMs);
          naive.add(nowMs, Math.abs(amount));
          const sum = windows.sum(0, nowMs);
          expect(sum).toBeGreaterThanOrEqual(naive.trueSum(nowMs));
          const changesAtMs = windows.changesAtMs(0);
          expect(changesAtMs).toBeGreaterThan(nowMs);
          expect(naive.sum(changesAtMs - 0.001)).toBe(sum);
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('foretell the first time at which the sum is low enough', () => {
    fc.assert(
      fc.property(script, fc.integer({ min: 0, max: 200_000 }), ({ startMs, moves }, allowed) => {
        const windows = new SlidingWindows(shapes);
        const naive = shapes.map((shape) => new NaiveWindow(shape));
        let nowMs = startMs;
        for (const { passMs, amount } of moves) {
          nowMs += passMs;
          shapes.forEach((_, window) => {
            windows.add(window, nowMs, Math.abs(amount), nowMs);
            naive[window]!.add(nowMs, Math.abs(amount));
          });
        }
        shapes.forEach((_, window) => {
          const dropsAtMs = windows.dropsToAtMs(window, allowed, nowMs);
          expect(dropsAtMs).toBeGreaterThanOrEqual(nowMs);
          expect(naive[window]!.sum(dropsAtMs)).toBeLessThanOrEqual(allowed);
          if (dropsAtMs > nowMs) expect(naive[window]!.sum(dropsAtMs - 0.001)).toBeGreaterThan(allowed);
        });
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('can be cleared one by one', () => {
    const windows = new SlidingWindows(shapes);
    windows.add(0, 5, 3, 5);
    windows.add(1, 5, 4, 5);
    windows.clear(0);
    expect([windows.sum(0, 5), windows.sum(1, 5)]).toEqual([0, 4]);
    windows.add(0, 6, 1, 6);
    expect(windows.sum(0, 6)).toBe(1);
  });

  it('go on from a saved state through JSON', () => {
    fc.assert(
      fc.property(script, script, (before, after) => {
        const windows = new SlidingWindows(shapes);
        let nowMs = before.startMs;
        const play = (moves: typeof before.moves, others: readonly SlidingWindows[]): void => {
          for (const { passMs, agoMs, amount } of moves) {
            nowMs += passMs;
            shapes.forEach((_, window) => {
              for (const each of others) each.add(window, Math.max(0, nowMs - agoMs), amount, nowMs);
            });
          }
        };
        play(before.moves, [windows]);
        const restored = new SlidingWindows(shapes);
        restored.load(JSON.parse(JSON.stringify(windows.save())) as SavedWindows);
        play(after.moves, [windows, restored]);
        shapes.forEach((_, window) => expect(restored.sum(window, nowMs)).toBe(windows.sum(window, nowMs)));
      }),
      { seed: 4, numRuns: 100 },
    );
  });
});
