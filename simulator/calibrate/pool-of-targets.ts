import type { PoolDefinition, Prices } from '../../src/router/pool.ts';
import type { AttemptTable } from './attempt-table.ts';

const CONTEXT_TOKENS = 1_000_000;
const OUTPUT_TOKENS = 128_000;
const QUEUE_LIMIT = 64;

/**
 * A pool of the targets that a foreign log names, without limits and able to do anything: such a log does not say more.
 *
 * @param pricesOf of each twin, by its position
 */
export function poolOfTargets({ targets }: AttemptTable, pricesOf: (twin: number) => Prices): PoolDefinition {
  const providers = [...new Set(targets.map(({ provider }) => provider))];
  const keys = [...new Map(targets.map(({ key, provider }) => [key, provider]))];
  const models = (provider: string): ReadonlyMap<string, number> =>
    new Map(targets.filter((target) => target.provider === provider).map(({ model, twin }) => [model, twin]));
  return {
    // Every key of a provider can be asked for every model of it, as in a pool that a user writes.
    targets: keys.flatMap(([key, provider]) =>
      [...models(provider)].map(([model, twin]) => ({
        id: `${key}.${model}`,
        provider,
        key,
        model,
        contextTokens: CONTEXT_TOKENS,
        maxOutputTokens: OUTPUT_TOKENS,
        capabilities: { tools: true, vision: true, streaming: true, serverTools: true },
        protocols: [],
        prices: pricesOf(twin),
        budgets: [],
        disabled: false,
        inlineVision: false,
      })),
    ),
    keys: keys.map(([id, provider]) => ({
      id,
      provider,
      concurrencyLimit: null,
      queueLimit: QUEUE_LIMIT,
      budgets: [],
    })),
    providers: providers.map((id) => ({ id, budgets: [] })),
    clientKeys: [],
    modelAliases: {},
    routing: null,
  };
}
