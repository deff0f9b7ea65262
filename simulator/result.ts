/**
 * What a replay gives: plain, JSON-safe objects that the command line prints and the reports draw. Ratios
 * are 0 to 1, money in USD, times in ms. Everything except `wallMs` and `requestsPerSecond` is a function of
 * trace, scenario, policy and seed.
 */
import type { RejectCode, TargetState } from '../src/router/contract.ts';
import type { Policy, RequestClass } from '../src/router/policy.ts';
import type { RecordedMode } from './counterfactual/settle-from-recording.ts';

export interface Quantiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface TargetUse {
  readonly target: string;
  readonly attempts: number;
  /** Of all attempts of the run; the shares of a run sum to 1. */
  readonly share: number;
  /** Failures and timeouts of the attempts that ended. */
  readonly failureRatio: number;
  /** Attempts answered with 429. */
  readonly limited: number;
  readonly costUsd: number;
}

export interface ClassUse {
  readonly requestClass: RequestClass;
  readonly arrivals: number;
  readonly successRatio: number;
  readonly firstTokenMs: Quantiles;
  readonly costUsd: number;
}

/** What became of the requests that asked for one route, by their signals or a hint, whatever pool served them. */
export interface RouteUse {
  /** `(all)`: all requests; `(model)`: those that name a model; `(undecided)`: those that left before a decision. */
  readonly route: string;
  /** That ended, however. */
  readonly requests: number;
  readonly successRatio: number;
  /** As in {@link PolicyRun}. */
  readonly firstTokenMs: Quantiles;
  readonly costUsd: number;
  readonly costUsdPer1kRequests: number;
  /** Input tokens read from prompt caches / input tokens of answered attempts. */
  readonly cacheReadRatio: number;
  readonly attempts: number;
  /** Of the attempts, the share of the target that had most. */
  readonly largestTargetShare: number;
  /** exp(entropy) of the targets' shares of the attempts: n targets used alike give n; 0 without attempts. */
  readonly effectiveTargets: number;
  /** Share of the attempts that went to the pool of another route. */
  readonly otherRouteRatio: number;
  /** Share of the attempts whose target an instruction named. */
  readonly instructedRatio: number;
}

/** A point of an empirical distribution: the share of observations that are <= value. */
export interface EcdfPoint {
  readonly value: number;
  readonly share: number;
}

/** One slice of the trace's time for the charts. */
export interface TimeSlice {
  /** Start of the slice, ms from the start of the trace. */
  readonly startMs: number;
  readonly arrivals: number;
  readonly completed: number;
  readonly rejected: number;
  readonly cancelled: number;
  /** Attempts after the first. */
  readonly retries: number;
  readonly costUsd: number;
  readonly firstTokenP95Ms: number | null;
  /** One entry per target, in the order of `PolicyRun.targets`. */
  readonly attemptsByTarget: readonly number[];
  readonly failuresByTarget: readonly number[];
  readonly limitedByTarget: readonly number[];
  /** State of each target at the end of the slice. */
  readonly stateByTarget: readonly TargetState[];
  /** Use of each budget rule (1 = at its limit), in the order of `PolicyRun.budgets`. */
  readonly budgetUse: readonly number[];
}

/** How much of a run rests on one tier of evidence. */
export interface TierShare {
  readonly attempts: number;
  /** Of the attempts that ended; the three ratios sum to 1, unless there was none. */
  readonly attemptRatio: number;
  /** Requests whose worst attempt is of this tier. */
  readonly requests: number;
  /** Of the requests of which any attempt was sent. */
  readonly requestRatio: number;
}

/** T1: the logged outcome; T2: that of a donor, another attempt of the log; T3: the twin. */
export interface TierShares {
  readonly T1: TierShare;
  readonly T2: TierShare;
  readonly T3: TierShare;
}

export interface PolicyRun {
  readonly name: string;
  readonly policyHash: string;
  readonly arrivals: number;
  /** Answered in full. */
  readonly completed: number;
  /** Ended with an error, whoever's fault. */
  readonly rejected: number;
  /** Given up by the client. */
  readonly cancelled: number;
  /** Not ended when the run ended. */
  readonly inFlight: number;
  readonly attempts: number;
  /** completed / (completed + rejected + cancelled); 1 when nothing ended. */
  readonly successRatio: number;
  /** From arrival to the first token at the client, over completed requests, waits and retries included. */
  readonly firstTokenMs: Quantiles;
  /** From arrival to the last token, over completed requests. */
  readonly durationMs: Quantiles;
  readonly costUsd: number;
  readonly costUsdPer1kRequests: number;
  readonly targets: readonly TargetUse[];

  readonly rejectedByCode: Readonly<Partial<Record<RejectCode, number>>>;
  /** How many requests took 1, 2, 3, ... attempts (index 0: none was sent). */
  readonly requestsByAttempts: readonly number[];
  readonly exploredRatio: number;
  /** Input tokens read from prompt caches / input tokens of answered attempts. */
  readonly cacheReadRatio: number;
  readonly queuedRatio: number;
  readonly classes: readonly ClassUse[];
  /** What is limited, for people, e.g. `key aurora.main: tokens per 1m`. */
  readonly budgets: readonly string[];
  /** Highest use of each budget rule over the run (1 = at its limit). */
  readonly budgetUseMax: readonly number[];
  readonly firstTokenEcdf: readonly EcdfPoint[];
  readonly durationEcdf: readonly EcdfPoint[];
  /** Cost of a completed request, USD. */
  readonly costEcdf: readonly EcdfPoint[];
  readonly slices: readonly TimeSlice[];
  /** What the outcomes rest on; there when a recording was used. */
  readonly tiers?: TierShares;
  /** `affinity.stick` of the policy; there together with `routes`. */
  readonly stick?: Policy['affinity']['stick'];
  /**
   * Left out when neither a route nor an instruction had a say in any decision, unless policies are compared that stick
   * to different things. `(all)` first where there are several, then by name, those in parentheses last.
   */
  readonly routes?: readonly RouteUse[];
}

/** `a` minus `b` on the same requests, with a block-bootstrap 95 % interval. */
export interface PairedDifference {
  /** For example `costUsdPer1kRequests`, `successRatio`, `firstTokenMs.p95`. */
  readonly metric: string;
  readonly a: string;
  readonly b: string;
  readonly difference: number | null;
  readonly low95: number | null;
  readonly high95: number | null;
  /** Blocks of consecutive arrivals that were resampled. */
  readonly blocks: number;
}

/** The same for the requests of one route. Metrics: `cacheReadRatio`, `costUsdPer1kRequests`, `successRatio`, `effectiveTargets`. */
export interface RoutePairedDifference extends PairedDifference {
  readonly route: string;
}

export interface FaultSpan {
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface Comparison {
  readonly kind: 'comparison';
  readonly formatVersion: 1;
  readonly coreVersion: string;
  readonly trace: {
    readonly name: string;
    readonly sha256: string;
    readonly requests: number;
    readonly spanMs: number;
    /** Requests for models that the scenario's pool does not know; they were asked for as `auto`. */
    readonly askedAsAuto: number;
  };
  readonly scenario: string;
  readonly scenarioHash: string;
  /** Scheduled faults, for the charts. */
  readonly faults: readonly FaultSpan[];
  readonly seed: number;
  /** Where outcomes were taken from; there when a recording was used. */
  readonly outcomes?: {
    readonly mode: RecordedMode;
    /** The log. */
    readonly recording: string;
    /** Attempts in it. */
    readonly attempts: number;
  };
  /** The command that repeats this result. */
  readonly command: string;
  readonly policies: readonly PolicyRun[];
  readonly paired: readonly PairedDifference[];
  /** There when the policies have `routes`. */
  readonly routePaired?: readonly RoutePairedDifference[];
  readonly wallMs: number;
  readonly requestsPerSecond: number;
}
