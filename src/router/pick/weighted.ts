/** Picks in proportion to score ^ sharpness. */
import { FIELD } from '../candidates/candidate-field.ts';
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { ranked } from './ranked.ts';
import type { Picker } from './picker.ts';

const { WEIGHT, COLUMNS: FIELD_COLUMNS } = FIELD;

/**
 * What a weighted pick is proportional to: score ^ sharpness, finite, >= 0. Whole exponents are multiplied out,
 * which is several times faster than the general power.
 */
export function selectionWeight(score: number, sharpness: number): number {
  if (!Number.isInteger(sharpness)) return score ** sharpness;
  let weight = 1;
  let square = score;
  for (let exponent = sharpness; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) === 1) weight *= square;
    square *= square;
  }
  return weight;
}

export const weighted: Picker = {
  choose(context) {
    const { field, sharpness } = context;
    let sum = 0;
    for (let position = 0; position < field.eligibleCount; position++) {
      const target = field.eligible[position]!;
      const weight = selectionWeight(field.score(target), sharpness);
      field.values[target * FIELD_COLUMNS + WEIGHT] = weight;
      sum += weight;
    }
    context.total = sum;
    // All weights can vanish only by underflow or all-zero scores; the best is then the one sensible choice.
    if (sum <= 0) return ranked.choose(context);
    let remaining = context.uniform(DRAW_PURPOSE.pick) * sum;
    let chosen = -1;
    for (let position = 0; position < field.eligibleCount; position++) {
      const target = field.eligible[position]!;
      if (field.weight(target) <= 0) continue;
      chosen = target;
      remaining -= field.weight(target);
      if (remaining < 0) break;
    }
    return chosen;
  },
  propensity(context, target) {
    if (context.total <= 0) return ranked.propensity(context, target);
    return context.field.weight(target) / context.total;
  },
};
