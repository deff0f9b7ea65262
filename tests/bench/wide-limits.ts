import type { BudgetRule, PoolDefinition } from '../../src/router/index.ts';
import type { Scenario } from '../../simulator/scenario.ts';

/**
 * The scenario with its budgets, on every level that has some, and its providers' rate limits made so wide that
 * none binds: what is measured is the cost of keeping them, not of waiting for them.
 */
export function withWideLimits(scenario: Scenario): Scenario {
  return {
    ...scenario,
    pool: withWideBudgets(scenario.pool),
    twins: scenario.twins.map((twin) => ({
      ...twin,
      rateLimit: { ...twin.rateLimit, requestsPerMinute: WIDE, tokensPerMinute: WIDE },
    })),
  };
}

const WIDE = 1e15;

function withWideBudgets(pool: PoolDefinition): PoolDefinition {
  const wide = (budgets: readonly BudgetRule[]): BudgetRule[] => budgets.map((rule) => ({ ...rule, limit: WIDE }));
  return {
    ...pool,
    targets: pool.targets.map((target) => ({ ...target, budgets: wide(target.budgets) })),
    keys: pool.keys.map((key) => ({ ...key, budgets: wide(key.budgets) })),
    providers: pool.providers.map((provider) => ({ ...provider, budgets: wide(provider.budgets) })),
    clientKeys: pool.clientKeys.map((clientKey) => ({ ...clientKey, budgets: wide(clientKey.budgets) })),
  };
}

/** How many budget rules the pool has, on all levels. */
export function budgetRulesOf(pool: PoolDefinition): number {
  const scopes = [...pool.targets, ...pool.keys, ...pool.providers, ...pool.clientKeys];
  return scopes.reduce((count, { budgets }) => count + budgets.length, 0);
}
