/** Picks in proportion to the weights that the pool of a route gives its targets. */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import type { PickContext, Picker } from './picker.ts';

export const staticWeighted: Picker = {
  choose(context) {
    const { field } = context;
    let sum = 0;
    for (let position = 0; position < field.eligibleCount; position++) {
      sum += weightOf(context, field.eligible[position]!);
    }
    context.total = sum;
    let remaining = context.uniform(DRAW_PURPOSE.pick) * sum;
    let chosen = -1;
    for (let position = 0; position < field.eligibleCount; position++) {
      chosen = field.eligible[position]!;
      remaining -= weightOf(context, chosen);
      if (remaining < 0) break;
    }
    return chosen;
  },
  propensity: (context, target) => weightOf(context, target) / context.total,
};

/** > 0; 1 where the pool says nothing. */
function weightOf({ staticWeights }: PickContext, target: number): number {
  return staticWeights === null ? 1 : staticWeights[target]!;
}
