import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LOG_HISTOGRAM_MAX,
  LOG_HISTOGRAM_MIN,
  addValue,
  clearHistogram,
  createLogHistogram,
  histogramCount,
  histogramMax,
  histogramMean,
  histogramMin,
  histogramQuantile,
  histogramShareUpTo,
  histogramSum,
  mergeHistogram,
  type LogHistogram,
} from '../../../simulator/statistics/log-histogram.ts';

const BIN_WIDTH = 1 / 128;

function histogramOf(values: readonly number[]): LogHistogram {
  const histogram = createLogHistogram();
  for (const value of values) addValue(histogram, value);
  return histogram;
}

/** R `quantile` type 1, the definition the histogram approximates. */
function orderStatistic(values: readonly number[], probability: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(probability * sorted.length) - 1)]!;
}

const insideRange = fc.double({ min: 0.001, max: 1e8, noNaN: true });

describe('log histogram', () => {
  it('gives every quantile within one bin of the exact order statistic', () => {
    fc.assert(
      fc.property(
        fc.array(insideRange, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, probability) => {
          const exact = orderStatistic(values, probability);
          const found = histogramQuantile(histogramOf(values), probability)!;
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * BIN_WIDTH * (1 + 1e-9));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps the error bound over all eleven decades, edges of bins included', () => {
    for (let exponent = -10; exponent < 27; exponent++) {
      for (const within of [1, 1 + BIN_WIDTH, 1 + BIN_WIDTH - 2 ** -52, 1.5, 2 - 2 ** -52]) {
        const value = within * 2 ** exponent;
        const histogram = histogramOf([value * 0.5, value, value, value * 1.9]);
        expect(Math.abs(histogramQuantile(histogram, 0.5)! - value)).toBeLessThanOrEqual(value * BIN_WIDTH);
      }
    }
  });

  it('counts zero and tiny values as small, huge ones as large, and loses neither', () => {
    const histogram = histogramOf([0, 0, 1e-9, 5, 3e8, 9e12]);
    expect(histogramCount(histogram)).toBe(6);
    expect(histogramQuantile(histogram, 0.2)).toBe(0);
    expect(histogramQuantile(histogram, 2 / 3)).toBeCloseTo(5, 1);
    expect(histogramQuantile(histogram, 1)).toBe(9e12);
    expect(histogramMean(histogram)).toBeCloseTo((5 + 3e8 + 9e12) / 6, 3);
    expect(histogramShareUpTo(histogram, 1)).toBeCloseTo(0.5, 12);
  });

  it('covers at least 1e-3 to 1e8', () => {
    expect(LOG_HISTOGRAM_MIN).toBeLessThanOrEqual(1e-3);
    expect(LOG_HISTOGRAM_MAX).toBeGreaterThanOrEqual(1e8);
  });

  it('refuses what is not a finite value >= 0', () => {
    const histogram = createLogHistogram();
    for (const value of [-1e-9, NaN, Infinity, -Infinity]) expect(() => addValue(histogram, value)).toThrow(RangeError);
    expect(histogramCount(histogram)).toBe(0);
  });

  it('knows nothing when empty, and again when cleared', () => {
    const histogram = createLogHistogram();
    expect([histogramQuantile(histogram, 0.5), histogramMean(histogram), histogramShareUpTo(histogram, 1)]).toEqual([
      null,
      null,
      0,
    ]);
    addValue(histogram, 12);
    clearHistogram(histogram);
    expect(histogram).toEqual(createLogHistogram());
  });

  it('merges with a weight as if the values had been added that often', () => {
    fc.assert(
      fc.property(
        fc.array(insideRange, { maxLength: 50 }),
        fc.array(insideRange, { maxLength: 50 }),
        fc.integer({ min: 0, max: 5 }),
        (a, b, weight) => {
          const merged = histogramOf(a);
          mergeHistogram(merged, histogramOf(b), weight);
          const expected = histogramOf([...a, ...Array.from({ length: weight }, () => b).flat()]);
          expect(merged.bins).toEqual(expected.bins);
          expect(histogramCount(merged)).toBe(histogramCount(expected));
          expect(histogramMin(merged)).toBe(histogramMin(expected));
          expect(histogramMax(merged)).toBe(histogramMax(expected));
          expect(Math.abs(histogramSum(merged) - histogramSum(expected))).toBeLessThanOrEqual(
            1e-9 * histogramSum(expected),
          );
        },
      ),
    );
  });

  it('gives quantiles and shares that are inverse to each other', () => {
    const values = Array.from({ length: 5_000 }, (_, index) => 100 * Math.exp(index / 1_000));
    const histogram = histogramOf(values);
    for (const probability of [0.01, 0.1, 0.5, 0.9, 0.95, 0.99]) {
      expect(histogramShareUpTo(histogram, histogramQuantile(histogram, probability)!)).toBeCloseTo(probability, 6);
    }
  });
});
