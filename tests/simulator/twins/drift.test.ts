import { describe, expect, it } from 'vitest';
import { createDrift } from '../../../simulator/twins/drift.ts';
import { createHourFactor } from '../../../simulator/twins/hour-factor.ts';

const MINUTE_MS = 60_000;

function levels(sigma: number, halfLifeMs: number, minutes: number, seed: number): number[] {
  const drift = createDrift({ sigma, halfLifeMs }, seed, 42);
  return Array.from({ length: minutes }, (_, minute) => Math.log(drift(minute * MINUTE_MS)));
}

describe('swings of load', () => {
  it('have the spread and the memory of their AR(1): correlation 2^(-lag / half-life)', () => {
    const series = levels(0.3, 5 * MINUTE_MS, 40_000, 7);
    const mean = series.reduce((sum, level) => sum + level, 0) / series.length;
    const covariance = (lag: number): number =>
      series.slice(lag).reduce((sum, level, index) => sum + (level - mean) * (series[index]! - mean), 0) /
      (series.length - lag);
    // About 40,000 / 14 independent values: three standard errors of the mean are .017.
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.sqrt(covariance(0))).toBeCloseTo(0.3, 1.5);
    for (const lag of [1, 5, 10]) expect(covariance(lag) / covariance(0)).toBeCloseTo(2 ** (-lag / 5), 1);
  });

  it('are the same within a minute, whoever asks and however often', () => {
    const often = createDrift({ sigma: 0.3, halfLifeMs: 60_000 }, 3, 9);
    const seldom = createDrift({ sigma: 0.3, halfLifeMs: 60_000 }, 3, 9);
    const factors = Array.from({ length: 600 }, (_, second) => often(second * 1_000));
    expect(factors[0]).toBe(factors[59]);
    expect(factors[60]).not.toBe(factors[59]);
    expect(seldom(599_000)).toBe(factors[599]);
  });

  it('start anywhere, not at rest', () => {
    const starts = Array.from({ length: 2_000 }, (_, seed) => levels(0.5, 600_000, 1, seed)[0]!);
    const variance = starts.reduce((sum, level) => sum + level * level, 0) / starts.length;
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 1);
  });

  it('are none without a definition or a spread', () => {
    expect(createDrift(null, 1, 1)(1e9)).toBe(1);
    expect(createDrift({ sigma: 0, halfLifeMs: 1 }, 1, 1)(1e9)).toBe(1);
  });
});

describe('the hour of the day', () => {
  const factors = Array.from({ length: 24 }, (_, hour) => 1 + hour);

  it('counts from the hour at which time began, around midnight', () => {
    const factor = createHourFactor(factors, 22.5);
    expect([0, 29, 31, 89, 91].map((minutes) => factor(minutes * MINUTE_MS))).toEqual([23, 23, 24, 24, 1]);
  });

  it('has no say without factors', () => {
    expect(createHourFactor(null, 12)(1e9)).toBe(1);
  });
});
