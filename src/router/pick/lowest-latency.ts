/** Baseline: lowest recent mean time to first token; ties uniform. */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { STANDING } from '../state/standing-columns.ts';
import { leastWithUniformTies } from './picker.ts';

const { FIRST_TOKEN_MS, COLUMNS: STANDING_COLUMNS } = STANDING;

export const lowestLatency = leastWithUniformTies(
  (context, target) => context.field.standing[target * STANDING_COLUMNS + FIRST_TOKEN_MS]!,
  DRAW_PURPOSE.pick,
);
