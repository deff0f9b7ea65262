/** The way back: a pool of the core as the data that a user would have written. */
import type { BudgetRule, KeyDefinition, PoolDefinition, RoutePool, TargetDefinition } from '../router/pool.ts';
import type { ClientKeyDefinition, RoutingDefinition } from '../router/pool.ts';
import { balancingName } from './balancing-names.ts';

/** Plain data, ready to be written as YAML. */
export type PlainForm = Readonly<Record<string, unknown>>;

const MICRO_USD_PER_USD = 1_000_000;

/**
 * What `poolSchema` and `expandPool` turn into this pool again, but for what retires, for addresses and secrets (which
 * the core never had), and for the protocols that came of an address.
 */
export function poolFormOf(pool: PoolDefinition): PlainForm {
  const providers = pool.providers.filter(({ retiring }) => retiring !== true);
  return {
    providers: providers.map(({ id }) => ({
      id,
      ...providerFactsOf(pool, id),
      keys: keysOf(pool, id).map((key) => ({ alias: aliasOf(key), ...keyFactsOf(key) })),
    })),
    ...poolFactsOf(pool),
    ...(pool.clientKeys.length === 0 ? {} : { clientKeys: pool.clientKeys.map(clientKeyOf) }),
  };
}

/** What a provider is beside its id, its address and its keys: limits and models. */
export function providerFactsOf(pool: PoolDefinition, provider: string): PlainForm {
  const definition = pool.providers.find(({ id }) => id === provider);
  const own = pool.targets.filter((target) => target.provider === provider && target.retiring !== true);
  // Every key of a provider has the same models.
  const targets = own.filter(({ key }) => key === own[0]?.key);
  return {
    ...(targets.some(({ capabilities }) => capabilities.serverTools) ? {} : { serverToolsDisabled: true }),
    ...budgetsOf(definition?.budgets ?? []),
    models: targets.map(modelOf),
  };
}

/** What a key is beside its alias and its secret. */
export function keyFactsOf({ concurrencyLimit, queueLimit, budgets }: KeyDefinition): PlainForm {
  return { concurrencyLimit, queueLimit, ...budgetsOf(budgets) };
}

/** Aliases and routes. */
export function poolFactsOf({ modelAliases, routing }: PoolDefinition): PlainForm {
  return {
    ...(Object.keys(modelAliases).length > 0 ? { modelAliases } : {}),
    ...(routing === null ? {} : routesOf(routing)),
  };
}

function keysOf({ keys }: PoolDefinition, provider: string): readonly KeyDefinition[] {
  return keys.filter((key) => key.provider === provider && key.retiring !== true);
}

function aliasOf({ id, provider }: KeyDefinition): string {
  return id.slice(provider.length + 1);
}

function clientKeyOf({ name, priorityCeiling, budgets, models, maySteer, routes }: ClientKeyDefinition): PlainForm {
  return {
    name,
    priorityCeiling,
    ...budgetsOf(budgets),
    ...(models === null ? {} : { models }),
    ...(routes === null ? {} : { routes }),
    ...(maySteer ? { instructions: 'apply' } : {}),
  };
}

function routesOf({ models, routes, forceWebSearch }: RoutingDefinition): PlainForm {
  return {
    routing: Object.fromEntries(routes.map(({ name, pools }) => [name, pools.map(routePoolOf)])),
    routedModels: models,
    ...(forceWebSearch ? { webSearch: { force: true } } : {}),
  };
}

function routePoolOf({ id, targets, priority, backup, force, mode, weights }: RoutePool): PlainForm {
  return {
    id,
    targets,
    ...(priority === 0 ? {} : { priority }),
    ...(backup ? { backup } : {}),
    ...(force ? { force } : {}),
    ...(mode === null ? {} : { balancing: balancingName(mode) }),
    ...(weights === null ? {} : { weights }),
  };
}

function modelOf(target: TargetDefinition): PlainForm {
  const { capabilities, prices } = target;
  return {
    id: target.model,
    contextTokens: target.contextTokens,
    maxOutputTokens: target.maxOutputTokens,
    capabilities: (['tools', 'vision', 'streaming'] as const).filter((name) => capabilities[name]),
    // Micro-USD per token are USD per million tokens.
    prices: {
      inputUsdPerMillion: prices.inputMicroUsdPerToken,
      outputUsdPerMillion: prices.outputMicroUsdPerToken,
      cacheReadUsdPerMillion: prices.cacheReadMicroUsdPerToken,
      cacheWriteUsdPerMillion: prices.cacheWriteMicroUsdPerToken,
    },
    ...budgetsOf(target.budgets),
    ...(target.disabled ? { disabled: true } : {}),
    // Said in any case where it could be: the protocol, which may have told it, is not known here.
    ...(capabilities.vision ? { inlineVision: target.inlineVision } : {}),
  };
}

function budgetsOf(budgets: readonly BudgetRule[]): { readonly budgets?: readonly unknown[] } {
  if (budgets.length === 0) return {};
  return {
    budgets: budgets.map(({ metric, window, limit }) =>
      metric === 'microUsd' ? { metric: 'usd', window, limit: limit / MICRO_USD_PER_USD } : { metric, window, limit },
    ),
  };
}
