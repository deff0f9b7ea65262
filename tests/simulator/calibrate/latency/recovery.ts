/** How often the 95 % intervals of the latency fit hold the truth, over logs of a twin that is known. */
import { fitLatency } from '../../../../simulator/calibrate/latency/fit-latency.ts';
import type { Estimate } from '../../../../simulator/calibrate/estimate.ts';
import type { LatencyFit } from '../../../../simulator/calibrate/fitted-twin.ts';
import type { TwinDefinition } from '../../../../simulator/scenario.ts';
import { HOSTED_LLM_RESIDUALS } from '../../../../simulator/twins/residual-samples.ts';
import { allRows, CALM_TRAFFIC, fleetLog, type Traffic } from './fleet-log.ts';

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

/** Cold starts of the longer half and a part of the clients are cut. */
export const HARSH_TRAFFIC: Traffic = {
  ...CALM_TRAFFIC,
  firstTokenTimeoutMs: 30_000,
  impatientShare: 0.1,
  impatienceMs: 1_200,
};

export interface Coverage {
  readonly parameter: keyof LatencyFit['intervals'];
  readonly truth: number;
  readonly runs: number;
  /** Runs whose interval holds the truth. */
  readonly covered: number;
  /** Mean of value / truth. */
  readonly meanRatio: number;
  /** Standard deviation of value / truth between the runs. */
  readonly spread: number;
  /** Mean of (high - low) / truth. */
  readonly meanWidth: number;
}

/** Fits `runs` logs of the known twin, each with a seed of its own. */
export function recoverKnownTwin(runs: number, seed: number, traffic: Traffic = HARSH_TRAFFIC): readonly Coverage[] {
  const truth = {
    firstTokenMedianMs: MEDIAN_MS,
    b1: B1,
    load: LOAD_PER_ATTEMPT,
    interTokenMs: KNOWN_TWIN.interToken.aMs,
    interTokenLoadMs: KNOWN_TWIN.interToken.bMs,
    interTokenSigma: KNOWN_TWIN.interToken.sigma,
    driftSigma: KNOWN_TWIN.firstToken.drift!.sigma,
    coldStartProbability: KNOWN_TWIN.coldStart!.probability,
  };
  const names = Object.keys(truth) as (keyof typeof truth)[];
  const tallies = new Map(names.map((name) => [name, { covered: 0, ratios: 0, squares: 0, widths: 0 }]));
  for (let run = 0; run < runs; run++) {
    const table = fleetLog(KNOWN_TWIN, traffic, seed + run);
    const { intervals, firstToken } = fitLatency(table, allRows(table), 0, null, seed + run);
    for (const name of names) {
      // The slope by attempts: the reference is the fit's own choice.
      const scale = name === 'load' ? 1 / firstToken.loadReference : 1;
      const { value, low95, high95 }: Estimate = intervals[name];
      const tally = tallies.get(name)!;
      const [low, high] = [(low95 ?? NaN) * scale, (high95 ?? NaN) * scale];
      tally.covered += low <= truth[name] && truth[name] <= high ? 1 : 0;
      tally.ratios += (value * scale) / truth[name] / runs;
      tally.squares += ((value * scale) / truth[name]) ** 2 / runs;
      tally.widths += (high - low) / truth[name] / runs;
    }
  }
  return names.map((parameter) => {
    const { covered, ratios, squares, widths } = tallies.get(parameter)!;
    return {
      parameter,
      truth: truth[parameter],
      runs,
      covered,
      meanRatio: ratios,
      spread: Math.sqrt(Math.max(0, squares - ratios ** 2)),
      meanWidth: widths,
    };
  });
}
