/** Baseline: lowest expected cost of this request; ties (keys of one provider) uniform. */
import { EXPECTED_COST, FIELD_COLUMNS } from '../candidates/candidate-field.ts';
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { leastWithUniformTies } from './picker.ts';

export const lowestCost = leastWithUniformTies(
  (context, target) => context.field.values[target * FIELD_COLUMNS + EXPECTED_COST]!,
  DRAW_PURPOSE.pick,
);
