/** Baseline: lowest recent mean time to first token; ties uniform. */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { FIRST_TOKEN_MS, STANDING_COLUMNS } from '../state/target-standing.ts';
import { leastWithUniformTies } from './picker.ts';

export const lowestLatency = leastWithUniformTies(
  (context, target) => context.field.standing[target * STANDING_COLUMNS + FIRST_TOKEN_MS]!,
  DRAW_PURPOSE.pick,
);
