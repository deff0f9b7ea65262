/** Random pools and policies to reconfigure a router with in the middle of a random run. */
import fc from 'fast-check';
import type { BudgetRule, Policy, PoolDefinition } from '../../src/router/index.ts';
import { poolOf, targetOf, type PoolFacts } from '../router/small-pool.ts';
import { CROWDED_POOL, policies, routesOver, type RandomRun, type Step } from './random-run.ts';

export interface Reload {
  readonly pool: PoolDefinition;
  readonly policy: Policy;
}

/** What can stand in a pool: the targets of the crowded one, and some that sort before, between and after them. */
const TARGETS = [
  ...CROWDED_POOL.targets,
  targetOf('aardvark.main.small'),
  targetOf('aurora.main.large', { contextTokens: 30_000 }),
  targetOf('borealis.spare.large', { capabilities: { vision: false } }),
  targetOf('drifter.main.small', { prices: { inputMicroUsdPerToken: 2 } }),
];
const IDS = TARGETS.map(({ id }) => id);
const KEYS = [...new Set(TARGETS.map(({ key }) => key))];
const PROVIDERS = [...new Set(TARGETS.map(({ provider }) => provider))];
const CLIENT_KEYS = ['team', 'guest', 'stranger'];

const rule: fc.Arbitrary<BudgetRule> = fc
  .record({
    metric: fc.constantFrom('tokens', 'requests', 'microUsd' as const),
    window: fc.constantFrom('1m', '5m', 'day' as const),
    size: fc.constantFrom(1, 2, 5, 30),
  })
  .map(({ metric, window, size }) => {
    return { metric, window, limit: size * { tokens: 25_000, requests: 2, microUsd: 60_000 }[metric] };
  });
const rules = fc.oneof(
  { weight: 3, arbitrary: fc.constant<BudgetRule[]>([]) },
  { weight: 2, arbitrary: fc.array(rule, { minLength: 1, maxLength: 2 }) },
);

function byName<T>(names: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc.record(Object.fromEntries(names.map((name) => [name, value])));
}

const pools: fc.Arbitrary<PoolDefinition> = fc
  .record({
    ids: fc.oneof(fc.subarray(IDS), fc.shuffledSubarray(IDS, { minLength: 5 })),
    disabled: fc.subarray(IDS, { maxLength: 2 }),
    targetRules: byName(IDS, rules),
    keys: byName(
      KEYS,
      fc.record({
        concurrencyLimit: fc.constantFrom(null, 1, 1, 2, 3),
        queueLimit: fc.constantFrom(0, 1, 3, 10),
        budgets: rules,
      }),
    ),
    providers: byName(PROVIDERS, rules),
    clientKeys: fc.subarray(CLIENT_KEYS),
    clientRules: byName(CLIENT_KEYS, rules),
    isRouted: fc.boolean(),
    aliases: fc.record(
      { favourite: fc.subarray(IDS), 'unheard-of': fc.subarray(IDS), small: fc.subarray(IDS) },
      { requiredKeys: [] },
    ),
  })
  .map(({ ids, disabled, targetRules, keys, providers, clientKeys, clientRules, aliases, isRouted }) => {
    const targets = ids.map((id) => {
      const budgets = targetRules[id] ?? [];
      return { ...TARGETS.find((target) => target.id === id)!, disabled: disabled.includes(id), budgets };
    });
    const facts: PoolFacts = {
      keys,
      providers,
      clientKeys: clientKeys.map((name) => {
        const priorityCeiling = name === 'team' ? 'high' : 'normal';
        return { name, priorityCeiling, models: null, maySteer: true, routes: null, budgets: clientRules[name] ?? [] };
      }),
      modelAliases: Object.fromEntries(
        Object.entries(aliases).map(([alias, members]) => [alias, members.filter((id) => ids.includes(id))]),
      ),
    };
    return poolOf(targets, { ...facts, routing: isRouted ? routesOver(ids) : null });
  });

/** Policies that also differ in how long a request may live. */
const anyPolicies: fc.Arbitrary<Policy> = fc
  .record({
    policy: policies,
    totalMs: fc.constantFrom(600_000, 1_000),
    deadlineMs: fc.constantFrom(60_000, 2_500),
    softThreshold: fc.constantFrom(0.3, 0.8),
    ladderMs: fc.constantFrom([3_000, 10_000, 31_000, 61_000], [500]),
  })
  .map(({ policy, totalMs, deadlineMs, softThreshold, ladderMs }) => ({
    ...policy,
    timeouts: { ...policy.timeouts, totalMs },
    retry: { ...policy.retry, deadlineMs },
    budget: { ...policy.budget, softThreshold },
    rateLimit: { ...policy.rateLimit, ladderMs },
  }));

export const reloads: fc.Arbitrary<Reload> = fc.record({
  pool: fc.oneof({ weight: 5, arbitrary: pools }, { weight: 1, arbitrary: fc.constant(CROWDED_POOL) }),
  policy: anyPolicies,
});

/** Reloads, each before the step of this number (modulo the number of steps). */
export const timedReloads = fc.array(fc.tuple(fc.nat(120), reloads), { minLength: 1, maxLength: 5 });

/** Plays the steps and reloads in their order. */
export function playWithReloads(
  run: RandomRun,
  script: readonly Step[],
  timed: readonly (readonly [number, Reload])[],
  reload: (reload: Reload) => void,
): void {
  script.forEach((step, index) => {
    for (const [at, change] of timed) if (at % script.length === index) reload(change);
    run.play(step);
  });
}

/** The same pool, written down in another order. */
export function permuted(pool: PoolDefinition, by: number): PoolDefinition {
  const turn = <T>(items: readonly T[]): T[] => {
    const start = by % Math.max(1, items.length);
    return [...items.slice(start), ...items.slice(0, start)].toReversed();
  };
  const aliases = Object.entries(pool.modelAliases).map(([alias, ids]) => [alias, turn(ids)] as const);
  return {
    targets: turn(pool.targets),
    // Those of one provider can be addressed by their number, so their order counts.
    keys: turn(pool.providers).flatMap(({ id }) => pool.keys.filter(({ provider }) => provider === id)),
    providers: turn(pool.providers),
    clientKeys: turn(pool.clientKeys),
    modelAliases: Object.fromEntries(turn(aliases)),
    routing: pool.routing,
  };
}
