/**
 * Where every target of a lane is open and no budget matters, the core does not ask target by target. A disabled
 * target with a tiny budget takes that short cut away, and must change nothing else.
 */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { createRouter, type BudgetRule, type PoolDefinition } from '../../src/router/index.ts';
import { targetOf } from '../router/small-pool.ts';
import { CROWDED_POOL, expectSame, policies, RandomRun, runLimits, steps } from './random-run.ts';

/** The pool with all its limits multiplied, so that budgets matter now and then, or never. */
function roomier(pool: PoolDefinition, factor: number): PoolDefinition {
  const grow = (budgets: readonly BudgetRule[]): BudgetRule[] =>
    budgets.map((rule) => ({ ...rule, limit: rule.limit * factor }));
  return {
    ...pool,
    targets: pool.targets.map((target) => ({ ...target, budgets: grow(target.budgets) })),
    keys: pool.keys.map((key) => ({
      ...key,
      concurrencyLimit: key.concurrencyLimit === null ? null : Math.ceil(key.concurrencyLimit * factor),
      budgets: grow(key.budgets),
    })),
    providers: pool.providers.map((provider) => ({ ...provider, budgets: grow(provider.budgets) })),
    clientKeys: pool.clientKeys.map((clientKey) => ({ ...clientKey, budgets: grow(clientKey.budgets) })),
  };
}

/** Sorted last, so that the positions of the others stay. */
const GHOSTS = ['small', 'large'].map((model) =>
  targetOf(`zephyr.ghost.${model}`, {
    disabled: true,
    budgets: [
      { metric: 'tokens', window: '1m', limit: 1 },
      { metric: 'microUsd', window: '5m', limit: 1 },
    ],
  }),
);

function withGhosts(pool: PoolDefinition): PoolDefinition {
  const ids = GHOSTS.map(({ id }) => id);
  const aliases = Object.entries(pool.modelAliases).map(([alias, targets]) => [alias, [...targets, ...ids]]);
  return {
    ...pool,
    targets: [...pool.targets, ...GHOSTS],
    keys: [
      ...pool.keys,
      { id: 'zephyr.ghost', provider: 'zephyr', concurrencyLimit: null, queueLimit: 10, budgets: [] },
    ],
    providers: [...pool.providers, { id: 'zephyr', budgets: [] }],
    modelAliases: Object.fromEntries(aliases) as PoolDefinition['modelAliases'],
  };
}

describe('a disabled target', () => {
  it('changes no decision, whether budgets are calm, tense or used up', () => {
    fc.assert(
      fc.property(
        policies,
        fc.maxSafeInteger(),
        fc.constantFrom(0.5, 1, 1.5, 2, 4, 20),
        steps,
        (policy, seed, factor, script) => {
          const pool = roomier(CROWDED_POOL, factor);
          const haunted = createRouter(withGhosts(pool), policy, { seed });
          const run = new RandomRun(createRouter(pool, policy, { seed }), pool, (call, commands) =>
            expectSame(call(haunted), commands),
          );
          for (const step of script) run.play(step);
          run.drain();
        },
      ),
      runLimits(20_271, 600),
    );
  });
});
