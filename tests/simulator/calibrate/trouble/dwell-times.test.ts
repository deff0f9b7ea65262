import { describe, expect, it } from 'vitest';
import { fitDwellTimes, meanDwellMs } from '../../../../simulator/calibrate/trouble/dwell-times.ts';
import { millsRatio } from '../../../../simulator/calibrate/trouble/mills-ratio.ts';
import { lognormalFromUniform } from '../../../../simulator/statistics/normal-quantile.ts';
import { drawUniform } from '../../../../src/router/keyed-draw.ts';

describe('the Mills ratio', () => {
  // R: pnorm(x, lower.tail = FALSE) / dnorm(x).
  it.each([
    [0, 1.2533141373155003],
    [1, 0.6556795424187985],
    [2, 0.4213692292880545],
    [5, 0.19280810471531577],
    [10, 0.09902859647173194],
  ])('at %d', (x, ratio) => {
    expect(millsRatio(x) / ratio).toBeCloseTo(1, 10);
  });

  it('of a place and its opposite adds up to 1 over the density', () => {
    for (const x of [0.3, 1.7, 2.9, 3, 3.1, 6]) {
      const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
      expect((millsRatio(x) + millsRatio(-x)) * density).toBeCloseTo(1, 12);
    }
  });

  it('goes over smoothly from the series to the fraction', () => {
    // The derivative of the ratio is x ratio - 1 everywhere.
    for (const x of [2.999999, -3.000001]) {
      const slope = (millsRatio(x + 2e-6) - millsRatio(x)) / 2e-6;
      expect(slope / ((x + 1e-6) * millsRatio(x + 1e-6) - 1)).toBeCloseTo(1, 4);
    }
  });
});

describe('dwell times', () => {
  const prior = { medianMs: 1_000, sigma: 0.5 };

  it('are the prior when none was seen', () => {
    expect(fitDwellTimes([], prior).medianMs).toBeCloseTo(1_000, 6);
    expect(fitDwellTimes([], prior).sigma).toBeCloseTo(0.5, 6);
  });

  it('of whole dwells are the mean and deviation of their logarithms, a prior apart', () => {
    const dwells = Array.from({ length: 2_000 }, (_, index) => ({
      ms: lognormalFromUniform((index + 0.5) / 2_000, 50_000, 1.2),
      isCut: false,
    }));
    const { medianMs, sigma } = fitDwellTimes(dwells, prior);
    expect(medianMs / 50_000).toBeCloseTo(1, 2);
    expect(sigma).toBeCloseTo(1.2, 2);
  });

  it('are found again though half of the dwells were cut', () => {
    const dwells = Array.from({ length: 4_000 }, (_, index) => {
      const ms = lognormalFromUniform(drawUniform(1, index, 0, 9_300), 50_000, 0.9);
      const cutMs = lognormalFromUniform(drawUniform(1, index, 1, 9_300), 50_000, 0.9);
      return { ms: Math.min(ms, cutMs), isCut: cutMs < ms };
    });
    const { medianMs, sigma } = fitDwellTimes(dwells, prior);
    expect(medianMs / 50_000).toBeGreaterThan(0.95);
    expect(medianMs / 50_000).toBeLessThan(1.05);
    expect(Math.abs(sigma - 0.9)).toBeLessThan(0.04);
  });

  it('are longer than a dwell that was cut says', () => {
    const cut = fitDwellTimes([{ ms: 10_000, isCut: true }], prior);
    const whole = fitDwellTimes([{ ms: 10_000, isCut: false }], prior);
    expect(cut.medianMs).toBeGreaterThan(whole.medianMs);
  });

  it('have a mean above their median', () => {
    expect(meanDwellMs({ medianMs: 100, sigma: 1 })).toBeCloseTo(164.8721271, 6);
  });
});
