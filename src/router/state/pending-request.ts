/** What the core remembers of a request between its arrival and its end. Plain data, part of the snapshot. */
import type { Arm } from '../canary.ts';
import type { AttemptSummary, RouterRequest } from '../contract.ts';
import type { Priority } from '../pool.ts';
import type { RequestClass } from '../policy.ts';
import type { Steered } from '../routes/steer-request.ts';

export interface PendingRequest {
  readonly request: RouterRequest;
  /** Fixed when it begins, for as long as there is a canary of that policy. */
  readonly arm: Arm;
  /** Position in the pool's lanes; -1 when the pool was changed and no longer knows the model. */
  readonly lane: number;
  /** What routes and instructions say of it; null when they say nothing. */
  readonly steered: Steered | null;
  /** Lane that is tried before `lane`, -1: none. See `Placement`. */
  readonly stickyLane: number;
  readonly barred: readonly number[];
  /** Position in the pool's client keys, -1 when the pool does not know the key. */
  readonly clientKey: number;
  readonly requestClass: RequestClass;
  readonly priority: Priority;
  /** Row of the class-weight table. */
  readonly weightRow: number;
  /** Order of arrival, for fairness among equals. */
  readonly sequence: number;
  readonly arrivedAtMs: number;
  readonly reservedTokens: number;
  readonly reservedOutputTokens: number;
  phase: 'queued' | 'backoff' | 'sent';
  /** It was queued or backed off at some time. */
  hasWaited: boolean;
  /** Due time of the timer that now counts for this request, -1 without one; timers with another time are stale. */
  timerAtMs: number;
  /** Start of the present wait in the queue. */
  queuedSinceMs: number;
  queuedMs: number;
  /** Key whose queue place the request holds while queued, else -1. */
  queueKey: number;
  /** Number of attempts made. */
  attempts: number;
  /** Targets that failed this request, and how; each is another's array while empty. */
  triedTargets: number[];
  failedAttempts: AttemptSummary[];
  /** The attempt in flight. */
  target: number;
  sentAtMs: number;
  isProbe: boolean;
  reservedMicroUsd: number;
}
