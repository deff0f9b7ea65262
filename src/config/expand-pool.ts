import type {
  BudgetRule,
  ClientKeyDefinition,
  KeyDefinition,
  PoolDefinition,
  ProviderDefinition,
  TargetDefinition,
} from '../router/pool.ts';
import { toBudgetRule } from './budget-schema.ts';
import { expandRouting } from './expand-routing.ts';
import { matchesPattern } from './model-pattern.ts';
import type { PoolForm, ProviderForm } from './pool-schema.ts';
import type { InstructionUse } from './instruction-use.ts';
import { toPrices } from './price-schema.ts';
import { hasInlineVision, providerTypeOf } from './provider-type.ts';

const DEFAULT_MAX_OUTPUT_TOKENS = 16_384;

/** As what a call of an endpoint asks for targets; see `RouterRequest.protocol`. */
export const ENDPOINT_PROTOCOLS = { chat: 'openai', embeddings: 'openai-embeddings' } as const;

/** The name of a provider's key at a position: its alias, or key1, key2, ... */
export function keyAlias(provider: ProviderForm, position: number): string {
  return provider.keys[position]?.alias ?? `key${position + 1}`;
}

/** Expands providers x keys x models, and the routes over them, to the flat pool of the core. Secrets do not come along. */
export function expandPool(form: PoolForm & { readonly instructions?: InstructionUse }): PoolDefinition {
  const unrouted = expandUnrouted(form);
  return { ...unrouted, routing: expandRouting(form, unrouted) };
}

/** The same without its routes, which name what is in it. */
export function expandUnrouted(form: PoolForm & { readonly instructions?: InstructionUse }): PoolDefinition {
  const targets = form.providers.flatMap(targetsOf);
  return {
    targets,
    keys: form.providers.flatMap(keysOf),
    providers: form.providers.map(({ id, budgets }): ProviderDefinition => ({
      id,
      budgets: budgets.map(toBudgetRule),
    })),
    clientKeys: form.clientKeys.map((clientKey): ClientKeyDefinition => ({
      name: clientKey.name,
      priorityCeiling: clientKey.priorityCeiling,
      budgets: [...clientKey.budgets.map(toBudgetRule), ...rateRules(clientKey.rateLimit)],
      models: clientKey.models ?? null,
      maySteer: (clientKey.instructions ?? form.instructions) === 'apply',
      routes: clientKey.routes ?? null,
    })),
    modelAliases: Object.fromEntries(
      Object.entries(form.modelAliases).map(([alias, patterns]) => [alias, resolvePatterns(patterns, targets)]),
    ),
    routing: null,
  };
}

function targetsOf(provider: ProviderForm): TargetDefinition[] {
  const serverTools = provider.serverToolsDisabled !== true && provider.serverTools?.enabled !== false;
  const isInline = hasInlineVision(providerTypeOf(provider));
  return provider.keys.flatMap((_, position) => {
    const key = `${provider.id}.${keyAlias(provider, position)}`;
    return provider.models.map((model): TargetDefinition => {
      const has = (capability: (typeof model.capabilities)[number]) => model.capabilities.includes(capability);
      return {
        id: `${key}.${model.id}`,
        provider: provider.id,
        key,
        model: model.id,
        contextTokens: model.contextTokens,
        maxOutputTokens: model.maxOutputTokens ?? Math.min(DEFAULT_MAX_OUTPUT_TOKENS, model.contextTokens),
        capabilities: { tools: has('tools'), vision: has('vision'), streaming: has('streaming'), serverTools },
        // A pool without addresses is one of the simulator, which speaks no wire protocol.
        protocols:
          provider.baseUrl === undefined ? [] : model.endpoints.map((endpoint) => ENDPOINT_PROTOCOLS[endpoint]),
        prices: toPrices(model.prices),
        budgets: model.budgets.map(toBudgetRule),
        disabled: model.disabled,
        inlineVision: model.inlineVision ?? (isInline && has('vision')),
      };
    });
  });
}

function rateRules({ requestsPerMinute, tokensPerMinute }: PoolForm['clientKeys'][number]['rateLimit']): BudgetRule[] {
  const rules: BudgetRule[] = [];
  if (requestsPerMinute !== undefined) rules.push({ metric: 'requests', window: '1m', limit: requestsPerMinute });
  if (tokensPerMinute !== undefined) rules.push({ metric: 'tokens', window: '1m', limit: tokensPerMinute });
  return rules;
}

function keysOf(provider: ProviderForm): KeyDefinition[] {
  return provider.keys.map((key, position) => ({
    id: `${provider.id}.${keyAlias(provider, position)}`,
    provider: provider.id,
    concurrencyLimit: key.concurrencyLimit,
    queueLimit: key.queueLimit,
    budgets: key.budgets.map(toBudgetRule),
  }));
}

/** Target ids in the order of the patterns, each once. */
function resolvePatterns(patterns: readonly string[], targets: readonly TargetDefinition[]): string[] {
  const ids = patterns.flatMap((pattern) =>
    targets.filter((target) => matchesPattern(target, pattern)).map((target) => target.id),
  );
  return [...new Set(ids)];
}
