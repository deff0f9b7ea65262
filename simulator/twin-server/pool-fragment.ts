/** The pool of a scenario with the twins' addresses, as the `providers` of a `token-pool.yaml`. */
import { balancingName } from '../../src/config/balancing-names.ts';
import type { BudgetRule, RoutePool, RoutingDefinition, TargetDefinition } from '../../src/router/pool.ts';
import type { Scenario } from '../scenario.ts';
import { TWIN_HEADERS } from './header-names.ts';
import type { Twins } from './start-twins.ts';

const PASSED_TO_TWINS: readonly string[] = [
  TWIN_HEADERS.requestId[0],
  TWIN_HEADERS.attempt,
  TWIN_HEADERS.outputTokens,
  TWIN_HEADERS.prefixBlocks,
  TWIN_HEADERS.session,
];

/** Where a key's secret is: the fields that the file has for it. */
export type SecretPlace = (
  provider: string,
  alias: string,
) => { readonly secretEnv: string } | { readonly secretFile: string };

/** `TWIN_<PROVIDER>_<ALIAS>`: the environment variable in which a proxy looks for a twin's secret. */
export function secretVariable(provider: string, alias: string): string {
  return `TWIN_${provider}_${alias}`.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/**
 * Plain data, ready to be written as YAML. All providers speak the OpenAI protocol, whatever their twins stand for.
 *
 * @param secretOf default: the variables of {@link secretVariable}
 */
export function poolFragment(
  { pool }: Scenario,
  twins: Pick<Twins, 'providers'>,
  secretOf: SecretPlace = (provider, alias) => ({ secretEnv: secretVariable(provider, alias) }),
): Readonly<Record<string, unknown>> {
  const providers = twins.providers.map(({ id, baseUrl, keys }) => {
    const firstKey = `${id}.${keys[0]!.alias}`;
    const definition = pool.providers.find((provider) => provider.id === id);
    const targets = pool.targets.filter(({ key }) => key === firstKey);
    return {
      id,
      protocol: 'openai',
      baseUrl,
      // What only a twin can use, and by which its draws are keyed.
      passHeaders: PASSED_TO_TWINS,
      ...(targets.some(({ capabilities }) => capabilities.serverTools) ? {} : { serverToolsDisabled: true }),
      ...budgetsOf(definition?.budgets ?? []),
      keys: keys.map(({ alias }) => {
        const key = pool.keys.find((each) => each.id === `${id}.${alias}`);
        const limits = key && { concurrencyLimit: key.concurrencyLimit, queueLimit: key.queueLimit };
        return { alias, ...secretOf(id, alias), ...limits, ...budgetsOf(key?.budgets ?? []) };
      }),
      models: targets.map(modelOf),
    };
  });
  const hasAliases = Object.keys(pool.modelAliases).length > 0;
  return {
    providers,
    ...(hasAliases ? { modelAliases: pool.modelAliases } : {}),
    ...(pool.routing === null ? {} : routesOf(pool.routing)),
  };
}

function routesOf({ models, routes, forceWebSearch }: RoutingDefinition): Readonly<Record<string, unknown>> {
  return {
    routing: Object.fromEntries(routes.map(({ name, pools }) => [name, pools.map(routePoolOf)])),
    routedModels: models,
    ...(forceWebSearch ? { webSearch: { force: true } } : {}),
  };
}

function routePoolOf({ id, targets, priority, backup, force, mode, weights }: RoutePool) {
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

function modelOf(target: TargetDefinition): Readonly<Record<string, unknown>> {
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
    // Said in any case where it could be: the protocol, which may have told it, is another one here.
    ...(capabilities.vision ? { inlineVision: target.inlineVision } : {}),
  };
}

function budgetsOf(budgets: readonly BudgetRule[]): { readonly budgets?: readonly unknown[] } {
  if (budgets.length === 0) return {};
  return {
    budgets: budgets.map(({ metric, window, limit }) =>
      metric === 'microUsd' ? { metric: 'usd', window, limit: limit / 1_000_000 } : { metric, window, limit },
    ),
  };
}
