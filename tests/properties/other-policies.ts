/** Policies that decide otherwise than those of the random runs, to be a shadow or a canary beside them. */
import fc from 'fast-check';
import { SELECTION_MODES, type Policy } from '../../src/router/index.ts';

/** A policy of the same memory that decides otherwise. */
export function decidesOtherwise(
  policy: Policy,
  mode: Policy['mode'],
  softThreshold: number,
  sharpness: number,
): Policy {
  return {
    ...policy,
    mode,
    explorationRate: 0.3,
    score: { ...policy.score, sharpness, weights: { ...policy.score.weights, cost: 2, firstToken: 0.01 } },
    budget: { softThreshold, costGain: 9 },
    classes: { ...policy.classes, chatTokensMax: 2_000, assumedOutputTokens: 900 },
  };
}

export const otherwise = fc.tuple(
  fc.constantFrom(...SELECTION_MODES),
  fc.constantFrom(0.05, 0.5, 0.8, 0.97),
  fc.constantFrom(1, 8),
);
