/** A scenario of two providers with steady twins, as a base from which each check and each test changes what it is about. */
import type { Fault, ProviderWeather, Scenario, TwinDefinition } from '../../scenario.ts';
import type { TargetDefinition } from '../../../src/router/pool.ts';

/** 100 ms to the first token, 10 ms a token, no noise, no trouble, no limits, no cache. */
export const STEADY_TWIN: Omit<TwinDefinition, 'provider' | 'model'> = {
  firstToken: {
    b0: Math.log(100),
    b1: 0,
    n0: 1_000,
    load: 0,
    loadReference: 32,
    residual: { kind: 'constant' },
    drift: null,
    hourFactors: null,
  },
  coldStart: null,
  interToken: { aMs: 10, bMs: 0, sigma: 0 },
  errors: { serverError: 0, connectTimeout: 0, midStreamAbort: 0 },
  rateLimit: { requestsPerMinute: null, tokensPerMinute: null, retryAfter: true },
  prices: {
    inputMicroUsdPerToken: 2,
    outputMicroUsdPerToken: 8,
    cacheReadMicroUsdPerToken: 0.5,
    cacheWriteMicroUsdPerToken: 2.5,
    billsAborted: true,
  },
  promptCache: null,
};

/** In the order of the targets of {@link smallScenario}: two keys of one provider, and another provider. */
export const TARGET_IDS = ['aurora.first.large', 'aurora.second.large', 'borealis.main.large'] as const;

function target(id: string): TargetDefinition {
  const [provider, alias, model] = id.split('.') as [string, string, string];
  return {
    id,
    provider,
    key: `${provider}.${alias}`,
    model,
    contextTokens: 200_000,
    maxOutputTokens: 8_192,
    capabilities: { tools: true, vision: true, streaming: true, serverTools: true },
    protocols: [],
    prices: {
      inputMicroUsdPerToken: 2,
      outputMicroUsdPerToken: 8,
      cacheReadMicroUsdPerToken: 0.5,
      cacheWriteMicroUsdPerToken: 2.5,
    },
    budgets: [],
    disabled: false,
    inlineVision: false,
  };
}

export function smallScenario(
  changes: {
    readonly twin?: Partial<TwinDefinition>;
    readonly weather?: readonly ProviderWeather[];
    readonly faults?: readonly Fault[];
  } = {},
): Scenario {
  const twin = { ...STEADY_TWIN, ...changes.twin, model: 'large' };
  return {
    name: 'small',
    description: '',
    pool: { targets: TARGET_IDS.map(target), keys: [], providers: [], clientKeys: [], modelAliases: {}, routing: null },
    twins: [
      { ...twin, provider: 'aurora' },
      { ...twin, provider: 'borealis' },
    ],
    weather: changes.weather ?? [],
    faults: changes.faults ?? [],
    clients: {
      firstTokenTimeoutMs: null,
      totalTimeoutMs: null,
      sessions: 'open',
      thinkTime: { medianMs: 1, sigma: 0 },
    },
    startHour: 0,
  };
}
