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

/**
 * The policy with what the sliders say; all else stays. Weights that are all 0 leave the policy's own.
 *
 * @param shown what the sliders showed at first. They round to their steps, so one that still shows that leaves the
 *   policy's own number
 */
export function policyOf(policy: Policy, values: SliderValues, shown: SliderValues = slidersOf(policy)): Policy {
  const own = slidersOf(policy);
  const said = <Key extends keyof SliderValues>(key: Key): SliderValues[Key] =>
    values[key] === shown[key] ? own[key] : values[key];
  const weights = Object.fromEntries(SCORE_TERMS.map((term) => [term, said(term)])) as Record<ScoreTerm, number>;
  return {
    ...policy,
    mode: said('mode'),
    explorationRate: said('explorationRate'),
    score: {
      ...policy.score,
      sharpness: said('sharpness'),
      weights: isWithoutWeight(values) ? policy.score.weights : weights,
    },
    budget: { ...policy.budget, softThreshold: said('softThreshold'), costGain: said('costGain') },
  };
}

/** Whether all six weights stand at 0, of which no policy can be made. */
export function isWithoutWeight(values: SliderValues): boolean {
  return SCORE_TERMS.every((term) => !(values[term] > 0));
}
