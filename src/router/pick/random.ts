/** Baseline: any eligible candidate with equal probability. */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import type { Picker } from './picker.ts';

export const random: Picker = {
  choose(context) {
    const { field } = context;
    return field.eligible[Math.floor(context.uniform(DRAW_PURPOSE.pick) * field.eligibleCount)]!;
  },
  propensity: (context) => 1 / context.field.eligibleCount,
};
