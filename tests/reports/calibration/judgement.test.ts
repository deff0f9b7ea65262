import { describe, expect, it } from 'vitest';
import { formatError } from '../../../reports/calibration/error-text.ts';
import { isWithinNoise, judgeGroup, quantileVerdict } from '../../../reports/calibration/judgement.ts';
import type { GroupFit, QuantileFit } from '../../../simulator/calibrate/goodness/goodness.ts';
import { fixtureCalibration } from './fixture-calibration.ts';

const aurora = fixtureCalibration().goodness.holdout.targets[0]!;

function quantile(
  relativeError: number | null,
  low95: number | null,
  high95: number | null,
  widest = 105,
): QuantileFit {
  return {
    probability: 0.5,
    observed: 100,
    simulated: relativeError === null ? null : 100 * (1 + relativeError),
    simulatedMin: widest,
    simulatedMax: 200,
    relativeError,
    low95,
    high95,
  };
}

describe('the verdict on a quantile', () => {
  it.each([
    ['within', quantile(0.05, -0.02, 0.12)],
    ['within', quantile(-0.03, -0.04, -0.02)],
    ['off', quantile(0.2, 0.1, 0.3)],
    ['unclear', quantile(0.2, 0.04, 0.3)],
    ['unclear', quantile(-0.2, -0.3, 0.01)],
    ['unclear', quantile(0.2, null, null)],
    // The whole interval is outside, but one replicate came out as the log did.
    ['unclear', quantile(0.2, 0.1, 0.3, 99)],
    ['unseen', quantile(null, null, null)],
    ['unseen', null],
  ] as const)('is %s for %#', (verdict, fit) => {
    expect(quantileVerdict(fit, 0.05)).toBe(verdict);
  });
});

describe('the verdict on a target', () => {
  const withFailures = (observed: number, simulatedMin: number, simulatedMax: number): GroupFit => {
    const simulated = (simulatedMin + simulatedMax) / 2;
    const difference = simulated - observed;
    return { ...aurora, rows: 1_000, failureRatio: { observed, simulated, simulatedMin, simulatedMax, difference } };
  };

  it.each([
    ['within', withFailures(0.1, 0.08, 0.1)],
    ['within', withFailures(0.1, 0.09, 0.4)],
    ['unclear', withFailures(0.1, 0.11, 0.4)],
    ['off', withFailures(0.1, 0.15, 0.4)],
    ['off', withFailures(0.1, 0, 0)],
  ] as const)('is %s by its failures for %#', (verdict, group) => {
    expect(judgeGroup(group).failures).toBe(verdict);
    expect(judgeGroup(group).verdict).toBe(verdict);
  });

  it('rests on durations where little was streamed, and is open where little was seen', () => {
    const few = (metrics: readonly string[]): GroupFit => ({
      ...aurora,
      metrics: aurora.metrics.map((fit) => (metrics.includes(fit.metric) ? { ...fit, observed: 99 } : fit)),
    });
    expect(judgeGroup(aurora).metric?.metric).toBe('firstTokenMs');
    expect(judgeGroup(few(['firstTokenMs'])).metric?.metric).toBe('durationMs');
    expect(judgeGroup(few(['firstTokenMs', 'durationMs'])).verdict).toBe('unseen');
  });
});

describe('noise', () => {
  it('is what the log or the simulation differs from itself', () => {
    expect(isWithinNoise({ ks: 0.05, splitHalfKs: 0.06, replicateKs: null })).toBe(true);
    expect(isWithinNoise({ ks: 0.05, splitHalfKs: 0.04, replicateKs: { mean: 0.03, max: 0.05 } })).toBe(true);
    expect(isWithinNoise({ ks: 0.05, splitHalfKs: 0.04, replicateKs: { mean: 0.03, max: 0.04 } })).toBe(false);
    expect(isWithinNoise({ ks: 0.05, splitHalfKs: null, replicateKs: null })).toBeNull();
    expect(isWithinNoise({ ks: null, splitHalfKs: 0.1, replicateKs: null })).toBeNull();
  });
});

describe('an error in words', () => {
  it('has no sign when it rounds to zero', () => {
    expect([0.012, -0.034, 0.000_4, -0.000_4, null].map(formatError)).toEqual([
      '+1.2\u00a0%',
      '\u22123.4\u00a0%',
      '0.0\u00a0%',
      '0.0\u00a0%',
      '–',
    ]);
  });
});
