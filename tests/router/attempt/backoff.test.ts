import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/router/attempt/backoff.ts';
import { DEFAULT_POLICY } from '../../../src/router/index.ts';
import { hashText } from '../../../src/router/keyed-draw.ts';

const { retry } = DEFAULT_POLICY;
const waits = (failures: number, seed = 1): number[] =>
  Array.from({ length: 4_000 }, (_, index) => backoffMs(retry, seed, hashText(`request-${index}`), failures));

describe('backoff', () => {
  it.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [6, 3_200],
    [7, 5_000],
    [60, 5_000],
    [2_000, 5_000],
  ])('after %d failures is uniform in [0, %d) ms', (failures, ceiling) => {
    const drawn = waits(failures);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(ceiling);
    // Mean and variance of a uniform, within 4 standard errors: sd(mean) = c / sqrt(12 n), sd(variance) = c^2 / sqrt(180 n).
    const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
    const variance = drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / drawn.length;
    expect(Math.abs(mean / ceiling - 1 / 2)).toBeLessThan(4 / Math.sqrt(12 * drawn.length));
    expect(Math.abs(variance / ceiling ** 2 - 1 / 12)).toBeLessThan(4 / Math.sqrt(180 * drawn.length));
  });

  it('is keyed: the same for the same request and attempt, another for another seed, request or attempt', () => {
    const key = hashText('a');
    expect(backoffMs(retry, 1, key, 1)).toBe(backoffMs(retry, 1, key, 1));
    const shares = [
      backoffMs(retry, 1, key, 1) / 100,
      backoffMs(retry, 2, key, 1) / 100,
      backoffMs(retry, 1, hashText('b'), 1) / 100,
      backoffMs(retry, 1, key, 2) / 200,
    ];
    expect(new Set(shares).size).toBe(4);
  });
});
