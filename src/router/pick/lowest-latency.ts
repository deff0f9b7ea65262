/** Baseline: lowest recent mean time to first token; ties uniform. */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { leastWithUniformTies } from './picker.ts';

export const lowestLatency = leastWithUniformTies(
  (context, target) => context.field.firstTokenMs[target]!,
  DRAW_PURPOSE.pick,
);
