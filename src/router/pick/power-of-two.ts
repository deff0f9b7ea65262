/**
 * Baseline: draws two different candidates and takes the less busy one (Mitzenmacher: The Power of Two Choices
 * in Randomized Load Balancing, 2001); the first drawn wins a tie.
 */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { busyness, type Picker } from './picker.ts';

export const powerOfTwo: Picker = {
  choose(context) {
    const { field } = context;
    const count = field.eligibleCount;
    if (count === 1) return field.eligible[0]!;
    const second = Math.floor(context.uniform(DRAW_PURPOSE.pickSecond) * (count - 1));
    const first = Math.floor(context.uniform(DRAW_PURPOSE.pick) * count);
    const a = field.eligible[first]!;
    const b = field.eligible[second >= first ? second + 1 : second]!;
    return busyness(context, b) < busyness(context, a) ? b : a;
  },
  propensity(context, target) {
    const { field } = context;
    const count = field.eligibleCount;
    if (count === 1) return 1;
    let busier = 0;
    let equal = 0;
    for (let position = 0; position < count; position++) {
      const other = field.eligible[position]!;
      if (other === target) continue;
      if (busyness(context, other) > busyness(context, target)) busier++;
      else if (busyness(context, other) === busyness(context, target)) equal++;
    }
    // Of the count (count - 1) ordered pairs, target wins both orders against a busier one, one order against an equal.
    return (2 * busier + equal) / (count * (count - 1));
  },
};
