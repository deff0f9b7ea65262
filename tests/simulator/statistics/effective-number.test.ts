import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootstrapInterval, createResampling, statisticOfAll } from '../../../simulator/statistics/block-bootstrap.ts';
import { effectiveNumber } from '../../../simulator/statistics/effective-number.ts';

describe('the effective number', () => {
  // Python: math.exp(-sum(c / t * math.log(c / t) for c in counts if c)) with t = sum(counts).
  test.each([
    [[5], 1],
    [[7, 7, 7, 7], 4],
    [[2, 1, 1], 2.82842712474619],
    [[90, 5, 5, 0], 1.48349040282257],
    [[1e9, 1], 1.000000021723266],
  ])('of %j is %d', (counts, expected) => {
    expect(effectiveNumber(counts)).toBeCloseTo(expected, 10);
  });

  test('of nothing is unknown', () => {
    expect(effectiveNumber([])).toBe(null);
    expect(effectiveNumber([0, 0])).toBe(null);
  });

  test('lies between 1 and the number of things, whatever the scale', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 1_000 }), (list, scale) => {
        const found = effectiveNumber(list);
        if (found === null) return;
        expect(found).toBeGreaterThanOrEqual(1);
        expect(found).toBeLessThanOrEqual(list.filter((count) => count > 0).length + 1e-9);
        expect(effectiveNumber(list.map((count) => count * scale))).toBeCloseTo(found, 9);
      }),
    );
  });

  test('over blocks is that of their sums, with an interval around it', () => {
    const counts = [
      [4, 0, 2, 1],
      [0, 4, 2, 1],
    ];
    const statistic = { kind: 'effective-number', blocks: 4, counts } as const;
    expect(statisticOfAll(statistic)).toBeCloseTo(2, 12);
    const { value, low95, high95 } = bootstrapInterval(statistic, createResampling(4, 1));
    expect(value).toBeCloseTo(2, 12);
    expect(low95).toBeGreaterThanOrEqual(1);
    expect(low95).toBeLessThan(1.9);
    expect(high95).toBeLessThanOrEqual(2 + 1e-12);
  });
});
