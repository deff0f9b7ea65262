/** Exploration over any strategy, and the exact propensity of the mixture. */
import { DRAW_PURPOSE, drawUniform } from '../keyed-draw.ts';
import type { SelectionMode } from '../policy.ts';
import { leastBusy } from './least-busy.ts';
import { lowestCost } from './lowest-cost.ts';
import { lowestLatency } from './lowest-latency.ts';
import type { PickContext, Picker } from './picker.ts';
import { powerOfTwo } from './power-of-two.ts';
import { random } from './random.ts';
import { ranked } from './ranked.ts';
import { roundRobin } from './round-robin.ts';
import { weighted } from './weighted.ts';

export const PICKERS: Readonly<Record<SelectionMode, Picker>> = {
  ranked,
  weighted,
  'round-robin': roundRobin,
  random,
  'least-busy': leastBusy,
  'lowest-latency': lowestLatency,
  'lowest-cost': lowestCost,
  'power-of-two': powerOfTwo,
};

/**
 * Picks among the eligible candidates (at least one) and leaves target and draw in the context.
 *
 * @returns true when the exploration draw decided
 */
export function pickTarget(context: PickContext, picker: Picker, explorationRate: number): boolean {
  context.draw = 0;
  context.preferred = picker.choose(context);
  context.chosen = context.preferred;
  const count = context.field.eligibleCount;
  if (explorationRate <= 0 || count === 1) return false;
  const explore = drawUniform(context.seed, context.requestKey, context.attempt, DRAW_PURPOSE.explore);
  if (explore >= explorationRate) return false;
  context.chosen = context.field.eligible[Math.floor(context.uniform(DRAW_PURPOSE.exploreChoice) * count)]!;
  return true;
}

/** P(target) = e / K + (1 - e) x P(strategy picks target), for an eligible target, after `pickTarget`. */
export function propensityOf(context: PickContext, picker: Picker, explorationRate: number, target: number): number {
  if (context.field.eligibleCount === 1) return 1;
  const base = picker.propensity(context, target);
  return explorationRate / context.field.eligibleCount + (1 - explorationRate) * base;
}
