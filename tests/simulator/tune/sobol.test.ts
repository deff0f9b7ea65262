import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sobolSequence } from '../../../simulator/tune/sobol.ts';

const POINTS = 256;

describe('the scrambled Sobol sequence', () => {
  it('puts one of any 2^k first points into each of 2^k equal parts of every dimension', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer(), fc.integer({ min: 0, max: 8 }), (d, seed, k) => {
        const sequence = sobolSequence(d, seed);
        const count = 2 ** k;
        const points = Array.from({ length: count }, (_, index) => sequence.point(index));
        for (let dimension = 0; dimension < d; dimension++) {
          const parts = new Set(points.map((point) => Math.floor(point[dimension]! * count)));
          expect(parts.size).toBe(count);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('fills the planes far better than chance', () => {
    const sequence = sobolSequence(20, 7);
    const points = Array.from({ length: POINTS }, (_, index) => sequence.point(index));
    const filled: number[] = [];
    for (let a = 0; a < 20; a++) {
      for (let b = a + 1; b < 20; b++) {
        filled.push(new Set(points.map((p) => Math.floor(p[a]! * 16) * 16 + Math.floor(p[b]! * 16))).size / POINTS);
      }
    }
    // Independent points reach 1 - 1/e = 63 % of as many cells.
    const mean = filled.reduce((sum, share) => sum + share, 0) / filled.length;
    expect(mean).toBeGreaterThan(0.7);
    expect(Math.min(...filled)).toBeGreaterThan(0.35);
  });

  it('integrates a smooth function with a fraction of the error of independent points', () => {
    const product = (x: ArrayLike<number>): number => Array.from(x).reduce((value, c) => value * (0.5 + c), 1);
    const errors = Array.from({ length: 20 }, (_, seed) => {
      const sequence = sobolSequence(5, seed);
      let sum = 0;
      for (let index = 0; index < POINTS; index++) sum += product(sequence.point(index));
      return sum / POINTS - 1;
    });
    const rmse = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
    // The standard error of independent points: sqrt((13/12)^5 - 1) / sqrt(256).
    expect(rmse).toBeLessThan(0.25 * Math.sqrt(((13 / 12) ** 5 - 1) / POINTS));
  });

  it('is the same for the same seed and another for another', () => {
    expect(sobolSequence(3, 5).point(17)).toEqual(sobolSequence(3, 5).point(17));
    expect(sobolSequence(3, 5).point(17)).not.toEqual(sobolSequence(3, 6).point(17));
  });
});
