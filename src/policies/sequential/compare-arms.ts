/** The canary's ratio beside the main arm's, with limits that hold at all times. */
import type { RatioEstimate } from './clustered-ratio.ts';
import { anytimeMultiplier } from './confidence-sequence.ts';

/** Fewer clusters in an arm say nothing: the limits are asymptotic. */
export const CLUSTERS_MIN = 20;

/** Null where a side has no limit. */
export interface Limits {
  readonly low: number | null;
  readonly high: number | null;
}

/** Limits of canary less main; null: too little was seen. */
export function differenceLimits(main: RatioEstimate, canary: RatioEstimate, alpha: number): Limits | null {
  const multiplier = multiplierOf(main, canary, alpha);
  if (multiplier === null) return null;
  const margin = multiplier * Math.sqrt(main.variance + canary.variance);
  const difference = canary.ratio - main.ratio;
  return { low: difference - margin, high: difference + margin };
}

/**
 * Limits of canary / main, both >= 0: the factors F for which `canary - F main` may be 0 (Fieller 1954, with the multiplier
 * of a confidence sequence in place of a quantile). Without an upper limit where the main arm may be 0. Null: too little
 * was seen.
 */
export function factorLimits(main: RatioEstimate, canary: RatioEstimate, alpha: number): Limits | null {
  const multiplier = multiplierOf(main, canary, alpha);
  if (multiplier === null) return null;
  const square = multiplier * multiplier;
  // The roots of a F^2 - 2 b F + c = 0.
  const a = main.ratio ** 2 - square * main.variance;
  const b = main.ratio * canary.ratio;
  const c = canary.ratio ** 2 - square * canary.variance;
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  // In the form that does not cancel. Infinite where main is 0 for certain and the canary is not.
  const low = c <= 0 ? 0 : c / (b + root);
  return { low, high: a <= 0 ? null : (b + root) / a };
}

function multiplierOf(main: RatioEstimate, canary: RatioEstimate, alpha: number): number | null {
  const clusters = Math.min(main.clusters, canary.clusters);
  return clusters < CLUSTERS_MIN ? null : anytimeMultiplier(clusters, alpha);
}
