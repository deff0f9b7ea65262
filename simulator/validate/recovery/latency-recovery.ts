/** A twin whose latency is known, its attempts by the real fleet, and what the latency fit makes of them. */
import { fitLatency } from '../../calibrate/latency/fit-latency.ts';
import type { Estimate } from '../../calibrate/estimate.ts';
import type { TwinDefinition } from '../../scenario.ts';
import { HOSTED_LLM_RESIDUALS } from '../../twins/residual-samples.ts';
import { smallScenario, TARGET_IDS } from '../small/small-scenario.ts';
import type { Recovered } from './coverage.ts';
import { allRowsOf, fleetAttempts, STEADY_LOAD, type OpenLoop } from './fleet-attempts.ts';

const MEDIAN_MS = 600;
const B1 = 0.35;
const N0 = 1_000;
const LOAD_PER_ATTEMPT = 0.03;

export const KNOWN_TWIN: Pick<TwinDefinition, 'firstToken' | 'coldStart' | 'interToken'> = {
  firstToken: {
    b0: Math.log(MEDIAN_MS) - B1 * Math.log1p(1_000 / N0),
    b1: B1,
    n0: N0,
    load: LOAD_PER_ATTEMPT * 16,
    loadReference: 16,
    residual: { kind: 'empirical', samples: HOSTED_LLM_RESIDUALS },
    drift: { sigma: 0.2, halfLifeMs: 300_000 },
    hourFactors: null,
  },
  coldStart: { probability: 0.006, minMs: 10_000, maxMs: 40_000 },
  interToken: { aMs: 20, bMs: 0.6, sigma: 0.2 },
};

/** Some six hours at one target. */
export const SWINGING_LOAD: OpenLoop = {
  ...STEADY_LOAD,
  attempts: 14_000,
  gapMs: 2_000,
  swing: { factor: 3, periodMs: 2_400_000 },
  input: { median: 1_500, sigma: 1.1 },
  output: { median: 120, sigma: 0.8 },
  streamShare: 1,
  firstTokenTimeoutMs: 60_000,
};

/** Cold starts of the longer half and a part of the clients are cut. */
export const HARSH_LOAD: OpenLoop = {
  ...SWINGING_LOAD,
  firstTokenTimeoutMs: 30_000,
  impatientShare: 0.1,
  patienceMs: 1_200,
};

/** Fits a log of {@link KNOWN_TWIN} under {@link HARSH_LOAD}. */
export function recoverLatency(seed: number): readonly Recovered[] {
  const table = fleetAttempts(smallScenario({ twin: KNOWN_TWIN }), TARGET_IDS.slice(0, 1), HARSH_LOAD, seed);
  const { intervals, firstToken } = fitLatency(table, allRowsOf(table), 0, null, seed);
  return [
    { parameter: 'firstTokenMedianMs', truth: MEDIAN_MS, estimate: intervals.firstTokenMedianMs },
    { parameter: 'b1', truth: B1, estimate: intervals.b1 },
    // The slope by attempts: the reference is the fit's own choice.
    { parameter: 'load', truth: LOAD_PER_ATTEMPT, estimate: scaled(intervals.load, 1 / firstToken.loadReference) },
    { parameter: 'interTokenMs', truth: KNOWN_TWIN.interToken.aMs, estimate: intervals.interTokenMs },
    { parameter: 'interTokenLoadMs', truth: KNOWN_TWIN.interToken.bMs, estimate: intervals.interTokenLoadMs },
    { parameter: 'interTokenSigma', truth: KNOWN_TWIN.interToken.sigma, estimate: intervals.interTokenSigma },
    { parameter: 'driftSigma', truth: KNOWN_TWIN.firstToken.drift!.sigma, estimate: intervals.driftSigma },
    {
      parameter: 'coldStartProbability',
      truth: KNOWN_TWIN.coldStart!.probability,
      estimate: intervals.coldStartProbability,
    },
  ];
}

function scaled({ value, low95, high95 }: Estimate, factor: number): Estimate {
  return {
    value: value * factor,
    low95: low95 === null ? null : low95 * factor,
    high95: high95 === null ? null : high95 * factor,
  };
}
