import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectionWeight } from '../../../src/router/pick/weighted.ts';

describe('the selection weight', () => {
  it('is score ^ sharpness', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    const sharpness = fc.oneof(fc.integer({ min: 0, max: 64 }), fc.double({ min: 0, max: 64, noNaN: true }));
    fc.assert(
      fc.property(score, sharpness, (value, exponent) => {
        const expected = value ** exponent;
        const difference = Math.abs(selectionWeight(value, exponent) - expected);
        expect(difference).toBeLessThanOrEqual(1e-12 * expected + Number.MIN_VALUE);
      }),
      { seed: 12, numRuns: 2_000 },
    );
  });

  it.each([
    [0.3, 0, 1],
    [0, 0, 1],
    [0, 8, 0],
    [1, 64, 1],
    [0.5, 3, 0.125],
  ])('%d ^ %d = %d', (score, sharpness, weight) => {
    expect(selectionWeight(score, sharpness)).toBe(weight);
  });
});
