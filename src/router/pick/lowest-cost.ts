/** Baseline: lowest expected cost of this request; ties (keys of one provider) uniform. */
import { FIELD } from '../candidates/candidate-field.ts';
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { leastWithUniformTies } from './picker.ts';

const { EXPECTED_COST, COLUMNS: FIELD_COLUMNS } = FIELD;

export const lowestCost = leastWithUniformTies(
  (context, target) => context.field.values[target * FIELD_COLUMNS + EXPECTED_COST]!,
  DRAW_PURPOSE.pick,
);
