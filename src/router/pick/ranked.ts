/** The best score wins; ties go to the smaller target id (targets are sorted by id). */
import { FIELD } from '../candidates/candidate-field.ts';
import type { Picker } from './picker.ts';

const { SCORE, COLUMNS: FIELD_COLUMNS } = FIELD;

export const ranked: Picker = {
  choose({ field }) {
    const { eligible, eligibleCount, values } = field;
    let best = eligible[0]!;
    let bestScore = values[best * FIELD_COLUMNS + SCORE]!;
    for (let position = 1; position < eligibleCount; position++) {
      const target = eligible[position]!;
      const score = values[target * FIELD_COLUMNS + SCORE]!;
      if (score > bestScore) {
        best = target;
        bestScore = score;
      }
    }
    return best;
  },
  propensity: (context, target) => (target === context.preferred ? 1 : 0),
};
