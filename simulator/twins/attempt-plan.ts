import type { AttemptOutcome, OutcomeKind } from '../../src/router/contract.ts';
import type { PromptOfAttempt } from './prompt-cache.ts';

/** What a twin has to know of a request. One object can be used again for every call. */
export interface AttemptRequest extends PromptOfAttempt {
  readonly requestId: string;
  /** Unsigned 32-bit hash of the id; draws are keyed by it. */
  readonly requestKey: number;
  /** Tokens of the answer in full. */
  readonly outputTokens: number;
  readonly stream: boolean;
}

/**
 * What will come of an attempt if nobody cuts it short, settled when it is sent: its outcome then, and what is needed
 * to cut it. Times are ms from sending. The client's and the router's timeouts are the driver's: it ends the attempt
 * earlier and asks `Fleet.cut` what had been produced and billed by then.
 */
export interface AttemptPlan extends AttemptOutcome {
  /** `timeout`: the connection never comes about; see `connected`. */
  readonly kind: Exclude<OutcomeKind, 'cancelled'>;
  /** `null` when no answer began; 200 for a stream that broke off. */
  readonly status: number | null;

  /** False: nothing listens; a connect timeout of the driver applies before `durationMs`. */
  readonly connected: boolean;
  readonly targetIndex: number;
  /** First token at the provider, streamed or not; `Infinity` when it does not get so far. */
  readonly producesFromMs: number;
  /** Between two output tokens. */
  readonly interTokenMs: number;
  /** Of the price faults at sending. */
  readonly priceFactor: number;
  /** Where the plan was taken from a recording: what it rests on. Plans of the twin alone have none. */
  readonly evidence?: PlanEvidence;
}

/** How far a plan is what was recorded. */
export interface PlanEvidence {
  /** 1: the request's own attempt; 2: that of a donor. */
  readonly tier: 1 | 2;
  /** From sending, ms: what comes later is the twin's guess. `Infinity` when the attempt was recorded to its end. */
  readonly knownUntilMs: number;
  /** What had been produced and billed when the request's own attempt was cut at `knownUntilMs`; null otherwise. */
  readonly recordedCut: CutAttempt | null;
}

/** What had been produced and is billed when an attempt was ended early. */
export interface CutAttempt {
  readonly firstTokenMs: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costMicroUsd: number;
}

/**
 * Output tokens there are at a time, ms from sending: the first at `producesFromMs`, then one every
 * `interTokenMs`, at most `outputTokens`.
 */
export function producedTokens(
  outputTokens: number,
  producesFromMs: number,
  interTokenMs: number,
  afterMs: number,
): number {
  if (afterMs < producesFromMs) return 0;
  if (interTokenMs === 0) return outputTokens;
  return Math.min(outputTokens, 1 + Math.floor((afterMs - producesFromMs) / interTokenMs));
}
