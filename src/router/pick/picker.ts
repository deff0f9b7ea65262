/**
 * What every selection strategy looks like: it chooses one of the eligible candidates and can say with what
 * probability it would have chosen any of them. Strategies leave what they need for that in the context, so
 * propensities are read out, never decided again.
 */
import { drawUniform, hashText } from '../keyed-draw.ts';
import { STANDING } from '../state/standing-columns.ts';
import type { CandidateField } from '../candidates/candidate-field.ts';

const { BUSYNESS, COLUMNS: STANDING_COLUMNS } = STANDING;

export class PickContext {
  readonly field: CandidateField;
  readonly seed: number;
  readonly sharpness: number;
  /** Decision counter value at which each target was last picked, for round-robin; part of the router's state. */
  readonly lastPicked: Float64Array;
  /** Codes of `STATE_CODE`. */
  readonly targetStates: Uint8Array;
  /** By target, > 0: what the pool of a route says of its targets; null: nothing. */
  staticWeights: Float64Array | null = null;
  requestId = '';
  attempt = 0;
  /** The uniform draw behind the pick, 0 when there was none. */
  draw = 0;
  /** What the strategy chose, before exploration. */
  preferred = -1;
  /** The chosen target. */
  chosen = -1;
  /** True when not the strategy but the draw for exploration or for a probe decided. */
  explored = false;
  /** Chance that this decision is given to exploration, 0 to 1. */
  explorationRate = 0;
  /** Chance that it is given to a probe, while an eligible candidate is probing, 0 to 1. */
  probeRate = 0;
  /** Budget pressure that the scores were made under, 0 to 1. */
  pressure = 0;
  /** Number of candidates tied for best, or the sum of weights, as the strategy needs it. */
  total = 0;

  constructor(
    field: CandidateField,
    seed: number,
    sharpness: number,
    lastPicked: Float64Array,
    targetStates: Uint8Array,
  ) {
    this.targetStates = targetStates;
    this.field = field;
    this.seed = seed;
    this.sharpness = sharpness;
    this.lastPicked = lastPicked;
  }

  /** A keyed draw for this attempt. The id is hashed here, since most decisions need no draw. */
  keyedDraw(purpose: number): number {
    return drawUniform(this.seed, hashText(this.requestId), this.attempt, purpose);
  }

  /** The draw behind the pick, kept to be logged. */
  uniform(purpose: number): number {
    this.draw = this.keyedDraw(purpose);
    return this.draw;
  }
}

/** How full the target's key is, 1 = at its limit. */
export function busyness({ field }: PickContext, target: number): number {
  return field.standing[target * STANDING_COLUMNS + BUSYNESS]!;
}

export interface Picker {
  /** Chooses one of `field.eligible` (there is at least one) and returns the target. */
  choose(context: PickContext): number;
  /** Probability with which `choose` picks this eligible target, given what it last saw; sums to 1. */
  propensity(context: PickContext, target: number): number;
}

/**
 * Chooses uniformly among the eligible candidates for which `cost` is least. Common to the strategies that
 * minimise one figure; ties are real (equal prices, idle keys) and must not all fall on the first target.
 */
export function leastWithUniformTies(cost: (context: PickContext, target: number) => number, purpose: number): Picker {
  const least = (context: PickContext): number => {
    let lowest = Infinity;
    for (let position = 0; position < context.field.eligibleCount; position++) {
      lowest = Math.min(lowest, cost(context, context.field.eligible[position]!));
    }
    return lowest;
  };
  return {
    choose(context) {
      const { field } = context;
      const lowest = least(context);
      let ties = 0;
      for (let position = 0; position < field.eligibleCount; position++) {
        if (cost(context, field.eligible[position]!) === lowest) ties++;
      }
      context.total = ties;
      let remaining = ties === 1 ? 0 : Math.floor(context.uniform(purpose) * ties);
      for (let position = 0; position < field.eligibleCount; position++) {
        const target = field.eligible[position]!;
        if (cost(context, target) === lowest && remaining-- === 0) return target;
      }
      throw new Error('no candidate has the least cost, although one was found');
    },
    propensity: (context, target) => (cost(context, target) === least(context) ? 1 / context.total : 0),
  };
}
