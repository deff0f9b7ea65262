/** Baseline: fewest attempts in flight relative to the limit; ties uniform. */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import { busyness, leastWithUniformTies } from './picker.ts';

export const leastBusy = leastWithUniformTies(busyness, DRAW_PURPOSE.pick);
