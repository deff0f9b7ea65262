/**
 * One run of the twins: a fleet, its clock, and what came of the attempts. A reset begins a new one; exchanges that are
 * open then end in the run in which they began.
 */
import type { Scenario, TwinDefinition } from '../scenario.ts';
import type { createFleet, Fleet } from '../twins/fleet.ts';
import { createRateLimitView, type RateLimitView } from './rate-limit-view.ts';
import { startScenarioClock, type ScenarioClock } from './scenario-clock.ts';
import { createTargetTally, type TargetTally } from './target-tally.ts';

export interface TwinRun {
  readonly fleet: Fleet;
  readonly clock: ScenarioClock;
  readonly seed: number;
  /** By target. */
  readonly tallies: readonly TargetTally[];
  /** By target. */
  readonly limits: readonly RateLimitView[];
  /** By target: tokens of a block of its prompt cache; `null` = it has none. */
  readonly blockTokens: readonly (number | null)[];
  /** Requests that the twins refused as the client's own fault, by status. */
  readonly refused: Record<string, number>;
  /** For requests that bring no id. */
  unnamed: number;
}

export function startTwinRun(
  scenario: Scenario,
  targetIds: readonly string[],
  seed: number,
  speed: number,
  fleetOf: typeof createFleet,
): TwinRun {
  // The fleet first: it says in words what is wrong with a scenario.
  const fleet = fleetOf(scenario, targetIds, seed);
  const twins = targetIds.map((id) => twinOf(scenario, id));
  return {
    fleet,
    clock: startScenarioClock(speed),
    seed,
    tallies: targetIds.map(createTargetTally),
    limits: twins.map((twin) => createRateLimitView(twin.rateLimit)),
    blockTokens: twins.map(({ promptCache }) => promptCache?.blockTokens ?? null),
    refused: {},
    unnamed: 0,
  };
}

function twinOf(scenario: Scenario, targetId: string): TwinDefinition {
  const target = scenario.pool.targets.find(({ id }) => id === targetId)!;
  const twin = scenario.twins.find(({ provider, model }) => provider === target.provider && model === target.model);
  if (twin === undefined) throw new Error(`${targetId} has no twin`);
  return twin;
}
