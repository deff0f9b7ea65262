import { quantile } from '../../statistics/quantiles.ts';
import type { FailureEvidence } from './failure-evidence.ts';
import {
  DEGRADED,
  DOWN,
  likeliestStates,
  stateProbabilities,
  STATES,
  UP,
  weatherSteps,
  type WeatherModel,
  type WeatherSteps,
} from './weather-model.ts';

const EM_STEPS = 5;
/** Parameters need no finer time than this; a busy log is then no longer than a quiet one. */
const STEP_MS = 5_000;
/** Attempts in a row over which the usual failure share is found: most such runs lie outside trouble. */
const RUN_LENGTH = 25;
/** Attempts that the starting values count for. */
const PRIOR_ATTEMPTS = { up: 20, degraded: 20, down: 20 } as const;
const START = { degradedFailure: 0.15, downFailure: 0.95 } as const;
const UP_FAILURE_MIN = 5e-4;
const UP_FAILURE_MAX = 0.3;
/** Degraded has to be so much worse than up to be a state of its own. */
const DEGRADED_MIN = 0.03;
const DEGRADED_TO_UP_MIN = 1.5;
const DEGRADED_MAX = 0.6;
const DOWN_MIN = 0.6;
const DOWN_MAX = 0.995;

/** What dwells are thought to be before any is seen: an hour of trouble in half a day, in spells of minutes. */
const PRIOR_MEAN_MS = [6 * 3_600_000, 10 * 60_000, 8 * 60_000] as const;

/**
 * The model of {@link WeatherModel} for one provider: from starting values by a few steps of the EM algorithm (L. E.
 * Baum et al., Annals of Mathematical Statistics 41, 1970), in which starting values count for a few attempts and one
 * dwell each, so that a quiet log does not make up trouble.
 *
 * @param twins number of twins of the table
 */
export function fitWeatherModel(evidence: FailureEvidence, twins: number): WeatherModel {
  const steps = weatherSteps(evidence, STEP_MS);
  let model = startingModel(evidence, twins);
  for (let step = 0; step < EM_STEPS; step++) model = improvedModel(steps, model);
  return model;
}

function startingModel(evidence: FailureEvidence, twins: number): WeatherModel {
  const usual = clamp(usualFailureShare(evidence.failed), UP_FAILURE_MIN, UP_FAILURE_MAX);
  return {
    upFailure: new Float64Array(twins).fill(usual),
    ...START,
    meanMs: PRIOR_MEAN_MS,
    hasDegraded: true,
  };
}

/** Mean of the better half of short runs of attempts. */
function usualFailureShare(failed: Float64Array): number {
  const runs = Math.max(1, Math.floor(failed.length / RUN_LENGTH));
  const shares = new Float64Array(runs);
  for (let run = 0; run < runs; run++) {
    const part = failed.subarray(run * RUN_LENGTH, run === runs - 1 ? failed.length : (run + 1) * RUN_LENGTH);
    shares[run] = part.length === 0 ? 0 : part.reduce((sum, each) => sum + each, 0) / part.length;
  }
  const middle = quantile(shares, 0.5) ?? 0;
  const better = shares.filter((share) => share <= middle);
  return better.reduce((sum, share) => sum + share, 0) / Math.max(1, better.length);
}

function improvedModel(steps: WeatherSteps, model: WeatherModel): WeatherModel {
  const { failed, twin } = steps.evidence;
  const probabilities = stateProbabilities(steps, model);
  const upWeight = new Float64Array(model.upFailure.length);
  const upFailed = new Float64Array(model.upFailure.length);
  const weight = [0, 0, 0];
  const failures = [0, 0, 0];
  const failuresOfUp = [0, 0, 0];
  for (let index = 0; index < failed.length; index++) {
    const up = model.upFailure[twin[index]!]!;
    const ofStep = steps.ofAttempt[index]! * STATES;
    const inUp = probabilities[ofStep + UP]!;
    upWeight[twin[index]!]! += inUp;
    upFailed[twin[index]!]! += inUp * failed[index]!;
    for (let state = DEGRADED; state <= DOWN; state++) {
      const probability = probabilities[ofStep + state]!;
      weight[state]! += probability;
      failures[state]! += probability * failed[index]!;
      failuresOfUp[state]! += probability * up;
    }
  }
  const usual = sumOf(upFailed) / Math.max(1, sumOf(upWeight));
  const upFailure = upWeight.map((attempts, index) =>
    clamp(
      (upFailed[index]! + PRIOR_ATTEMPTS.up * usual) / (attempts + PRIOR_ATTEMPTS.up),
      UP_FAILURE_MIN,
      UP_FAILURE_MAX,
    ),
  );
  const degradedFailure = addedFailure(DEGRADED, START.degradedFailure, PRIOR_ATTEMPTS.degraded);
  const downFailure = addedFailure(DOWN, START.downFailure, PRIOR_ATTEMPTS.down);
  const hasDegraded = model.hasDegraded && degradedFailure >= Math.max(DEGRADED_MIN, (DEGRADED_TO_UP_MIN - 1) * usual);
  const improved = {
    upFailure,
    degradedFailure: clamp(degradedFailure, DEGRADED_MIN, DEGRADED_MAX),
    downFailure: clamp(downFailure, DOWN_MIN, DOWN_MAX),
    meanMs: model.meanMs,
    hasDegraded,
  };
  return { ...improved, meanMs: meanDwells(steps.atMs, likeliestStates(steps, improved)) };

  /** What a state adds to the failures of up, with some attempts as at the start. */
  function addedFailure(state: number, start: number, priorAttempts: number): number {
    const share = failures[state]! / Math.max(1e-9, weight[state]!);
    const ofUp = failuresOfUp[state]! / Math.max(1e-9, weight[state]!);
    const added = clamp((share - ofUp) / (1 - ofUp), 0, 1);
    return (added * weight[state]! + start * priorAttempts) / (weight[state]! + priorAttempts);
  }
}

/** Time over exits, with the prior mean counting for one exit. */
function meanDwells(atMs: Float64Array, states: Uint8Array): [number, number, number] {
  const timeMs = [...PRIOR_MEAN_MS] as [number, number, number];
  const exits = [1, 1, 1];
  for (let index = 1; index < states.length; index++) {
    const before = states[index - 1]!;
    timeMs[before]! += atMs[index]! - atMs[index - 1]!;
    if (states[index] !== before) exits[before]! += 1;
  }
  return [timeMs[0] / exits[0]!, timeMs[1] / exits[1]!, timeMs[2] / exits[2]!];
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
