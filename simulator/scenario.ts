/**
 * A scenario is a pool, the twins that stand for its providers, and what goes wrong when. These are the
 * types after validation; `src/config/scenario-schema.ts` reads the YAML.
 */
import type { PoolDefinition } from '../src/router/pool.ts';

/** The multiplicative noise on the time to first token; `samples` and `components` have a median near 1. */
export type Residual =
  | { readonly kind: 'constant' }
  /** Mean 1. */
  | { readonly kind: 'exponential' }
  /** Draws by linear interpolation between the sorted samples (their inverse empirical CDF). */
  | { readonly kind: 'empirical'; readonly samples: readonly number[] }
  /** Mixture of lognormals: weight, median, sigma of ln. Weights sum to 1. */
  | {
      readonly kind: 'lognormal-mixture';
      readonly components: readonly { readonly weight: number; readonly median: number; readonly sigma: number }[];
    };

/** Twin of one model at one provider; all keys of the provider share it. */
export interface TwinDefinition {
  readonly provider: string;
  readonly model: string;
  readonly firstToken: {
    /** TTFT = exp(b0 + b1 ln(1 + uncachedTokens / n0) + load x inFlight / loadReference) x residual, in ms. */
    readonly b0: number;
    readonly b1: number;
    readonly n0: number;
    readonly load: number;
    readonly loadReference: number;
    readonly residual: Residual;
    /**
     * Swings of the provider's own load, which nobody outside sees: the first token takes exp(x) as long, where x has
     * this standard deviation and forgets half of itself in this time; see `drift.ts`. `null` = none.
     */
    readonly drift: { readonly sigma: number; readonly halfLifeMs: number } | null;
    /** Factors on the first token by hour of the day in UTC, 24 of them, each > 0; `null` = none. */
    readonly hourFactors: readonly number[] | null;
  };
  /** Rare starts of a sleeping model: added to the first token. */
  readonly coldStart: { readonly probability: number; readonly minMs: number; readonly maxMs: number } | null;
  /** Time per output token = a + b x inFlight, times lognormal noise with this sigma. */
  readonly interToken: { readonly aMs: number; readonly bMs: number; readonly sigma: number };
  /** Failures of single attempts, independent of the provider's state; probabilities. */
  readonly errors: {
    readonly serverError: number;
    readonly connectTimeout: number;
    /** The answer breaks off after a uniform share of its tokens. */
    readonly midStreamAbort: number;
  };
  /** Continuous-refill buckets per key; `null` = not limited. */
  readonly rateLimit: {
    readonly requestsPerMinute: number | null;
    readonly tokensPerMinute: number | null;
    /** Whether a 429 says Retry-After. */
    readonly retryAfter: boolean;
  };
  /** What the provider really charges; the pool's prices are what the router believes. Micro-USD per token. */
  readonly prices: {
    readonly inputMicroUsdPerToken: number;
    readonly outputMicroUsdPerToken: number;
    readonly cacheReadMicroUsdPerToken: number;
    readonly cacheWriteMicroUsdPerToken: number;
    /** Whether tokens produced before an abort are charged. */
    readonly billsAborted: boolean;
  };
  /** The provider's prompt cache, kept per target; `null` = none. */
  readonly promptCache: { readonly ttlMs: number; readonly minTokens: number; readonly blockTokens: number } | null;
}

/** Semi-Markov up / degraded / down of a provider, shared by its keys and models; dwell times are lognormal. */
export interface ProviderWeather {
  readonly provider: string;
  /** Median dwell and sigma of ln(dwell) per state. */
  readonly up: { readonly medianMs: number; readonly sigma: number };
  readonly degraded: {
    readonly medianMs: number;
    readonly sigma: number;
    readonly failureProbability: number;
    readonly latencyFactor: number;
  };
  readonly down: { readonly medianMs: number; readonly sigma: number; readonly failureProbability: number };
  /** From `up`, the next state is `degraded` with this probability, else `down`; the same from `degraded` (else `up`). */
  readonly upToDegraded: number;
  readonly degradedToDown: number;
}

/** Something that is made to happen between two times (ms from the start). Scope: a provider, or one target. */
export type Fault = { readonly startMs: number; readonly endMs: number; readonly scope: string } & (
  | { readonly kind: 'down' }
  | { readonly kind: 'failures'; readonly probability: number }
  | { readonly kind: 'rate-limit-storm'; readonly probability: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'latency'; readonly factor: number }
  | { readonly kind: 'price'; readonly factor: number }
);

export interface ClientBehaviour {
  /** The client leaves when no first token (streams) or no answer (others) has come by then; `null` = never. */
  readonly firstTokenTimeoutMs: number | null;
  /** The client leaves at this age of the request, whatever has come. */
  readonly totalTimeoutMs: number | null;
  /** `open`: turns arrive as recorded. `wait`: a session's next turn comes no earlier than the last answer plus a think time. */
  readonly sessions: 'open' | 'wait';
  /** Lognormal think time of `wait`. */
  readonly thinkTime: { readonly medianMs: number; readonly sigma: number };
}

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly pool: PoolDefinition;
  readonly twins: readonly TwinDefinition[];
  readonly weather: readonly ProviderWeather[];
  readonly faults: readonly Fault[];
  readonly clients: ClientBehaviour;
  /** Hour of the day in UTC at time 0, 0 to 24: fractions are minutes. Only `hourFactors` ask for it. */
  readonly startHour: number;
}
