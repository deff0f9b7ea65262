import { describe, expect, it } from 'vitest';
import { fitSum, sumFitOf } from '../../../../simulator/calibrate/latency/robust-sum.ts';
import { normalFromUniform } from '../../../../simulator/statistics/normal-quantile.ts';
import { drawUniform } from '../../../../src/router/keyed-draw.ts';

const ROWS = 2_000;
const BLOCKS = 20;
const A = 12;
const B = 0.5;

const uniform = (row: number, what: number): number => drawUniform(7, row, what, 9_204);
const x = Float64Array.from({ length: ROWS }, (_unused, row) => 20 + 400 * uniform(row, 0));
const y = Float64Array.from({ length: ROWS }, (_unused, row) => x[row]! * 20 * uniform(row, 1));
const blockOf = Uint16Array.from({ length: ROWS }, (_unused, row) => Math.floor((row * BLOCKS) / ROWS));

/** (a x + b y) times lognormal noise. */
function valuesOf(b: number, sigma: number): Float64Array {
  return x.map((each, row) => (A * each + b * y[row]!) * Math.exp(sigma * normalFromUniform(uniform(row, 2))));
}

const fitOf = (values: Float64Array) => fitSum(values, x, y, { a: 5, b: 0.1 }, blockOf, BLOCKS);

describe('a sum of two parts', () => {
  it('is found exactly where there is no noise', () => {
    const { a, b, sigma } = fitOf(valuesOf(B, 0));
    expect(a).toBeCloseTo(A, 5);
    expect(b).toBeCloseTo(B, 6);
    expect(sigma).toBeLessThan(1e-4);
  });

  it('is found through noise, with the size of the noise', () => {
    const { a, b, sigma } = fitOf(valuesOf(B, 0.3));
    expect(Math.abs(a / A - 1)).toBeLessThan(0.05);
    expect(Math.abs(b / B - 1)).toBeLessThan(0.1);
    expect(Math.abs(sigma / 0.3 - 1)).toBeLessThan(0.06);
  });

  it('is not led astray by one value in twenty that is thirty times as large', () => {
    const values = valuesOf(B, 0.3).map((value, row) => (row % 20 === 0 ? 30 * value : value));
    const { a, b } = fitOf(values);
    const mean =
      values.reduce((sum, value) => sum + value, 0) / valuesOf(B, 0.3).reduce((sum, value) => sum + value, 0);
    expect(mean).toBeGreaterThan(2);
    const level = (A * 220 + B * 2_200) / (a * 220 + b * 2_200);
    expect(Math.abs(1 / level - 1)).toBeLessThan(0.12);
  });

  it('has no negative part', () => {
    const falling = x.map((each, row) => A * each * (1 - (0.02 * y[row]!) / each));
    expect(fitOf(falling).b).toBe(0);
  });
});

describe('a fit of resampled blocks', () => {
  const fit = fitOf(valuesOf(B, 0.3));

  it('is the fit itself when every block is there once', () => {
    const same = sumFitOf(fit, new Uint16Array(BLOCKS).fill(1), 0);
    expect(same.a / fit.a).toBeCloseTo(1, 4);
    expect(same.b / fit.b).toBeCloseTo(1, 4);
    expect(same.sigma / fit.sigma).toBeCloseTo(1, 4);
  });

  it('is near the fit of the rows that it stands for', () => {
    const times = Uint16Array.from({ length: 2 * BLOCKS }, (_unused, place) =>
      place < BLOCKS ? 9 : place % 2 === 0 ? 2 : 0,
    );
    const rows = [...blockOf.keys()].filter((row) => blockOf[row]! % 2 === 0);
    const only = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
    const half = fitSum(only(valuesOf(B, 0.3)), only(x), only(y), { a: 5, b: 0.1 }, new Uint16Array(rows.length), 1);
    const resampled = sumFitOf(fit, times, BLOCKS);
    expect(Math.abs(resampled.a / half.a - 1)).toBeLessThan(0.01);
    expect(Math.abs(resampled.b / half.b - 1)).toBeLessThan(0.02);
    expect(Math.abs(resampled.sigma / half.sigma - 1)).toBeLessThan(0.02);
  });

  it('is not there without rows', () => {
    expect(sumFitOf(fit, new Uint16Array(BLOCKS), 0)).toEqual({ a: NaN, b: NaN, sigma: NaN });
  });
});
