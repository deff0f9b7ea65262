/**
 * The given scenario with trouble added: in the middle third of each block of the train part one provider is down, or one
 * answers most requests with 429, by turns. Without trouble exploration, probes, cooldowns and retries cost something and
 * earn nothing, and a search would switch them off.
 */
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../src/router/keyed-draw.ts';
import type { Fault, Scenario } from '../scenario.ts';
import type { TimeBlock } from './time-blocks.ts';

export type VariantSet = 'none' | 'faults';

/** Weight of what happens in the variant, the rest being that of the given scenario. */
export const VARIANT_WEIGHT = 0.15;

const PROVIDER_PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 503;
const STORM_PROBABILITY = 0.8;
const STORM_RETRY_AFTER_MS = 15_000;

/** The scenarios of a search: the given one, and the troubled one if it is asked for and there is anything to go wrong. */
export function scenarioVariants(
  scenario: Scenario,
  blocks: readonly TimeBlock[],
  variants: VariantSet,
  seed: number,
): readonly Scenario[] {
  const used = new Set(scenario.pool.targets.filter(({ disabled }) => !disabled).map(({ provider }) => provider));
  const providers = scenario.pool.providers.map(({ id }) => id).filter((id) => used.has(id));
  // With one provider there is nowhere else to go, and all policies fare alike.
  if (variants === 'none' || providers.length < 2) return [scenario];
  const added = blocks.map((block, index) => {
    const place = Math.floor(drawUniform(seed, index, 0, PROVIDER_PURPOSE) * providers.length);
    return faultIn(block, providers[place]!, index % 2 === 0);
  });
  return [scenario, { ...scenario, name: `${scenario.name} with faults`, faults: [...scenario.faults, ...added] }];
}

function faultIn({ startMs, endMs }: TimeBlock, scope: string, isOutage: boolean): Fault {
  const third = (endMs - startMs) / 3;
  const span = { startMs: startMs + third, endMs: endMs - third, scope };
  return isOutage
    ? { ...span, kind: 'down' }
    : {
        ...span,
        kind: 'rate-limit-storm',
        probability: STORM_PROBABILITY,
        retryAfterMs: STORM_RETRY_AFTER_MS,
      };
}
