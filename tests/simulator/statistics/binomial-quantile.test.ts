import { expect, it } from 'vitest';
import { binomialQuantile } from '../../../simulator/statistics/binomial-quantile.ts';

it.each([
  // SciPy 1.17: stats.binom.ppf(q, n, p)
  [200, 0.1, 0.99, 30],
  [20, 0.1, 0.99, 6],
  [18, 0.1, 0.99, 5],
  [110, 0.95, 0.01, 99],
  [300, 0.05, 0.99, 24],
  [1, 0.1, 0.5, 0],
  [5, 0.5, 0.5, 2],
])('of %d at %d: %d reached at %d', (n, p, q, expected) => {
  expect(binomialQuantile(n, p, q)).toBe(expected);
});
