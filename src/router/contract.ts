/**
 * The words in which a driver and the core speak: requests and outcomes go in with the time, commands come
 * out. All data is plain and JSON-safe, so a log of the inputs repeats a run.
 */
import type { Arm } from './canary.ts';
import type { Priority } from './pool.ts';
import type { BalancingMode, RequestClass, ScoreTerm } from './policy.ts';
import type { RoutingDecision, Steering } from './steering.ts';

/** What the core needs to know of a client's call; never its text. */
export interface RouterRequest {
  /** Unique among the requests in flight. Draws are keyed by it. */
  readonly requestId: string;
  readonly clientKey: string;
  readonly sessionId: string | null;
  /** The client's wire protocol, for example `openai`. */
  readonly protocol: string;
  /** A model's name, an alias of the pool, or `auto`. */
  readonly model: string;
  /** Only `background` can be declared; the other classes follow from the size. */
  readonly declaredClass: string | null;
  readonly declaredPriority: string | null;
  /** Estimate, tokens, >= 0. */
  readonly inputTokens: number;
  /** The client's own limit on the answer, tokens. */
  readonly maxOutputTokens: number | null;
  readonly stream: boolean;
  readonly hasTools: boolean;
  readonly hasImage: boolean;
  /** Chained hashes of the prompt's leading blocks: equal ids mean an equal prefix up to there. */
  readonly prefixBlocks: readonly number[] | null;
  /** Null when nothing but the fields above decides where it goes. */
  readonly steering: Steering | null;
}

export const OUTCOME_KINDS = ['success', 'failure', 'timeout', 'limited', 'cancelled'] as const;
export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/** What one attempt came to. `attempt` 0 with kind `cancelled`: the client left while the request was waiting. */
export interface AttemptOutcome {
  readonly requestId: string;
  /** 1, 2, ... as in the `send` command. */
  readonly attempt: number;
  readonly kind: OutcomeKind;
  /** HTTP status of the provider, `null` when there was no answer. */
  readonly status: number | null;
  readonly errorCode: string | null;
  /** From sending to the first token, ms; `null` when none came or the answer was not streamed. */
  readonly firstTokenMs: number | null;
  /** From sending to the end, ms. */
  readonly durationMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** What the provider charges for this attempt, whole micro-USD. */
  readonly costMicroUsd: number;
  readonly retryAfterMs: number | null;
  /** True when a byte has reached the client: such an attempt is never repeated. */
  readonly reachedClient: boolean;
}

/** An operator's order. `until` is used by `cool` only. */
export interface OperatorOrder {
  readonly kind: 'disable' | 'enable' | 'cool';
  readonly target: string;
  readonly untilMs: number | null;
}

export const REJECTIONS = [
  'disabled',
  'not_capable',
  'excluded',
  'cooldown',
  'unhealthy',
  'rate_limited',
  'budget_exhausted',
  'busy',
  'queue_full',
  'outranked',
] as const;
/**
 * Why a candidate cannot be picked, in the order in which the filters run. `outranked`: nothing is wrong with it, but
 * another pool, a roomier window or the session's own target goes before it.
 */
export type Rejection = (typeof REJECTIONS)[number];

export const TARGET_STATES = ['healthy', 'degraded', 'unhealthy', 'cooldown', 'probing', 'disabled'] as const;
export type TargetState = (typeof TARGET_STATES)[number];

/** One candidate as the decision saw it. A rejected one has score, weight and propensity 0. */
export interface CandidateExplanation {
  readonly target: string;
  readonly state: TargetState;
  readonly rejection: Rejection | null;
  readonly score: number;
  readonly weight: number;
  readonly propensity: number;
  /** Each in [0,1]. */
  readonly terms: Readonly<Record<ScoreTerm, number>>;
}

/** What made the core decide: a new request, a failed attempt, or room for a queued request. */
export type DecisionCause = 'arrival' | 'retry' | 'queue';

/** The choice of a target for one attempt, or the finding that there is none (`target` null). */
export interface Decision {
  /** Whose policy decided. */
  readonly arm: Arm;
  readonly cause: DecisionCause;
  readonly mode: BalancingMode;
  readonly requestClass: RequestClass;
  readonly priority: Priority;
  readonly target: string | null;
  /** Probability with which the chosen target was going to be chosen; 0 when there is none. */
  readonly propensity: number;
  /** True when the draw for exploration, or for probing a target on its way back, decided. */
  readonly explored: boolean;
  /** The uniform draw in [0,1) behind the pick; 0 for picks without one. */
  readonly draw: number;
  readonly eligible: number;
  /** 0 to 1, see `Policy.budget`. */
  readonly budgetPressure: number;
  /** Time spent in the queue so far, ms. */
  readonly queuedMs: number;
  /** Null when neither a route nor an instruction had a say. */
  readonly routing: RoutingDecision | null;
  /** Present when the router was asked to explain. */
  readonly candidates: readonly CandidateExplanation[] | null;
}

export interface AttemptSummary {
  readonly attempt: number;
  readonly target: string;
  readonly kind: OutcomeKind;
  readonly status: number | null;
  readonly errorCode: string | null;
}

export const REJECT_CODES = [
  'NO_AVAILABLE_PROVIDER',
  'ALL_PROVIDER_FAILED',
  'UNKNOWN_MODEL',
  'CLIENT_BUDGET_EXHAUSTED',
  'QUEUE_FULL',
  'QUEUE_TIMEOUT',
  'UPSTREAM_REJECTED',
  'STREAM_BROKEN',
  'UNSUPPORTED_REQUEST',
  'ROUTE_NOT_FOUND',
  'PROVIDER_NOT_AVAILABLE',
] as const;
/**
 * How a request can end without an answer. `UNSUPPORTED_REQUEST`: no target of the model could ever serve it, not even
 * one that is disabled or rests; `whyUnsupported` says what they lack. `UPSTREAM_REJECTED`: the provider refused the request itself
 * (a client's 4xx), nothing to retry. `STREAM_BROKEN`: the answer broke off after its first byte. `ROUTE_NOT_FOUND`: the
 * hint names a route that there is not. `PROVIDER_NOT_AVAILABLE`: as `NO_AVAILABLE_PROVIDER`, of a route, or of what an
 * instruction names; also when there is no such provider, key or model.
 */
export type RejectCode = (typeof REJECT_CODES)[number];

export interface SendCommand {
  readonly kind: 'send';
  readonly requestId: string;
  readonly attempt: number;
  readonly target: string;
  /** Position of the target in `Router.targetIds`. */
  readonly targetIndex: number;
  readonly decision: Decision;
}

export interface WaitCommand {
  readonly kind: 'wait';
  readonly requestId: string;
  readonly reason: 'queued' | 'backoff';
  /** When the wait ends at the latest, ms. */
  readonly untilMs: number;
}

export interface RejectCommand {
  readonly kind: 'reject';
  readonly requestId: string;
  readonly code: RejectCode;
  /** HTTP status for the client. */
  readonly status: number;
  /** When trying again may help, ms from now. */
  readonly retryAfterMs: number | null;
  readonly attempts: readonly AttemptSummary[];
  /** The decision that found no target, where there was one. */
  readonly decision: Decision | null;
  /** Of `ROUTE_NOT_FOUND` and `PROVIDER_NOT_AVAILABLE`. */
  readonly details: RejectDetails | null;
}

/** What was asked for and what was tried. */
export interface RejectDetails {
  /** The route that was asked for. */
  readonly route: string | null;
  /** What an instruction names and the pool does not have, or cannot use now. */
  readonly named: string | null;
  /** Pools in the order in which they were tried, each with what kept it out: `thinking:main:health`. */
  readonly attempted: readonly string[];
  readonly allowedProviders: readonly string[];
  readonly disabled: readonly string[];
}

export type Command = SendCommand | WaitCommand | RejectCommand;
