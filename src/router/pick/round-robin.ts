/**
 * Baseline: whoever was not picked for longest. Unlike a pointer into a list that changes length, this stays
 * even when candidates come and go.
 */
import type { Picker } from './picker.ts';

export const roundRobin: Picker = {
  choose({ field, lastPicked }) {
    let next = field.eligible[0]!;
    for (let position = 1; position < field.eligibleCount; position++) {
      const target = field.eligible[position]!;
      if (lastPicked[target]! < lastPicked[next]!) next = target;
    }
    return next;
  },
  propensity: (context, target) => (target === context.preferred ? 1 : 0),
};
