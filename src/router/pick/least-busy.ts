/** Baseline: fewest attempts in flight relative to the limit; ties uniform. */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { leastWithUniformTies } from './picker.ts';

export const leastBusy = leastWithUniformTies((context, target) => context.field.busyness[target]!, DRAW_PURPOSE.pick);
