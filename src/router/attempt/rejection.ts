/** How a request ends that nobody can take, or that everybody failed: code, status, and when trying again may help. */
import { suitsNobody } from '../candidates/filter-candidates.ts';
import type { Command, RejectCode, RouterRequest } from '../contract.ts';
import type { SteeringRefusal } from '../routes/steer-request.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import type { RouterState } from '../state/router-state.ts';
import type { WaitingPlace } from './find-waiting-place.ts';

export interface Rejection {
  readonly code: RejectCode;
  /** HTTP status for the client. */
  readonly status: number;
  /** From now, ms; null: nobody knows. */
  readonly retryAfterMs: number | null;
}

/** Advice to a client when nothing better is known, ms. */
export const RETRY_AFTER_MIN_MS = 1_000;

/** Of a request that was not sent yet: no candidate is eligible, and waiting would not help. */
export function whyNobody(state: RouterState, pending: PendingRequest, place: WaitingPlace, nowMs: number): Rejection {
  const recoveryMs = place.recoversAtMs === Infinity ? null : Math.max(0, place.recoversAtMs - nowMs);
  if (isUnsupported(state, pending)) return { code: 'UNSUPPORTED_REQUEST', status: 400, retryAfterMs: null };
  if (place.isFull) {
    return { code: 'QUEUE_FULL', status: 429, retryAfterMs: Math.max(RETRY_AFTER_MIN_MS, recoveryMs ?? 0) };
  }
  if (place.isClientBudget) return { code: 'CLIENT_BUDGET_EXHAUSTED', status: 429, retryAfterMs: recoveryMs };
  const code = pending.steered === null ? 'NO_AVAILABLE_PROVIDER' : 'PROVIDER_NOT_AVAILABLE';
  return { code, status: 503, retryAfterMs: recoveryMs };
}

/** Neither what the session sticks to nor what would be taken else could ever serve it. */
function isUnsupported(state: RouterState, { lane, stickyLane, request }: PendingRequest): boolean {
  const { lanes } = state.pool;
  return [lane, stickyLane].every((each) => each < 0 || suitsNobody(state, lanes[each]!, request));
}

/** Of a request that was sent, and failed wherever it was sent. */
export function whyExhausted({ keys, pool }: RouterState, pending: PendingRequest, nowMs: number): Rejection {
  const code = 'ALL_PROVIDER_FAILED';
  const isTimeout = pending.failedAttempts.at(-1)?.kind === 'timeout';
  if (!pending.failedAttempts.every((attempt) => attempt.kind === 'limited')) {
    return { code, status: isTimeout ? 504 : 502, retryAfterMs: null };
  }
  let soonestMs = Infinity;
  for (const target of pending.triedTargets) {
    soonestMs = Math.min(soonestMs, keys.limitedUntilMs[pool.keyOf[target]!]!);
  }
  // None of the targets tried may be left in the pool.
  return {
    code,
    status: 429,
    retryAfterMs: soonestMs === Infinity ? RETRY_AFTER_MIN_MS : Math.max(0, soonestMs - nowMs),
  };
}

/** The answer to a request that is not taken in at all. */
export function refused({ requestId }: RouterRequest, { code, status, details }: SteeringRefusal): Command {
  return { kind: 'reject', requestId, code, status, retryAfterMs: null, attempts: [], decision: null, details };
}

/** The same for one whose model nobody knows. */
export function unknownModel({ requestId }: RouterRequest): Command {
  const code = 'UNKNOWN_MODEL';
  return {
    kind: 'reject',
    requestId,
    code,
    status: 404,
    retryAfterMs: null,
    attempts: [],
    decision: null,
    details: null,
  };
}
