import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantile, quantileOfSorted } from '../../../simulator/statistics/quantiles.ts';

describe('quantile', () => {
  it('agrees with R type 7 (values by hand from h = (n - 1) p)', () => {
    const sample = [10, 1, 7, 3];
    expect(quantile(sample, 0)).toBe(1);
    expect(quantile(sample, 0.25)).toBe(2.5);
    expect(quantile(sample, 0.5)).toBe(5);
    expect(quantile(sample, 0.9)).toBeCloseTo(9.1, 12);
    expect(quantile(sample, 1)).toBe(10);
    expect(sample).toEqual([10, 1, 7, 3]);
  });

  it('handles samples of none and of one', () => {
    expect(quantile([], 0.5)).toBeNull();
    expect(quantile([4], 0.99)).toBe(4);
  });

  it('rises with the probability and stays within the sample', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (sample) => {
          const sorted = [...sample].sort((a, b) => a - b);
          let last = sorted[0]!;
          for (let step = 0; step <= 20; step++) {
            const value = quantileOfSorted(sorted, step / 20)!;
            expect(value).toBeGreaterThanOrEqual(last - 1e-6);
            expect(value).toBeLessThanOrEqual(sorted.at(-1)!);
            last = value;
          }
        },
      ),
    );
  });
});
