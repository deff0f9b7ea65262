import { describe, expect, it } from 'vitest';
import {
  fitSwings,
  minuteSums,
  smoothed,
  smoothLevels,
  swingSumsByBlock,
  type Swings,
} from '../../../../simulator/calibrate/latency/minute-swings.ts';
import { normalFromUniform } from '../../../../simulator/statistics/normal-quantile.ts';
import { drawUniform } from '../../../../src/router/keyed-draw.ts';

const MINUTE_MS = 60_000;
const MINUTES = 3_000;
const ROWS_PER_MINUTE = 6;
const SIGMA = 0.3;
const HALF_LIFE = 10;
const NOISE = 0.4;

const normal = (index: number, what: number): number => normalFromUniform(drawUniform(5, index, what, 9_202));

/** Rows at a steady rate whose residuals are the level of their minute and noise of their own. */
function swinging(sigma: number): { sentAtMs: Float64Array; residuals: Float64Array; levels: Float64Array } {
  const kept = 0.5 ** (1 / HALF_LIFE);
  const levels = new Float64Array(MINUTES);
  for (let minute = 0; minute < MINUTES; minute++) {
    levels[minute] =
      minute === 0
        ? sigma * normal(0, 0)
        : kept * levels[minute - 1]! + Math.sqrt(1 - kept * kept) * sigma * normal(minute, 0);
  }
  const rows = MINUTES * ROWS_PER_MINUTE;
  return {
    levels,
    sentAtMs: Float64Array.from({ length: rows }, (_unused, row) => (row * MINUTE_MS) / ROWS_PER_MINUTE),
    residuals: Float64Array.from(
      { length: rows },
      (_unused, row) => levels[Math.floor(row / ROWS_PER_MINUTE)]! + NOISE * normal(row, 1),
    ),
  };
}

describe('sums by minute', () => {
  it('are of the residuals less their mean, from the minute of the first row on', () => {
    const { firstMinute, mean, counts, sums, squares } = minuteSums(
      Float64Array.of(120_000, 150_000, 180_000, 300_000),
      Float64Array.of(1, 2, 3, 6),
    );
    expect([firstMinute, mean]).toEqual([2, 3]);
    expect([...counts]).toEqual([2, 1, 0, 1]);
    expect([...sums]).toEqual([-3, 0, 0, 3]);
    expect([...squares]).toEqual([5, 0, 0, 9]);
  });

  it('of nothing are empty', () => {
    expect(minuteSums(new Float64Array(0), new Float64Array(0)).counts).toHaveLength(0);
  });
});

describe('swings', () => {
  const { sentAtMs, residuals, levels } = swinging(SIGMA);
  const sums = minuteSums(sentAtMs, residuals);
  const swings = fitSwings(sums)!;

  it('are found with their size, their memory and the noise around them', () => {
    // 3,000 minutes hold about a hundred independent levels.
    expect(swings.sigma / SIGMA).toBeGreaterThan(0.8);
    expect(swings.sigma / SIGMA).toBeLessThan(1.2);
    expect(swings.halfLifeMinutes / HALF_LIFE).toBeGreaterThan(0.6);
    expect(swings.halfLifeMinutes / HALF_LIFE).toBeLessThan(1.7);
    expect(swings.noiseVariance / NOISE ** 2).toBeGreaterThan(0.95);
    expect(swings.noiseVariance / NOISE ** 2).toBeLessThan(1.05);
  });

  it('are none in noise, in a log of minutes, and in one without rows', () => {
    const still = swinging(0);
    expect(fitSwings(minuteSums(still.sentAtMs, still.residuals))).toBeNull();
    expect(fitSwings(minuteSums(sentAtMs.slice(0, 60), residuals.slice(0, 60)))).toBeNull();
    expect(fitSwings(minuteSums(new Float64Array(0), new Float64Array(0)))).toBeNull();
  });

  it('follow from the sums over blocks', () => {
    const { above, below } = swingSumsByBlock(sums, swings, (minute) => Math.floor((minute * 7) / MINUTES), 7);
    const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
    expect(above).toHaveLength(7);
    expect(total(above) / total(below)).toBeCloseTo(swings.sigma ** 2, 10);
  });

  it('leave levels that are nearer to the truth than the means of the minutes, by as much as they say', () => {
    const { level, variance } = smoothLevels(sums, swings);
    const meanSquare = (errorOf: (minute: number) => number): number =>
      levels.reduce((sum, _unused, minute) => sum + errorOf(minute) ** 2, 0) / MINUTES;
    const ofLevels = meanSquare((minute) => level[minute]! - levels[minute]!);
    const ofMeans = meanSquare(
      (minute) => (sums.sums[minute]! + sums.mean * sums.counts[minute]!) / ROWS_PER_MINUTE - levels[minute]!,
    );
    expect(ofLevels).toBeLessThan(0.6 * ofMeans);
    const said = variance.reduce((sum, each) => sum + each, 0) / MINUTES;
    expect(ofLevels / said).toBeGreaterThan(0.8);
    expect(ofLevels / said).toBeLessThan(1.25);
  });
});

describe('the smoother', () => {
  it('gives what conditioning the normal distribution gives', () => {
    const swings: Swings = { sigma: 0.5, halfLifeMinutes: 2, noiseVariance: 0.09, shape: new Float64Array(0) };
    const { level, variance } = smoothed(Float64Array.of(1, 0, 2), Float64Array.of(0.4, 0, -0.6), swings);
    // x ~ N(0, K), K[i][j] = sigma^2 r^|i - j|; seen are x0 and x2 with noise of variance 0.09 and 0.045.
    const k = (lag: number): number => 0.25 * 0.5 ** (lag / 2);
    const [a, b, d] = [k(0) + 0.09, k(2), k(0) + 0.045];
    const determinant = a * d - b * b;
    for (let minute = 0; minute < 3; minute++) {
      const [to0, to2] = [k(minute), k(2 - minute)];
      const weight0 = (to0 * d - to2 * b) / determinant;
      const weight2 = (to2 * a - to0 * b) / determinant;
      expect(level[minute]).toBeCloseTo(weight0 * 0.4 + weight2 * -0.3, 12);
      expect(variance[minute]).toBeCloseTo(k(0) - weight0 * to0 - weight2 * to2, 12);
    }
  });
});
