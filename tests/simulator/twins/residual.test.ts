import { errorFunction } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import {
  kolmogorovSmirnovAgainst,
  kolmogorovSmirnovCritical,
} from '../../../simulator/statistics/kolmogorov-smirnov.ts';
import type { Residual } from '../../../simulator/scenario.ts';
import { createFirstToken } from '../../../simulator/twins/first-token.ts';
import { createResidual } from '../../../simulator/twins/residual.ts';
import { coldStartMs } from '../../../simulator/twins/cold-start.ts';
import { interTokenMs } from '../../../simulator/twins/inter-token.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';

const SIZE = 50_000;
const normalShare = (z: number): number => (1 + errorFunction(z / Math.SQRT2)) / 2;
const lognormalShare = (x: number, median: number, sigma: number): number => normalShare(Math.log(x / median) / sigma);

function sampleOf(residual: Residual): Float64Array {
  const draw = createResidual(residual);
  return Float64Array.from({ length: SIZE }, (_, key) => draw(drawUniform(17, key, 1, 2)));
}

/** The distance a right sampler exceeds once in a thousand. */
const LIMIT = kolmogorovSmirnovCritical(0.001, SIZE, Infinity);

const MIXTURE: Residual = {
  kind: 'lognormal-mixture',
  components: [
    { weight: 0.7, median: 0.9, sigma: 0.2 },
    { weight: 0.25, median: 1.6, sigma: 0.5 },
    { weight: 0.05, median: 8, sigma: 0.9 },
  ],
};

describe('residual against its closed form', () => {
  it.each<[string, Residual, (x: number) => number]>([
    ['exponential', { kind: 'exponential' }, (x) => 1 - Math.exp(-x)],
    ['even samples', { kind: 'empirical', samples: [3, 1, 2] }, (x) => (x - 1) / 2],
    ['uneven samples', { kind: 'empirical', samples: [10, 0.5, 1] }, (x) => (x <= 1 ? x - 0.5 : 0.5 + (x - 1) / 18)],
    [
      'mixture',
      MIXTURE,
      (x) => 0.7 * lognormalShare(x, 0.9, 0.2) + 0.25 * lognormalShare(x, 1.6, 0.5) + 0.05 * lognormalShare(x, 8, 0.9),
    ],
    [
      'single lognormal',
      { kind: 'lognormal-mixture', components: [{ weight: 1, median: 1, sigma: 0.6 }] },
      (x) => lognormalShare(x, 1, 0.6),
    ],
  ])('%s', (_, residual, distribution) => {
    expect(kolmogorovSmirnovAgainst(sampleOf(residual), distribution)!).toBeLessThan(LIMIT);
  });

  it('would notice a wrong spread', () => {
    const sample = sampleOf({ kind: 'lognormal-mixture', components: [{ weight: 1, median: 1, sigma: 0.6 }] });
    expect(kolmogorovSmirnovAgainst(sample, (x) => lognormalShare(x, 1, 0.63))!).toBeGreaterThan(LIMIT);
  });

  it('has mean 1 when exponential and is 1 when constant', () => {
    const sample = sampleOf({ kind: 'exponential' });
    expect(sample.reduce((sum, value) => sum + value, 0) / SIZE).toBeCloseTo(1, 1);
    expect(new Set(sampleOf({ kind: 'constant' }))).toEqual(new Set([1]));
  });

  it('is finite at both ends of the draw', () => {
    for (const residual of [MIXTURE, { kind: 'exponential' }, { kind: 'empirical', samples: [4] }] as const) {
      for (const uniform of [0, 1 - 2 ** -32]) {
        const value = createResidual(residual)(uniform);
        expect(Number.isFinite(value) && value >= 0).toBe(true);
      }
    }
  });
});

describe('first token', () => {
  it('follows exp(b0 + b1 ln(1 + tokens / n0) + load x inFlight / loadReference) x residual', () => {
    const firstToken = createFirstToken({
      b0: 5,
      b1: 0.4,
      n0: 500,
      load: 0.7,
      loadReference: 32,
      residual: { kind: 'exponential' },
      drift: null,
      hourFactors: null,
    });
    const expected = Math.exp(5) * (1 + 2_000 / 500) ** 0.4 * Math.exp((0.7 * 16) / 32) * Math.log(2);
    expect(firstToken(2_000, 16, 0.5)).toBeCloseTo(expected, 9);
  });
});

describe('cold start', () => {
  it('comes as often as said and is spread evenly', () => {
    const starts = Array.from({ length: 200_000 }, (_, key) =>
      coldStartMs({ probability: 0.02, minMs: 10_000, maxMs: 70_000 }, drawUniform(3, key, 1, 4)),
    ).filter((ms) => ms > 0);
    // Four standard errors of a share of 2 % in 200,000.
    expect(Math.abs(starts.length / 200_000 - 0.02)).toBeLessThan(4 * Math.sqrt((0.02 * 0.98) / 200_000));
    const distance = kolmogorovSmirnovAgainst(starts, (ms) => (ms - 10_000) / 60_000)!;
    expect(distance).toBeLessThan(kolmogorovSmirnovCritical(0.001, starts.length, Infinity));
  });
});

describe('time between tokens', () => {
  it('is (a + b x inFlight) in the median with the given spread', () => {
    expect(interTokenMs({ aMs: 12, bMs: 0.5, sigma: 0 }, 6, 0.123)).toBe(15);
    const sample = Float64Array.from({ length: SIZE }, (_, key) =>
      interTokenMs({ aMs: 12, bMs: 0.5, sigma: 0.3 }, 6, drawUniform(5, key, 1, 6)),
    );
    expect(kolmogorovSmirnovAgainst(sample, (x) => lognormalShare(x, 15, 0.3))!).toBeLessThan(LIMIT);
  });
});
