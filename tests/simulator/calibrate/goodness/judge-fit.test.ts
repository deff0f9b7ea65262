import { describe, expect, it } from 'vitest';
import type { Goodness, GroupFit, PicturedFit } from '../../../../simulator/calibrate/goodness/goodness.ts';
import { judgeFit } from '../../../../simulator/calibrate/goodness/judge-fit.ts';
import type { Scenario } from '../../../../simulator/scenario.ts';
import { kolmogorovSmirnovCritical } from '../../../../simulator/statistics/kolmogorov-smirnov.ts';
import { smallScenario } from '../../../../simulator/validate/small/small-scenario.ts';
import {
  everyRow,
  loggedAttempts,
  NOISY_TWIN,
  noisyScenario,
  sentAttempts,
  SHOWERS,
  TIMEOUTS,
} from '../generated-attempts.ts';

const truth = noisyScenario();
const log = loggedAttempts(truth, 6_000, 1_200);
const judge = (scenario: Scenario): Goodness => judgeFit(log, everyRow(log), scenario, TIMEOUTS, 3);
const right = judge(truth);

const metricOf = (group: GroupFit, metric: PicturedFit['metric'] = 'firstTokenMs'): PicturedFit =>
  group.metrics.find((fit) => fit.metric === metric)!;
const errorAt = (fit: PicturedFit, probability: number): number =>
  fit.quantiles.find((quantile) => quantile.probability === probability)!.relativeError!;
/** Largest gap between the cumulated counts and a straight line. */
const tilt = ({ rankCounts }: PicturedFit): number => {
  const total = rankCounts.reduce((sum, count) => sum + count, 0);
  let upTo = 0;
  return Math.max(...rankCounts.map((count, bin) => Math.abs((upTo += count) / total - (bin + 1) / rankCounts.length)));
};

describe('judging the scenario that made the log', () => {
  it('finds small errors whose intervals hold zero', () => {
    for (const group of [right.all, ...right.targets]) {
      const fit = metricOf(group);
      expect(Math.abs(errorAt(fit, 0.5))).toBeLessThan(0.05);
      expect(Math.abs(errorAt(fit, 0.9))).toBeLessThan(0.08);
    }
    expect(Math.abs(errorAt(metricOf(right.all), 0.99))).toBeLessThan(0.15);
    const { low95, high95 } = metricOf(right.all).quantiles[0]!;
    expect(low95).toBeLessThan(0);
    expect(high95).toBeGreaterThan(0);
  });

  it('finds it as near to the log as one half of the log to the other, and ranks that are flat', () => {
    for (const metric of right.all.metrics) {
      expect(metric.ks).toBeLessThan(metric.splitHalfKs!);
      // Kolmogorov's 0.1 % point for a known distribution.
      expect(tilt(metric)).toBeLessThan(1.95 / Math.sqrt(metric.observed));
      expect(metric.rankCounts).toHaveLength(20);
      expect(metric.quantilePairs).toHaveLength(60);
    }
  });

  it('finds its failures, refusals and costs', () => {
    const { successRatio, failureRatio, costMicroUsd, limited } = right.all;
    expect(Math.abs(successRatio.difference!)).toBeLessThan(0.01);
    expect(failureRatio.observed!).toBeGreaterThan(failureRatio.simulatedMin! - 0.005);
    expect(failureRatio.observed!).toBeLessThan(failureRatio.simulatedMax! + 0.005);
    expect(Math.abs(costMicroUsd.difference! / costMicroUsd.observed!)).toBeLessThan(0.02);
    expect(limited).toMatchObject({ observed: 0, simulated: 0 });
    const gap = right.reliability.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.observed - bin.simulated), 0);
    expect(gap / right.rows).toBeLessThan(0.015);
    expect(right.reliability.reduce((sum, { rows }) => sum + rows, 0)).toBe(right.rows);
  });

  it('knows that what never happened may happen', () => {
    const errors = { serverError: 0, connectTimeout: 0, midStreamAbort: 0 };
    const faultless = loggedAttempts(noisyScenario({ twin: { errors } }), 600, 1_200);
    const judged = judgeFit(faultless, everyRow(faultless), truth, TIMEOUTS, 3);
    for (const { rows, observed, low95, high95 } of judged.reliability) {
      expect([observed, low95]).toEqual([0, 0]);
      // Of a hundred attempts without a failure: up to 3.7 % (Wilson).
      expect(high95! * rows).toBeGreaterThan(3);
      expect(high95! * rows).toBeLessThan(4);
    }
  });

  it('cuts the rows into strata that hold them all, each near the log', () => {
    expect(right.strata.length).toBeGreaterThan(4);
    expect(right.strata.reduce((sum, { rows }) => sum + rows, 0) + right.rowsInSmallStrata).toBe(right.rows);
    for (const { metrics, rows } of right.strata) {
      expect(rows).toBeGreaterThanOrEqual(200);
      const [{ ks, observed, simulated }] = metrics as readonly [PicturedFit];
      expect(ks).toBeLessThan(kolmogorovSmirnovCritical(0.001, observed, simulated));
    }
  });

  it('is a function of its arguments and plain data', () => {
    expect(judge(truth)).toEqual(right);
    expect(JSON.parse(JSON.stringify(right))).toEqual(right);
  });
});

describe('judging a wrong scenario', () => {
  const { firstToken, errors } = NOISY_TWIN as Required<typeof NOISY_TWIN>;

  it('sees a first token that takes a fifth longer', () => {
    const wrong = judge(noisyScenario({ twin: { firstToken: { ...firstToken, b0: firstToken.b0 + Math.log(1.2) } } }));
    const fit = metricOf(wrong.all);
    expect(errorAt(fit, 0.5)).toBeGreaterThan(0.15);
    expect(fit.quantiles[0]!.low95).toBeGreaterThan(0.1);
    expect(fit.ks).toBeGreaterThan(2 * fit.splitHalfKs!);
    expect(fit.ks).toBeGreaterThan(2 * fit.replicateKs!.max);
    // Simulated values are too high, so the observed ones rank low.
    expect(fit.rankCounts[0]! + fit.rankCounts[1]!).toBeGreaterThan(1.5 * (fit.rankCounts[18]! + fit.rankCounts[19]!));
    expect(metricOf(wrong.all, 'msPerToken').ks).toBeLessThan(0.05);
  });

  it('sees a tail that is too heavy in the tail alone', () => {
    const components = [
      { weight: 0.9, median: 1, sigma: 0.25 },
      { weight: 0.1, median: 4, sigma: 0.5 },
    ];
    const fit = metricOf(
      judge(
        noisyScenario({ twin: { firstToken: { ...firstToken, residual: { kind: 'lognormal-mixture', components } } } }),
      ).all,
    );
    expect(Math.abs(errorAt(fit, 0.5))).toBeLessThan(0.05);
    expect(errorAt(fit, 0.99)).toBeGreaterThan(0.4);
    expect(fit.quantiles[3]!.low95).toBeGreaterThan(0.15);
  });

  it('sees failures that are half as many', () => {
    const wrong = judge(
      noisyScenario({
        twin: { errors: { serverError: errors.serverError / 2, connectTimeout: 0.0025, midStreamAbort: 0.005 } },
      }),
    );
    const share = wrong.all.failureRatio.simulated! / wrong.all.failureRatio.observed!;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
    expect(wrong.all.failureRatio.observed!).toBeGreaterThan(wrong.all.failureRatio.simulatedMax!);
    for (const bin of wrong.reliability) expect(bin.observed).toBeGreaterThan(bin.simulated);
    expect(metricOf(wrong.all).ks).toBeLessThan(0.05);
  });

  it('sees trouble that lasts, and a scenario that has none', () => {
    const stormy = noisyScenario({ weather: [SHOWERS] });
    const table = loggedAttempts(stormy, 6_000, 1_200);
    const apart = judgeFit(table, everyRow(table), truth, TIMEOUTS, 3).all;
    const together = judgeFit(table, everyRow(table), stormy, TIMEOUTS, 3).all;
    expect(apart.autocorrelation[0]!.observed).toBeGreaterThan(0.5);
    expect(apart.autocorrelation[0]!.simulatedMax).toBeLessThan(0.4);
    expect(together.autocorrelation[0]!.simulated).toBeGreaterThan(0.5);
    expect(apart.failureRatio.difference).toBeLessThan(-0.05);
  });

  it('sees a limit that is not there', () => {
    const limited = loggedAttempts(
      noisyScenario({ twin: { rateLimit: { requestsPerMinute: 12, tokensPerMinute: null, retryAfter: true } } }),
      2_000,
      1_200,
    );
    const { all, targets } = judgeFit(limited, everyRow(limited), truth, TIMEOUTS, 3);
    expect(all.limited.observed).toBeGreaterThan(50);
    expect(all.limited.simulatedMax).toBe(0);
    expect(targets.reduce((sum, group) => sum + group.limited.observed!, 0)).toBe(all.limited.observed);
  });
});

describe('judging little', () => {
  it.each([
    ['no rows', 0],
    ['one row', 1],
    ['ten rows', 10],
  ])('of %s gives numbers or null, and no interval', (_name, count) => {
    const table = loggedAttempts(truth, 10, 1_200);
    const goodness = judgeFit(table, everyRow(table).subarray(0, count), truth, TIMEOUTS, 3);
    expect(JSON.parse(JSON.stringify(goodness))).toEqual(goodness);
    expect(goodness.rows).toBe(count);
    for (const { quantiles } of goodness.all.metrics) expect(quantiles.every(({ low95 }) => low95 === null)).toBe(true);
  });

  it('of attempts without streams or failures does so too', () => {
    const sent = sentAttempts(500, 1_000);
    const table = { ...sent, stream: new Uint8Array(sent.rows), durationMs: sent.outputTokens };
    const goodness = judgeFit(table, everyRow(table), smallScenario(), TIMEOUTS, 3);
    expect(JSON.parse(JSON.stringify(goodness))).toEqual(goodness);
    expect(metricOf(goodness.all)).toMatchObject({ observed: 0, ks: null, splitHalfKs: null, quantilePairs: [] });
    expect(goodness.all.autocorrelation.every(({ observed }) => observed === null)).toBe(true);
  });
});
