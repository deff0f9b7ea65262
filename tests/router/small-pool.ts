/** Small pools, policies, requests and outcomes for tests of the core: sensible by default, every fact open to change. */
import {
  DEFAULT_POLICY,
  type AttemptOutcome,
  type BudgetRule,
  type KeyDefinition,
  type Policy,
  type PoolDefinition,
  type Prices,
  type RouterRequest,
  type TargetDefinition,
} from '../../src/router/index.ts';

/** Facts of a target that differ from the default; the id is `provider.keyAlias.model`. */
export interface TargetFacts extends Partial<Omit<TargetDefinition, 'prices' | 'capabilities'>> {
  readonly prices?: Partial<Prices>;
  readonly capabilities?: Partial<TargetDefinition['capabilities']>;
}

export function targetOf(id: string, facts: TargetFacts = {}): TargetDefinition {
  const [provider = '', alias = '', ...model] = id.split('.');
  const { prices, capabilities, ...rest } = facts;
  return {
    id,
    provider,
    key: `${provider}.${alias}`,
    model: model.join('.'),
    contextTokens: 1_000_000,
    maxOutputTokens: 100_000,
    protocols: [],
    budgets: [],
    disabled: false,
    inlineVision: false,
    ...rest,
    capabilities: { tools: true, vision: true, streaming: true, serverTools: true, ...capabilities },
    prices: {
      inputMicroUsdPerToken: 1,
      outputMicroUsdPerToken: 4,
      cacheReadMicroUsdPerToken: 0.1,
      cacheWriteMicroUsdPerToken: 1.25,
      ...prices,
    },
  };
}

export interface PoolFacts {
  /** By key id; keys that are not named have no concurrency limit and a queue of 10. */
  readonly keys?: Readonly<Record<string, Partial<KeyDefinition>>>;
  readonly providers?: Readonly<Record<string, readonly BudgetRule[]>>;
  readonly clientKeys?: PoolDefinition['clientKeys'];
  readonly modelAliases?: PoolDefinition['modelAliases'];
  readonly routing?: PoolDefinition['routing'];
}

/** A pool of these targets, with the keys and providers that they name. */
export function poolOf(targets: readonly TargetDefinition[], facts: PoolFacts = {}): PoolDefinition {
  const providers = [...new Set(targets.map((target) => target.provider))];
  const keys = [...new Set(targets.map((target) => target.key))];
  return {
    targets,
    keys: keys.map((id) => ({
      id,
      provider: id.split('.')[0]!,
      concurrencyLimit: null,
      queueLimit: 10,
      budgets: [],
      ...facts.keys?.[id],
    })),
    providers: providers.map((id) => ({ id, budgets: facts.providers?.[id] ?? [] })),
    clientKeys: facts.clientKeys ?? [],
    modelAliases: facts.modelAliases ?? {},
    routing: facts.routing ?? null,
  };
}

export type PolicyChanges = { readonly [Section in keyof Policy]?: Partial<Policy[Section]> };

/** The default policy with other values in some places; sections are merged one level deep. */
export function policyWith(changes: PolicyChanges = {}): Policy {
  const policy: Record<string, unknown> = { ...DEFAULT_POLICY };
  for (const [section, change] of Object.entries(changes)) {
    const before = policy[section];
    policy[section] = typeof before === 'object' ? { ...before, ...(change as object) } : change;
  }
  return policy as unknown as Policy;
}

export function requestOf(requestId: string, facts: Partial<RouterRequest> = {}): RouterRequest {
  return {
    requestId,
    clientKey: 'anyone',
    sessionId: null,
    protocol: 'openai',
    model: 'auto',
    declaredClass: null,
    declaredPriority: null,
    inputTokens: 1_000,
    maxOutputTokens: 500,
    stream: true,
    hasTools: false,
    hasImage: false,
    prefixBlocks: null,
    steering: null,
    ...facts,
  };
}

/** A quick success of the sizes of {@link requestOf}, unless told otherwise. */
export function outcomeOf(requestId: string, attempt: number, facts: Partial<AttemptOutcome> = {}): AttemptOutcome {
  return {
    requestId,
    attempt,
    kind: 'success',
    status: 200,
    errorCode: null,
    firstTokenMs: 400,
    durationMs: 2_000,
    inputTokens: 1_000,
    outputTokens: 200,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costMicroUsd: 1_800,
    retryAfterMs: null,
    reachedClient: false,
    ...facts,
  };
}

/** What an attempt is that came to nothing: no tokens, no cost. */
const NOTHING = {
  firstTokenMs: null,
  durationMs: 50,
  inputTokens: 0,
  outputTokens: 0,
  costMicroUsd: 0,
} as const;

export const FAILED: Partial<AttemptOutcome> = { ...NOTHING, kind: 'failure', status: 500 };
export const LIMITED: Partial<AttemptOutcome> = { ...NOTHING, kind: 'limited', status: 429 };
export const TIMED_OUT: Partial<AttemptOutcome> = { ...NOTHING, kind: 'timeout', status: null };
export const CANCELLED: Partial<AttemptOutcome> = { ...NOTHING, kind: 'cancelled', status: null };
export const UNAUTHORISED: Partial<AttemptOutcome> = { ...NOTHING, kind: 'failure', status: 401 };
export const BAD_REQUEST: Partial<AttemptOutcome> = { ...NOTHING, kind: 'failure', status: 400 };
