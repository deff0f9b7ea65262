/**
 * A policy is every tunable number of routing. It is data: a file with a content hash, which the lab tunes
 * and promotes. `src/config/policy-schema.ts` validates it; the defaults live here because the core defines
 * what they mean.
 */

export const SELECTION_MODES = [
  'ranked',
  'weighted',
  'round-robin',
  'random',
  'least-busy',
  'lowest-latency',
  'lowest-cost',
  'power-of-two',
] as const;
export type SelectionMode = (typeof SELECTION_MODES)[number];

/** How a pool of a route chooses among its targets: as a policy can, or in proportion to weights that it gives them. */
export const BALANCING_MODES = [...SELECTION_MODES, 'static-weighted'] as const;
export type BalancingMode = (typeof BALANCING_MODES)[number];

export const REQUEST_CLASSES = ['chat', 'long', 'background', 'balanced'] as const;
export type RequestClass = (typeof REQUEST_CLASSES)[number];

export const SCORE_TERMS = ['success', 'firstToken', 'speed', 'cache', 'cost', 'load'] as const;
export type ScoreTerm = (typeof SCORE_TERMS)[number];

/** How much a request class cares for four qualities; each multiplies the weights of its terms, 0 to 1.25. */
export interface ClassProfile {
  /** Multiplies `firstToken`. */
  readonly latency: number;
  /** Multiplies `speed` and `load`. */
  readonly throughput: number;
  /** Multiplies `cost`. */
  readonly cost: number;
  /** Multiplies `success`. */
  readonly stability: number;
}

export interface Policy {
  readonly mode: SelectionMode;
  /**
   * Share of decisions taken uniformly over the eligible candidates, 0 to 1. Requests of high priority never
   * explore, and the share falls with budget pressure, to 0 at the limit.
   */
  readonly explorationRate: number;

  readonly score: {
    /** Relative weights, each >= 0, not all 0. */
    readonly weights: Readonly<Record<ScoreTerm, number>>;
    /** selectionWeight = score ^ sharpness; 0 is uniform, large is nearly ranked; 0 to 64. */
    readonly sharpness: number;
    /** The value at which a term reaches 1/2, each > 0. */
    readonly references: {
      readonly firstTokenMs: number;
      readonly tokensPerSecond: number;
      readonly usdPerMillionTokens: number;
      /** Attempts in flight at a target that has no concurrency limit. */
      readonly inFlight: number;
    };
    /** Observations lose half their weight in this time, ms. */
    readonly halfLifeMs: number;
    /** What is believed of a target without observations, and how many observations that belief is worth. */
    readonly prior: {
      readonly successRatio: number;
      readonly firstTokenMs: number;
      readonly tokensPerSecond: number;
      readonly cacheHitRatio: number;
      /** > 0 */
      readonly observations: number;
    };
    /** Multipliers on the whole score for a target that shows signs of trouble. */
    readonly stability: {
      /** More failures than this in the health window apply `recentFailuresFactor`. */
      readonly recentFailures: number;
      readonly recentFailuresFactor: number;
      readonly degradedFactor: number;
    };
  };

  readonly classes: {
    /** At most this many tokens (input + output) is `chat`. */
    readonly chatTokensMax: number;
    /** At least this many tokens (input + output) is `long`. */
    readonly longTokensMin: number;
    /** Output assumed for a request that names no maximum, tokens. */
    readonly assumedOutputTokens: number;
    readonly profiles: Readonly<Record<RequestClass, ClassProfile>>;
    /** Low priority or class background. */
    readonly lowPriority: { readonly costBonus: number; readonly latencyPenalty: number };
    readonly highPriority: { readonly latencyBonus: number; readonly stabilityBonus: number };
  };

  readonly health: {
    /** Length of the window over which failures are counted, ms. */
    readonly windowMs: number;
    /** No verdict on fewer attempts in the window than this. */
    readonly minSamples: number;
    readonly degradedFailureRatio: number;
    readonly unhealthyFailureRatio: number;
    /** Degraded when the recent mean time to first token exceeds the usual one by this factor; > 1. */
    readonly latencySpikeFactor: number;
    readonly cooldownMs: number;
    /** Each failed probe doubles the cooldown up to this, ms. */
    readonly cooldownMaxMs: number;
    /** Successful probes needed to be healthy again. */
    readonly probesToRecover: number;
    /** Probes in flight at once at one target. */
    readonly probeConcurrency: number;
    /**
     * Share of the decisions that are given to a target in need of probes while there is one, 0 to 1. Without it a
     * mode that always takes the best would leave a recovered target alone for ever.
     */
    readonly probeRate: number;
    /** Time a key is out after 401, 402 or 403, or when its quota or its balance is used up, ms. */
    readonly authCooldownMs: number;
  };

  readonly rateLimit: {
    /** Waits after the 1st, 2nd, ... consecutive 429 without Retry-After, ms, rising. */
    readonly ladderMs: readonly number[];
    /** A Retry-After beyond this is cut to it, ms. */
    readonly retryAfterMaxMs: number;
    /** A key without a 429 for so long starts again from the first wait, ms. */
    readonly ladderResetMs: number;
    /**
     * A 429 says nothing about health, unless it is at least the so-many-th in a row of its key: then it is a failure of
     * the target. Those of one burst count once, and any success of the key ends the row. 0: never.
     */
    readonly consecutiveUntilBad: number;
  };

  readonly budget: {
    /** Use of a limit (0 to 1) above which pressure rises from 0, reaching 1 at the limit. */
    readonly softThreshold: number;
    /** The cost weight is multiplied by 1 + costGain x pressure. */
    readonly costGain: number;
  };

  readonly queue: {
    /** Longest wait in the queue, ms. */
    readonly timeoutMs: number;
    /** Wait in the queue, rather than reject, when a target is due back within this time, ms. */
    readonly recoveryWaitMaxMs: number;
  };

  readonly retry: {
    /** Attempts for one request, the first included; >= 1. */
    readonly attemptsMax: number;
    readonly backoffBaseMs: number;
    readonly backoffMaxMs: number;
    /** From arrival to the start of the last attempt, ms. */
    readonly deadlineMs: number;
  };

  /** Handed to the driver with each attempt; the driver enforces them. */
  readonly timeouts: {
    readonly connectMs: number;
    readonly firstTokenMs: number;
    readonly idleMs: number;
    readonly totalMs: number;
  };

  readonly affinity: {
    /** How long a target's prompt cache is taken to keep a prefix after its last use, ms. */
    readonly warmTtlMs: number;
    /** Most prefixes remembered. */
    readonly entriesMax: number;
    /**
     * What a session keeps to while it can: the target or the key that last served it. Among equals only: it never
     * brings back a target that a filter rejected.
     */
    readonly stick: 'none' | 'key' | 'target';
  };

  /** What is remembered of sessions: their instructions, and what they stick to. */
  readonly sessions: {
    /** Forgotten after so long without a request, ms. */
    readonly ttlMs: number;
    /** Most sessions remembered; the one unused for longest goes first. */
    readonly entriesMax: number;
  };

  readonly routing: {
    /** At least this many input tokens go the route `longcontext`. */
    readonly longContextThresholdTokens: number;
    /** Share of a target's context window from which on it is risky and roomier ones go first, 0.1 to 0.99. */
    readonly warnRatio: number;
    /** False: where no target of a route has room, those of `default` are tried all the same, as the size is an estimate. */
    readonly hardLimit: boolean;
  };
}

export const DEFAULT_POLICY: Policy = {
  mode: 'ranked',
  explorationRate: 0,
  score: {
    weights: { success: 0.3, firstToken: 0.2, speed: 0.2, cache: 0.1, cost: 0.2, load: 0.1 },
    sharpness: 8,
    references: { firstTokenMs: 800, tokensPerSecond: 60, usdPerMillionTokens: 2, inFlight: 32 },
    halfLifeMs: 120_000,
    prior: { successRatio: 0.95, firstTokenMs: 800, tokensPerSecond: 60, cacheHitRatio: 0, observations: 4 },
    stability: { recentFailures: 3, recentFailuresFactor: 0.5, degradedFactor: 0.7 },
  },
  classes: {
    chatTokensMax: 6_000,
    longTokensMin: 24_000,
    assumedOutputTokens: 512,
    profiles: {
      chat: { latency: 1, throughput: 0.45, cost: 0.55, stability: 0.9 },
      long: { latency: 0.35, throughput: 1, cost: 0.75, stability: 1 },
      background: { latency: 0.15, throughput: 0.55, cost: 1, stability: 0.8 },
      balanced: { latency: 0.65, throughput: 0.65, cost: 0.65, stability: 0.9 },
    },
    lowPriority: { costBonus: 0.25, latencyPenalty: 0.2 },
    highPriority: { latencyBonus: 0.2, stabilityBonus: 0.15 },
  },
  health: {
    windowMs: 60_000,
    minSamples: 10,
    degradedFailureRatio: 0.2,
    unhealthyFailureRatio: 0.5,
    latencySpikeFactor: 3,
    cooldownMs: 60_000,
    cooldownMaxMs: 600_000,
    probesToRecover: 3,
    probeConcurrency: 1,
    probeRate: 0.05,
    authCooldownMs: 600_000,
  },
  rateLimit: {
    ladderMs: [3_000, 10_000, 31_000, 61_000],
    retryAfterMaxMs: 3_600_000,
    ladderResetMs: 86_400_000,
    consecutiveUntilBad: 4,
  },
  budget: { softThreshold: 0.8, costGain: 3 },
  queue: { timeoutMs: 30_000, recoveryWaitMaxMs: 5_000 },
  retry: { attemptsMax: 3, backoffBaseMs: 100, backoffMaxMs: 5_000, deadlineMs: 60_000 },
  timeouts: { connectMs: 5_000, firstTokenMs: 60_000, idleMs: 60_000, totalMs: 600_000 },
  affinity: { warmTtlMs: 300_000, entriesMax: 50_000, stick: 'none' },
  sessions: { ttlMs: 86_400_000, entriesMax: 50_000 },
  routing: { longContextThresholdTokens: 180_000, warnRatio: 0.9, hardLimit: false },
};
