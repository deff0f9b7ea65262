/** Exploration and probes over any strategy, and the exact propensity of the mixture. */
import { DRAW_PURPOSE } from '../keyed-draw.ts';
import type { BalancingMode } from '../policy.ts';
import { leastBusy } from './least-busy.ts';
import { lowestCost } from './lowest-cost.ts';
import { lowestLatency } from './lowest-latency.ts';
import type { PickContext, Picker } from './picker.ts';
import { powerOfTwo } from './power-of-two.ts';
import { random } from './random.ts';
import { ranked } from './ranked.ts';
import { roundRobin } from './round-robin.ts';
import { staticWeighted } from './static-weighted.ts';
import { weighted } from './weighted.ts';
import { STATE_CODE } from '../state/target-state-machine.ts';

export const PICKERS: Readonly<Record<BalancingMode, Picker>> = {
  ranked,
  weighted,
  'round-robin': roundRobin,
  random,
  'least-busy': leastBusy,
  'lowest-latency': lowestLatency,
  'lowest-cost': lowestCost,
  'power-of-two': powerOfTwo,
  'static-weighted': staticWeighted,
};

/**
 * Picks among the eligible candidates (at least one) and leaves target, draw and whether the strategy was
 * overruled in the context.
 *
 * @returns the chosen target
 */
export function pickTarget(context: PickContext, picker: Picker): number {
  const { field } = context;
  context.draw = 0;
  context.explored = false;
  context.preferred = picker.choose(context);
  context.chosen = context.preferred;
  if (field.eligibleCount === 1) return context.chosen;
  if (field.probingCount > 0 && happens(context, DRAW_PURPOSE.probe, context.probeRate)) {
    context.explored = true;
    context.chosen = probingTarget(context, context.uniform(DRAW_PURPOSE.exploreChoice));
  } else if (happens(context, DRAW_PURPOSE.explore, context.explorationRate)) {
    context.explored = true;
    const position = Math.floor(context.uniform(DRAW_PURPOSE.exploreChoice) * field.eligibleCount);
    context.chosen = field.eligible[position]!;
  }
  return context.chosen;
}

/**
 * The exact probability with which `pickTarget` would pick an eligible target, after it was called:
 * P = p [probing] / M + (1 - p) (e / K + (1 - e) S), with probe rate p (0 when none of the K eligible is
 * probing, else M of them are), exploration rate e, and S the strategy's own probability.
 */
export function propensityOf(context: PickContext, picker: Picker, target: number): number {
  const { eligibleCount, probingCount } = context.field;
  if (eligibleCount === 1) return 1;
  const { explorationRate, probeRate } = context;
  const unprobed = explorationRate / eligibleCount + (1 - explorationRate) * picker.propensity(context, target);
  if (probingCount === 0) return unprobed;
  const probed = isProbing(context, target) ? probeRate / probingCount : 0;
  return probed + (1 - probeRate) * unprobed;
}

function happens(context: PickContext, purpose: number, rate: number): boolean {
  return rate > 0 && context.keyedDraw(purpose) < rate;
}

function probingTarget(context: PickContext, draw: number): number {
  const { eligible, eligibleCount, probingCount } = context.field;
  let remaining = Math.floor(draw * probingCount);
  for (let position = 0; position < eligibleCount; position++) {
    const target = eligible[position]!;
    if (isProbing(context, target) && remaining-- === 0) return target;
  }
  throw new Error('no eligible candidate is probing, although one was counted');
}

function isProbing({ targetStates }: PickContext, target: number): boolean {
  return targetStates[target] === STATE_CODE.probing;
}
