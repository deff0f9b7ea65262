/** Tier 1: the outcome that was logged for this request at this target. */
import type { AttemptPlan } from '../twins/attempt-plan.ts';
import type { TwinAttempt } from '../twins/settle.ts';
import { censoredCourse, isCensored } from './censored-plan.ts';
import { withOwnTokens } from './own-tokens.ts';
import type { RecordedAttempt } from './recording.ts';

/** The plan that gives the logged outcome: times, tokens and cost as they were logged. */
export function ownPlan(logged: RecordedAttempt, met: TwinAttempt): AttemptPlan {
  return isCensored(logged) ? cutPlan(logged, met) : endedPlan(logged, met);
}

function endedPlan(logged: RecordedAttempt, { request, attempt, ofTwin }: TwinAttempt): AttemptPlan {
  const { kind, status, errorCode, firstTokenMs, durationMs, outputTokens } = logged;
  const hasAnswered = kind === 'success' || firstTokenMs !== null || outputTokens > 0;
  const producesFromMs = hasAnswered ? (firstTokenMs ?? Math.min(ofTwin.producesFromMs, durationMs)) : Infinity;
  const gaps = kind === 'success' ? outputTokens - 1 : outputTokens;
  return {
    requestId: request.requestId,
    attempt,
    // A cut one takes the other way.
    kind: kind as AttemptPlan['kind'],
    status,
    errorCode,
    firstTokenMs,
    durationMs,
    inputTokens: logged.inputTokens,
    outputTokens,
    cacheReadTokens: logged.cacheReadTokens,
    cacheWriteTokens: logged.cacheWriteTokens,
    costMicroUsd: logged.costMicroUsd,
    retryAfterMs: logged.retryAfterMs,
    reachedClient: request.stream && (kind === 'success' || firstTokenMs !== null),
    connected: true,
    targetIndex: ofTwin.targetIndex,
    producesFromMs,
    interTokenMs: hasAnswered ? (durationMs - producesFromMs) / Math.max(1, gaps) : 0,
    priceFactor: ofTwin.priceFactor,
    evidence: { tier: 1, knownUntilMs: Infinity, recordedCut: null },
  };
}

function cutPlan(logged: RecordedAttempt, met: TwinAttempt): AttemptPlan {
  const { request } = met;
  // The answer had not ended at the cut, whatever the trace takes its length to be.
  const outputTokens = Math.max(request.outputTokens, logged.outputTokens + 2);
  const course = censoredCourse(logged, { stream: request.stream, outputTokens }, met.ofTwin);
  return withOwnTokens(course, met, { tier: 1, knownUntilMs: logged.durationMs, recordedCut: logged });
}
