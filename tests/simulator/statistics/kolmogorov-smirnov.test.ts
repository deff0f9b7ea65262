import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  kolmogorovSmirnov,
  kolmogorovSmirnovAgainst,
  kolmogorovSmirnovCritical,
} from '../../../simulator/statistics/kolmogorov-smirnov.ts';

// SciPy 1.17: ks_2samp(SAMPLE, 1.5 SAMPLE + 0.2).statistic and kstest(UNIFORM, 'uniform').statistic below.
const SAMPLE = [
  0.61, 0.29, 0.06, 0.59, -1.73, -0.74, 0.51, -0.56, 0.39, 1.64, 0.05, -0.06, 0.64, -0.82, 0.37, 1.77, 1.09, -1.28,
  2.36, 1.31, 1.05, -0.32, -0.4, 1.06, -2.47,
];

/** The definition read aloud: the gap between the two step functions at every value that occurs. */
function slowDistance(a: readonly number[], b: readonly number[]): number {
  const share = (sample: readonly number[], x: number) => sample.filter((value) => value <= x).length / sample.length;
  return Math.max(...[...a, ...b].map((x) => Math.abs(share(a, x) - share(b, x))));
}

describe('kolmogorovSmirnov', () => {
  it.each([
    [[1, 2, 2, 3, 3, 3, 4, 8], [2, 3, 3, 5, 5, 9, 9, 9, 10], 0.5416666666666666],
    [[1, 1, 1], [1, 1, 1], 0],
    [[1, 2], [3, 4], 1],
    [[1, 2, 2, 3], [2], 0.25],
    [SAMPLE, SAMPLE.map((x) => x * 1.5 + 0.2), 0.24],
  ])('agrees with SciPy ks_2samp (case %#)', (a, b, expected) => {
    expect(kolmogorovSmirnov(a, b)).toBeCloseTo(expected, 14);
  });

  it('agrees with the definition on samples full of ties, and does not care about order or side', () => {
    const sample = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        expect(kolmogorovSmirnov(a, b)).toBeCloseTo(slowDistance(a, b), 12);
        expect(kolmogorovSmirnov(b, a)).toBe(kolmogorovSmirnov(a, b));
        expect(kolmogorovSmirnov(a, a.toReversed())).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('has no answer for an empty sample', () => {
    expect(kolmogorovSmirnov([], [1])).toBeNull();
    expect(kolmogorovSmirnovAgainst([], (x) => x)).toBeNull();
  });
});

describe('kolmogorovSmirnovAgainst', () => {
  it('agrees with SciPy kstest against the uniform distribution', () => {
    expect(kolmogorovSmirnovAgainst([0.11, 0.52, 0.27, 0.93, 0.35], (x) => x)).toBeCloseTo(0.28, 14);
  });
});

describe('kolmogorovSmirnovCritical', () => {
  // SciPy 1.17: kstwobign.isf([.1, .05, .01, .001]); the formula keeps the first term of its series.
  it.each([
    [0.1, 1.22384787],
    [0.05, 1.35809864],
    [0.01, 1.62762361],
    [0.001, 1.9494746],
  ])('agrees with the limit distribution at %d', (significance, expected) => {
    expect(kolmogorovSmirnovCritical(significance, 1, Infinity)).toBeCloseTo(expected, 3);
    expect(kolmogorovSmirnovCritical(significance, 100, 100)).toBeCloseTo(expected * Math.sqrt(2 / 100), 4);
  });
});
