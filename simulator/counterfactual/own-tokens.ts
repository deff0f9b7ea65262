import type { AttemptPlan, PlanEvidence } from '../twins/attempt-plan.ts';
import { costMicroUsd } from '../twins/pricing.ts';
import type { TwinAttempt } from '../twins/settle.ts';
import type { Course } from './censored-plan.ts';

/**
 * A course with the request's own tokens, billed at the twin's prices: a donor lends its times and its fate, not its
 * length. What never got to the model has no tokens and costs nothing.
 */
export function withOwnTokens(course: Course, met: TwinAttempt, evidence: PlanEvidence): AttemptPlan {
  const { request, attempt, pricing, ofTwin } = met;
  const { priceFactor, targetIndex } = ofTwin;
  const { kind, producesFromMs, outputTokens } = course;
  const hasBegun = producesFromMs < Infinity;
  const inputTokens = hasBegun ? request.inputTokens : 0;
  const cacheReadTokens = hasBegun ? met.readTokens : 0;
  const cacheWriteTokens = hasBegun ? met.writeTokens : 0;
  const isBilled = hasBegun && (kind === 'success' || pricing.billsAborted);
  return {
    kind,
    status: course.status,
    errorCode: course.errorCode,
    firstTokenMs: course.firstTokenMs,
    durationMs: course.durationMs,
    outputTokens,
    reachedClient: course.reachedClient,
    connected: course.connected,
    producesFromMs,
    interTokenMs: course.interTokenMs,
    requestId: request.requestId,
    attempt,
    inputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    costMicroUsd: isBilled
      ? costMicroUsd(pricing, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, priceFactor)
      : 0,
    retryAfterMs: kind === 'limited' ? ofTwin.retryAfterMs : null,
    targetIndex,
    priceFactor,
    evidence,
  };
}
