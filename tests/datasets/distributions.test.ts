import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawGamma, GAMMA_SALTS } from '../../datasets/distributions/gamma.ts';
import { weibullShape } from '../../datasets/distributions/gaps.ts';
import { normalQuantile } from '../../datasets/distributions/normal-quantile.ts';
import { lognormalFromMeanAndP95, tokenQuantile, wholeTokens } from '../../datasets/distributions/token-lengths.ts';
import { drawOpenUniform } from '../../datasets/distributions/open-uniform.ts';

describe('normal quantile', () => {
  // Python 3.11, statistics.NormalDist().inv_cdf(p)
  test.each([
    [1e-9, -5.9978070150076865],
    [0.001, -3.090232306167813],
    [0.02, -2.0537489106318225],
    [0.025, -1.9599639845400538],
    [0.3, -0.5244005127080407],
    [0.5, 0],
    [0.975, 1.9599639845400536],
    [0.99, 2.3263478740408408],
    [0.999999, 4.753424308817087],
  ])('at %d is %d', (p, expected) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-8);
  });

  test('is odd about one half and rises', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 0.5, noNaN: true }), (p) => {
        expect(normalQuantile(p) + normalQuantile(1 - p)).toBeCloseTo(0, 6);
        expect(normalQuantile(p * 0.999)).toBeLessThanOrEqual(normalQuantile(p));
      }),
    );
  });

  test('is infinite at its ends', () => {
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
  });
});

describe('Gamma draws', () => {
  test.each([0.05, 0.4, 1, 1.5, 8, 100])('of shape %d have its mean and variance', (shape) => {
    const count = 60_000;
    const draws = Array.from({ length: count }, (_, index) => drawGamma(shape, 3, index, 0, 5_000));
    const mean = draws.reduce((sum, value) => sum + value, 0) / count;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    // Both are equal to the shape; standard errors from the second and the fourth moment (3 k^2 + 6 k).
    expect(Math.abs(mean - shape)).toBeLessThan(5 * Math.sqrt(shape / count));
    expect(Math.abs(variance - shape)).toBeLessThan(5 * Math.sqrt((2 * shape * shape + 6 * shape) / count));
  });

  test('are keyed: the same key gives the same draw, another salt another one', () => {
    const draw = (salt: number) => drawGamma(0.7, 1, 2, salt, 5_000);
    expect(draw(0)).toBe(draw(0));
    expect(draw(0)).not.toBe(draw(GAMMA_SALTS));
  });
});

describe('Weibull shape', () => {
  // SciPy: weibull_min.std(k) / weibull_min.mean(k) at k = 0.5, 1, 2 is sqrt(5), 1, sqrt(4 / pi - 1).
  test.each([
    [Math.sqrt(5), 0.5],
    [1, 1],
    [Math.sqrt(4 / Math.PI - 1), 2],
  ])('of variation %d is %d', (cv, shape) => {
    expect(weibullShape(cv)).toBeCloseTo(shape, 6);
  });
});

describe('token lengths', () => {
  const lengths = { median: 100, sigma: 1, tailShare: 0.05, tailIndex: 1.5, max: 1e9 };

  test('have a lognormal body', () => {
    const quantile = tokenQuantile(lengths);
    expect(quantile(0.5)).toBeCloseTo(100, 6);
    expect(quantile(0.8413447460685429) / 100).toBeCloseTo(Math.E, 6);
  });

  test('have a Pareto tail that begins where the body ends', () => {
    const quantile = tokenQuantile(lengths);
    const start = 100 * Math.exp(1.6448536269514722);
    expect(quantile(0.95) / start).toBeCloseTo(1, 6);
    expect(quantile(0.949999) / start).toBeCloseTo(1, 4);
    // P(X > x) = 0.05 (x / start)^-1.5
    expect(quantile(0.995) / start).toBeCloseTo(10 ** (1 / 1.5), 6);
    expect(quantile(0.99995) / start).toBeCloseTo(1_000 ** (1 / 1.5), 3);
  });

  test('give back their tail index to the Hill estimator', () => {
    const quantile = tokenQuantile(lengths);
    const draws = Array.from({ length: 100_000 }, (_, index) => quantile(drawOpenUniform(9, index, 0, 5_001)));
    const top = draws.toSorted((a, b) => b - a).slice(0, 4_001);
    const threshold = Math.log(top[4_000] as number);
    const hill = 4_000 / top.slice(0, 4_000).reduce((sum, value) => sum + Math.log(value) - threshold, 0);
    // Its standard error is alpha / sqrt(k).
    expect(Math.abs(hill - 1.5)).toBeLessThan((4 * 1.5) / Math.sqrt(4_000));
  });

  test('never fall as u grows, and are clipped', () => {
    const quantile = tokenQuantile({ ...lengths, max: 5_000 });
    fc.assert(
      fc.property(
        fc.double({ min: 1e-9, max: 0.999999, noNaN: true }),
        fc.double({ min: 1e-9, max: 0.999999, noNaN: true }),
        (a, b) => {
          expect(quantile(Math.min(a, b))).toBeLessThanOrEqual(quantile(Math.max(a, b)));
          expect(quantile(a)).toBeLessThanOrEqual(5_000);
          expect(wholeTokens(quantile(a))).toBeGreaterThanOrEqual(1);
        },
      ),
    );
  });

  test('matched to a mean and a 95 % quantile have both', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e4, noNaN: true }),
        fc.double({ min: 0, max: 1.6, noNaN: true }),
        (median, sigma) => {
          const mean = median * Math.exp((sigma * sigma) / 2);
          const p95 = median * Math.exp(1.6448536269514722 * sigma);
          const matched = lognormalFromMeanAndP95(mean, p95, 1e9);
          expect(matched.sigma).toBeCloseTo(sigma, 3);
          expect(matched.median / median).toBeCloseTo(1, 3);
        },
      ),
    );
  });

  test('matched to what no lognormal has keep the mean', () => {
    const heavy = lognormalFromMeanAndP95(100, 1_000, 1e9);
    expect(heavy.sigma).toBeCloseTo(1.6448536269514722, 8);
    expect(heavy.median * Math.exp(heavy.sigma ** 2 / 2)).toBeCloseTo(100, 6);
    expect(lognormalFromMeanAndP95(100, 90, 1e9)).toMatchObject({ median: 100, sigma: 0 });
  });
});
