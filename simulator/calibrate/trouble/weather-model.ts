/**
 * A hidden Markov model of a provider's weather, seen through single attempts at any time: three states, failures of
 * independent attempts in each, changes of state at constant rates in between (L. R. Rabiner, Proceedings of the IEEE
 * 77(2), 1989, for the model and its algorithms). Attempts rather than minutes are its steps, so that changes are found
 * between two attempts wherever they lie in a minute, and time without attempts counts by its length alone.
 */
import type { FailureEvidence } from './failure-evidence.ts';

/** Positions of the states in all arrays of three. */
export const UP = 0;
export const DEGRADED = 1;
export const DOWN = 2;
export const STATES = 3;

export interface WeatherModel {
  /** Failure probability while up, for each twin of the table. */
  readonly upFailure: Float64Array;
  /** What degraded and down add: an attempt fails with 1 - (1 - up) (1 - added), as in `refusal.ts`. */
  readonly degradedFailure: number;
  readonly downFailure: number;
  /** Mean dwells, ms. */
  readonly meanMs: readonly [up: number, degraded: number, down: number];
  /** False: the provider is never merely degraded. */
  readonly hasDegraded: boolean;
}

/** Where a state goes when it is left. From down a provider comes back up; through degraded now and then. */
const EXITS = [
  [0, 0.6, 0.4],
  [0.75, 0, 0.25],
  [0.95, 0.05, 0],
] as const;
const EXITS_WITHOUT_DEGRADED = [
  [0, 0, 1],
  [1, 0, 0],
  [1, 0, 0],
] as const;

/** Most of the time up: where a chain that was not looked at for long may be. */
function longRunShares({ meanMs, hasDegraded }: WeatherModel): readonly [number, number, number] {
  const [up, degraded, down] = meanMs;
  const weights = hasDegraded ? [up, 0.6 * degraded, 0.55 * down] : [up, 0, down];
  const sum = weights[0]! + weights[1]! + weights[2]!;
  return [weights[0]! / sum, weights[1]! / sum, weights[2]! / sum];
}

/** Writes the probability that each state is kept over a gap. */
function gapStays(model: WeatherModel): (gapMs: number, into: Float64Array) => void {
  const shares = longRunShares(model).map((share) => Math.min(0.999, share));
  const ratesPerMs = model.meanMs.map((meanMs, state) => 1 / (meanMs * (1 - shares[state]!)));
  return (gapMs, into) => {
    for (let state = 0; state < STATES; state++) {
      // Short gaps: the rate of leaving; long ones: the long-run share, whatever it was.
      into[state] = shares[state]! + (1 - shares[state]!) * Math.exp(-gapMs * ratesPerMs[state]!);
    }
  };
}

/** Writes the probabilities of change over a gap, from x 3 + to. */
function gapChanges(model: WeatherModel): (gapMs: number, into: Float64Array) => void {
  const exits = model.hasDegraded ? EXITS : EXITS_WITHOUT_DEGRADED;
  const stays = new Float64Array(STATES);
  const staysOver = gapStays(model);
  return (gapMs, into) => {
    staysOver(gapMs, stays);
    for (let from = 0; from < STATES; from++) {
      for (let to = 0; to < STATES; to++) {
        into[from * STATES + to] = to === from ? stays[from]! : (1 - stays[from]!) * exits[from]![to]!;
      }
    }
  };
}

/** Attempts as the steps of the chain: each by itself, or those of a short while together. */
export interface WeatherSteps {
  readonly evidence: FailureEvidence;
  /** Of each step; within it the weather is taken not to change. */
  readonly atMs: Float64Array;
  /** The step of each attempt. */
  readonly ofAttempt: Uint32Array;
}

/** @param withinMs attempts that follow the first of a step within this time belong to it; 0: each is its own */
export function weatherSteps(evidence: FailureEvidence, withinMs: number): WeatherSteps {
  const { atMs } = evidence;
  const ofAttempt = new Uint32Array(atMs.length);
  const starts = new Float64Array(atMs.length);
  let count = 0;
  for (let index = 0; index < atMs.length; index++) {
    if (withinMs === 0 || count === 0 || atMs[index]! - starts[count - 1]! >= withinMs) starts[count++] = atMs[index]!;
    ofAttempt[index] = count - 1;
  }
  return { evidence, atMs: starts.subarray(0, count), ofAttempt };
}

/**
 * ln of the probability of the outcomes of each step in each state, step x 3 + state; half a failure is the geometric
 * middle of both outcomes.
 */
function outcomeLogs({ evidence, atMs, ofAttempt }: WeatherSteps, model: WeatherModel): Float64Array {
  const { twin, failed } = evidence;
  const added = [0, model.hasDegraded ? model.degradedFailure : 0, model.downFailure];
  const fails = Array.from(model.upFailure, (up) => added.map((extra) => 1 - (1 - up) * (1 - extra)));
  const failure = Float64Array.from(fails.flat(), Math.log);
  const answer = Float64Array.from(fails.flat(), (fail) => Math.log(1 - fail));
  const logs = new Float64Array(atMs.length * STATES);
  for (let index = 0; index < failed.length; index++) {
    const ofTwin = twin[index]! * STATES;
    const ofStep = ofAttempt[index]! * STATES;
    const part = failed[index]!;
    for (let state = 0; state < STATES; state++) {
      logs[ofStep + state]! += part * failure[ofTwin + state]! + (1 - part) * answer[ofTwin + state]!;
    }
  }
  return logs;
}

/** The likeliest states at all steps together: the algorithm of Viterbi. */
export function likeliestStates(steps: WeatherSteps, model: WeatherModel): Uint8Array {
  const { atMs } = steps;
  const { length } = atMs;
  const cameFrom = new Uint8Array(length * STATES);
  const exitLogs = Float64Array.from((model.hasDegraded ? EXITS : EXITS_WITHOUT_DEGRADED).flat(), Math.log);
  const stays = new Float64Array(STATES);
  const staysOver = gapStays(model);
  const logs = outcomeLogs(steps, model);
  let scores = Float64Array.from(longRunShares(model), (share, state) => Math.log(share) + (logs[state] ?? 0));
  let next = new Float64Array(STATES);
  for (let index = 1; index < length; index++) {
    staysOver(atMs[index]! - atMs[index - 1]!, stays);
    for (let from = 0; from < STATES; from++) {
      const leaves = scores[from]! + Math.log(1 - stays[from]!);
      for (let to = 0; to < STATES; to++) {
        const score = from === to ? scores[from]! + Math.log(stays[from]!) : leaves + exitLogs[from * STATES + to]!;
        if (from > 0 && !(score > next[to]!)) continue;
        next[to] = score;
        cameFrom[index * STATES + to] = from;
      }
    }
    for (let to = 0; to < STATES; to++) next[to]! += logs[index * STATES + to]!;
    [scores, next] = [next, scores];
  }
  const states = new Uint8Array(length);
  let state = scores.indexOf(Math.max(...scores));
  for (let index = length - 1; index >= 0; index--) {
    states[index] = state;
    state = cameFrom[index * STATES + state]!;
  }
  return states;
}

/** Probability of each state at each step, step x 3 + state, given all attempts: forward and backward in one. */
export function stateProbabilities(steps: WeatherSteps, model: WeatherModel): Float64Array {
  const { atMs } = steps;
  const { length } = atMs;
  const changes = new Float64Array(STATES * STATES);
  const changesOver = gapChanges(model);
  const outcome = likelihoods(outcomeLogs(steps, model));
  const prior = longRunShares(model);
  const forward = new Float64Array(length * STATES);
  for (let index = 0; index < length; index++) {
    if (index > 0) changesOver(atMs[index]! - atMs[index - 1]!, changes);
    for (let to = 0; to < STATES; to++) {
      let reached = prior[to]!;
      if (index > 0) {
        reached = 0;
        for (let from = 0; from < STATES; from++) {
          reached += forward[(index - 1) * STATES + from]! * changes[from * STATES + to]!;
        }
      }
      forward[index * STATES + to] = reached * outcome[index * STATES + to]!;
    }
    scaleStep(forward, index);
  }

  const backward = new Float64Array(STATES).fill(1);
  const next = new Float64Array(STATES);
  for (let index = length - 1; index >= 0; index--) {
    for (let state = 0; state < STATES; state++) forward[index * STATES + state]! *= backward[state]!;
    scaleStep(forward, index);
    if (index === 0) break;
    changesOver(atMs[index]! - atMs[index - 1]!, changes);
    let largest = 0;
    for (let from = 0; from < STATES; from++) {
      next[from] = 0;
      for (let to = 0; to < STATES; to++) {
        next[from]! += changes[from * STATES + to]! * outcome[index * STATES + to]! * backward[to]!;
      }
      largest = Math.max(largest, next[from]!);
    }
    for (let state = 0; state < STATES; state++) backward[state] = next[state]! / largest;
  }
  return forward;
}

/** Each step's over the largest of its three, so that none vanishes; in the place of their logarithms. */
function likelihoods(logs: Float64Array): Float64Array {
  for (let place = 0; place < logs.length; place += STATES) {
    const largest = Math.max(logs[place]!, logs[place + 1]!, logs[place + 2]!);
    for (let state = 0; state < STATES; state++) logs[place + state] = Math.exp(logs[place + state]! - largest);
  }
  return logs;
}

/** To a sum of 1. */
function scaleStep(values: Float64Array, index: number): void {
  const place = index * STATES;
  const sum = values[place]! + values[place + 1]! + values[place + 2]!;
  for (let state = 0; state < STATES; state++) values[place + state]! /= sum;
}
