/**
 * The course of an attempt that somebody's patience cut: known up to the cut, guessed beyond. Whoever is patient longer
 * than the log gets the twin's guess (and tier 3), never the cut itself as if the provider had ended there.
 */
import type { AttemptPlan } from '../twins/attempt-plan.ts';
import { FAILURE_FORMS } from '../twins/failure-form.ts';
import type { RecordedAttempt } from './recording.ts';

/** Whether the recorded end was no doing of the provider: a timeout of the proxy, or the client's leaving. */
export function isCensored({ kind }: RecordedAttempt): boolean {
  return kind === 'timeout' || kind === 'cancelled';
}

/** What the course needs to know of the request that takes it. */
export interface OwnAnswer {
  readonly stream: boolean;
  readonly outputTokens: number;
}

/** Fields of a plan that the course of an attempt settles. */
export type Course = Pick<
  AttemptPlan,
  | 'kind'
  | 'status'
  | 'errorCode'
  | 'firstTokenMs'
  | 'durationMs'
  | 'outputTokens'
  | 'reachedClient'
  | 'connected'
  | 'producesFromMs'
  | 'interTokenMs'
>;

/**
 * Up to the cut as recorded. Beyond it: a connection that did not come about never does; a stream that stalled stays so;
 * one that ran keeps its pace; and where no token had come, the twin's plan stands if it agrees with that, or else
 * begins anew at the cut.
 */
export function censoredCourse(logged: RecordedAttempt, own: OwnAnswer, ofTwin: AttemptPlan): Course {
  const cutMs = logged.durationMs;
  if (logged.errorCode === FAILURE_FORMS.connectTimeout.errorCode) return unconnected(cutMs);
  if (logged.firstTokenMs === null || !own.stream) {
    const staysSilent = (own.stream ? (ofTwin.firstTokenMs ?? ofTwin.durationMs) : ofTwin.durationMs) > cutMs;
    return staysSilent ? ofTwin : delayed(ofTwin, cutMs);
  }
  const sinceFirstMs = cutMs - logged.firstTokenMs;
  const hasStalled = logged.errorCode === 'idle_timeout';
  // Rounded towards the quicker pace, so that the guess does not look like a stall. A cut at the first token shows none.
  const paceMs =
    sinceFirstMs === 0 ? Math.max(1, ofTwin.interTokenMs) : sinceFirstMs / Math.max(1, logged.outputTokens);
  const interTokenMs = hasStalled ? sinceFirstMs + 1 : paceMs;
  return {
    kind: 'success',
    status: 200,
    errorCode: null,
    firstTokenMs: logged.firstTokenMs,
    durationMs: logged.firstTokenMs + Math.max(0, own.outputTokens - 1) * interTokenMs,
    outputTokens: own.outputTokens,
    reachedClient: true,
    connected: true,
    producesFromMs: logged.firstTokenMs,
    interTokenMs,
  };
}

function unconnected(cutMs: number): Course {
  const { kind, status, errorCode, medianMs } = FAILURE_FORMS.connectTimeout;
  return {
    kind,
    status,
    errorCode,
    firstTokenMs: null,
    durationMs: Math.max(cutMs, medianMs),
    outputTokens: 0,
    reachedClient: false,
    connected: false,
    producesFromMs: Infinity,
    interTokenMs: 0,
  };
}

function delayed(plan: AttemptPlan, byMs: number): Course {
  return {
    ...plan,
    firstTokenMs: plan.firstTokenMs === null ? null : plan.firstTokenMs + byMs,
    durationMs: plan.durationMs + byMs,
    producesFromMs: plan.producesFromMs + byMs,
  };
}
