/** Baseline: lowest expected cost of this request; ties (keys of one provider) uniform. */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { leastWithUniformTies } from './picker.ts';

export const lowestCost = leastWithUniformTies(
  (context, target) => context.field.expectedCost[target]!,
  DRAW_PURPOSE.pick,
);
