import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecayedSums, type SavedDecayedSums } from '../../../src/router/state/decayed-sums.ts';

const HALF_LIFE_MS = 1_000;

/** sum of value x 2^(-age / half-life), straight from the definition. */
function decayedSum(entries: readonly { atMs: number; value: number }[], nowMs: number): number {
  return entries.reduce((sum, { atMs, value }) => sum + value * 2 ** (-(nowMs - atMs) / HALF_LIFE_MS), 0);
}

describe('decayed sums', () => {
  it('halve in a half-life', () => {
    const column = new Float64Array(1);
    const sums = new DecayedSums(HALF_LIFE_MS, [column]);
    column[0]! += 8 * sums.scaleAt(500);
    expect(column[0]! / sums.scaleAt(500)).toBeCloseTo(8, 12);
    expect(column[0]! / sums.scaleAt(1_500)).toBeCloseTo(4, 12);
    expect(column[0]! / sums.scaleAt(3_500)).toBeCloseTo(1, 12);
  });

  it('agree with the definition over any gaps, across moves of the landmark', () => {
    const gap = fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 90_000 }));
    const entries = fc.array(fc.tuple(gap, fc.integer({ min: 0, max: 1_000 })), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.constantFrom(0, 1_750_000_000_000), entries, (startMs, gaps) => {
        const column = new Float64Array(2);
        const sums = new DecayedSums(HALF_LIFE_MS, [column]);
        const seen: { atMs: number; value: number }[] = [];
        let nowMs = startMs;
        for (const [gapMs, value] of gaps) {
          nowMs += gapMs;
          const scale = sums.scaleAt(nowMs);
          column[1]! += value * scale;
          seen.push({ atMs: nowMs, value });
          const expected = decayedSum(seen, nowMs);
          expect(column[1]! / scale).toBeGreaterThanOrEqual(expected * (1 - 1e-9) - 1e-9);
          expect(column[1]! / scale).toBeLessThanOrEqual(expected * (1 + 1e-9) + 1e-9);
          expect(column[0]).toBe(0);
        }
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('stay finite over a year without a word', () => {
    const column = Float64Array.of(1e300);
    const sums = new DecayedSums(HALF_LIFE_MS, [column]);
    const scale = sums.scaleAt(365 * 86_400_000);
    expect(column[0]! / scale).toBe(0);
    expect(Number.isFinite(sums.scaleAt(366 * 86_400_000))).toBe(true);
  });

  it('go on from a saved state through JSON, bit for bit', () => {
    const column = new Float64Array(1);
    const sums = new DecayedSums(HALF_LIFE_MS, [column]);
    for (let atMs = 0; atMs < 100_000; atMs += 777) column[0]! += sums.scaleAt(atMs) * (atMs % 10);
    const copy = new Float64Array(1);
    const restored = new DecayedSums(HALF_LIFE_MS, [copy]);
    restored.load(JSON.parse(JSON.stringify(sums.save())) as SavedDecayedSums);
    for (let atMs = 100_000; atMs < 300_000; atMs += 999) {
      column[0]! += sums.scaleAt(atMs);
      copy[0]! += restored.scaleAt(atMs);
      expect(copy[0]! / restored.scaleAt(atMs)).toBe(column[0]! / sums.scaleAt(atMs));
    }
  });
});
