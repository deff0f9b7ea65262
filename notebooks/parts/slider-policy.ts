/** What the sliders of `what-if` say, put into a policy. */
import { SCORE_TERMS, type Policy, type ScoreTerm, type SelectionMode } from '../../src/router/policy.ts';

export interface SliderValues extends Readonly<Record<ScoreTerm, number>> {
  readonly mode: SelectionMode;
  /** 0 to 64. */
  readonly sharpness: number;
  /** 0 to 1. */
  readonly explorationRate: number;
  /** Use of a budget from which on cost weighs more, 0 to 1. */
  readonly softThreshold: number;
  /** How much more, >= 0. */
  readonly costGain: number;
}

/** Where the sliders stand for a policy. */
export function slidersOf({ mode, explorationRate, score, budget }: Policy): SliderValues {
  return { mode, explorationRate, sharpness: score.sharpness, ...score.weights, ...budget };
}

/** The policy with what the sliders say; all else stays. Weights that are all 0 leave the policy's own. */
export function policyOf(policy: Policy, values: SliderValues): Policy {
  const { mode, sharpness, explorationRate, softThreshold, costGain } = values;
  const weights = Object.fromEntries(SCORE_TERMS.map((term) => [term, values[term]])) as Record<ScoreTerm, number>;
  const saysSomething = SCORE_TERMS.some((term) => weights[term] > 0);
  return {
    ...policy,
    mode,
    explorationRate,
    score: { ...policy.score, sharpness, weights: saysSomething ? weights : policy.score.weights },
    budget: { ...policy.budget, softThreshold, costGain },
  };
}
