/** The best score wins; ties go to the smaller target id (targets are sorted by id). */
import type { Picker } from './picker.ts';

export const ranked: Picker = {
  choose({ field }) {
    let best = field.eligible[0]!;
    for (let position = 1; position < field.eligibleCount; position++) {
      const target = field.eligible[position]!;
      if (field.score[target]! > field.score[best]!) best = target;
    }
    return best;
  },
  propensity: (context, target) => (target === context.preferred ? 1 : 0),
};
