import type { Residual, Scenario } from '../../scenario.ts';

const PROVIDER = 'queue';
const KEY = `${PROVIDER}.desk`;
const MODEL = 'clerk';

const FREE = {
  inputMicroUsdPerToken: 0,
  outputMicroUsdPerToken: 0,
  cacheReadMicroUsdPerToken: 0,
  cacheWriteMicroUsdPerToken: 0,
} as const;

/**
 * One key with one model behind it, which never fails and takes one draw of its first token for the whole answer.
 *
 * @param servers attempts that it takes at once
 * @param places where requests may wait; Infinity for all
 */
export function queueScenario(
  servers: number,
  places: number,
  service: { readonly medianMs: number; readonly residual: Residual },
): Scenario {
  return {
    name: 'queue',
    description: '',
    pool: {
      targets: [
        {
          id: `${KEY}.${MODEL}`,
          provider: PROVIDER,
          key: KEY,
          model: MODEL,
          contextTokens: 200_000,
          maxOutputTokens: 8_192,
          capabilities: { tools: true, vision: true, streaming: true, serverTools: true },
          protocols: [],
          prices: FREE,
          budgets: [],
          disabled: false,
          inlineVision: false,
        },
      ],
      keys: [
        {
          id: KEY,
          provider: PROVIDER,
          concurrencyLimit: servers,
          queueLimit: Math.min(Number.MAX_SAFE_INTEGER, places),
          budgets: [],
        },
      ],
      providers: [{ id: PROVIDER, budgets: [] }],
      clientKeys: [],
      modelAliases: {},
      routing: null,
    },
    twins: [
      {
        provider: PROVIDER,
        model: MODEL,
        firstToken: {
          b0: Math.log(service.medianMs),
          b1: 0,
          n0: 1_000,
          load: 0,
          loadReference: 32,
          residual: service.residual,
          drift: null,
          hourFactors: null,
        },
        coldStart: null,
        interToken: { aMs: 0, bMs: 0, sigma: 0 },
        errors: { serverError: 0, connectTimeout: 0, midStreamAbort: 0 },
        rateLimit: { requestsPerMinute: null, tokensPerMinute: null, retryAfter: true },
        prices: { ...FREE, billsAborted: true },
        promptCache: null,
      },
    ],
    weather: [],
    faults: [],
    clients: {
      firstTokenTimeoutMs: null,
      totalTimeoutMs: null,
      sessions: 'open',
      thinkTime: { medianMs: 1, sigma: 0 },
    },
    startHour: 0,
  };
}
