/** Scenarios and policies in which a simulation and an estimate from a log speak of the same thing. */
import { truthScenario } from '../../../simulator/validate/live/truth-scenario.ts';
import { ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { loadScenario } from '../../config/load-scenario.ts';
import type { Policy } from '../../router/policy.ts';

export interface EstimatorCase {
  readonly name: string;
  readonly scenario: Scenario;
  /** Mean gap between requests: so long that load and rate limits matter little. */
  readonly gapMs: number;
  readonly judged: readonly JudgedPolicy[];
}

interface JudgedPolicy {
  readonly name: string;
  readonly policy: Policy;
}

/** Leaves much to chance. One attempt, so that success is a matter of the choice, and nobody is banned for ill health. */
export const RANDOMISED: Policy = {
  ...ONE_PATIENT_ATTEMPT,
  mode: 'weighted',
  explorationRate: 0.1,
  score: { ...ONE_PATIENT_ATTEMPT.score, sharpness: 2 },
};

/** What is judged asks for nothing that is learnt on the way: what a policy has learnt would be another's in the log. */
const RANDOM: JudgedPolicy = { name: 'random', policy: { ...ONE_PATIENT_ATTEMPT, mode: 'random' } };
const LOWEST_COST: JudgedPolicy = { name: 'lowest-cost', policy: { ...ONE_PATIENT_ATTEMPT, mode: 'lowest-cost' } };

/** Leaves nothing to chance: its log is good for no other policy. */
export const DETERMINISTIC: Policy = { ...ONE_PATIENT_ATTEMPT, mode: 'ranked', explorationRate: 0 };

/** Nearly always the best target: too seldom another one for a policy that wants the dearest. */
export const NEARLY_DETERMINISTIC: Policy = { ...ONE_PATIENT_ATTEMPT, mode: 'ranked', explorationRate: 0.005 };

/** Mostly what {@link NEARLY_DETERMINISTIC} would never do. */
export const FAR_AWAY: Policy = { ...ONE_PATIENT_ATTEMPT, mode: 'random' };

export function estimatorCases(): readonly EstimatorCase[] {
  return [
    { name: 'price gap', scenario: priceGap(), gapMs: 1_000, judged: [RANDOM, LOWEST_COST] },
    {
      name: 'three providers',
      scenario: uncoupled(truthScenario(null)),
      gapMs: 20_000,
      judged: [RANDOM, LOWEST_COST],
    },
    { name: 'calm-day', scenario: uncoupled(loadScenario('calm-day').scenario), gapMs: 20_000, judged: [RANDOM] },
    {
      name: 'tight-budget',
      scenario: uncoupled(loadScenario('tight-budget').scenario),
      gapMs: 20_000,
      judged: [RANDOM],
    },
  ];
}

/** A cheap provider that fails now and then and is slow, and one that costs twenty times as much. */
function priceGap(): Scenario {
  return scenarioOf([
    {
      id: 'cheap.main.m',
      twin: {
        firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(1_500), b1: 0.3, residual: { kind: 'exponential' } },
        errors: { serverError: 0.08, connectTimeout: 0.01, midStreamAbort: 0.01 },
        prices: { ...STEADY_TWIN.prices, inputMicroUsdPerToken: 0.4, outputMicroUsdPerToken: 1 },
      },
    },
    {
      id: 'dear.main.m',
      twin: {
        firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(400), residual: { kind: 'exponential' } },
        errors: { serverError: 0.01, connectTimeout: 0, midStreamAbort: 0 },
        prices: { ...STEADY_TWIN.prices, inputMicroUsdPerToken: 8, outputMicroUsdPerToken: 20 },
      },
    },
  ]);
}

/**
 * Without what ties requests to each other: budgets make a choice dear for later ones, weather and swings are bad luck for
 * many at once. And without cold starts, of which a log of this length has one, or five, or none.
 */
function uncoupled(scenario: Scenario): Scenario {
  const { pool } = scenario;
  return {
    ...scenario,
    twins: scenario.twins.map((twin) => ({
      ...twin,
      firstToken: { ...twin.firstToken, drift: null },
      coldStart: null,
    })),
    weather: [],
    faults: [],
    pool: {
      ...pool,
      targets: pool.targets.map((target) => ({ ...target, budgets: [] })),
      keys: pool.keys.map((key) => ({ ...key, budgets: [] })),
      providers: pool.providers.map((provider) => ({ ...provider, budgets: [] })),
      clientKeys: pool.clientKeys.map((client) => ({ ...client, budgets: [] })),
    },
  };
}
