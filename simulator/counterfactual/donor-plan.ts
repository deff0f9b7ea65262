/** Tier 2: the outcome of another request at the same target, about as large, at about the same time and load. */
import { producedTokens, type AttemptPlan } from '../twins/attempt-plan.ts';
import type { TwinAttempt } from '../twins/settle.ts';
import { censoredCourse, isCensored, type Course } from './censored-plan.ts';
import { withOwnTokens } from './own-tokens.ts';
import type { RecordedAttempt } from './recording.ts';

/**
 * The donor's fate and times: its first token as it was, the rest at its time per token times the request's own output.
 * A failure stays one; an answer that broke off does so after the donor's time, or at its own length if that comes
 * first. Tokens and cost are the request's own, at the twin's prices.
 */
export function donorPlan(donor: RecordedAttempt, met: TwinAttempt): AttemptPlan {
  const { request, ofTwin } = met;
  const isCut = isCensored(donor);
  const course = isCut ? censoredCourse(donor, request, ofTwin) : endedCourse(donor, met);
  const knownUntilMs = isCut ? donor.durationMs : Infinity;
  return withOwnTokens(course, met, { tier: 2, knownUntilMs, recordedCut: null });
}

function endedCourse(donor: RecordedAttempt, { request, ofTwin }: TwinAttempt): Course {
  const { status, errorCode, firstTokenMs, outputTokens } = donor;
  const hasSucceeded = donor.kind === 'success';
  if (!hasSucceeded && firstTokenMs === null && outputTokens === 0) {
    return {
      kind: 'failure',
      status,
      errorCode,
      firstTokenMs: null,
      durationMs: donor.durationMs,
      outputTokens: 0,
      reachedClient: false,
      connected: true,
      producesFromMs: Infinity,
      interTokenMs: 0,
    };
  }
  // Of an answer that was not streamed nobody knows when its first token was there; the twin's guess divides it.
  const producesFromMs = firstTokenMs ?? Math.min(ofTwin.producesFromMs, donor.durationMs);
  const gaps = hasSucceeded ? outputTokens - 1 : outputTokens;
  const interTokenMs = gaps > 0 ? (donor.durationMs - producesFromMs) / gaps : ofTwin.interTokenMs;
  const wholeMs = producesFromMs + Math.max(0, request.outputTokens - 1) * interTokenMs;
  const durationMs = hasSucceeded ? wholeMs : Math.min(wholeMs, donor.durationMs);
  return {
    kind: hasSucceeded ? 'success' : 'failure',
    status,
    errorCode,
    firstTokenMs: request.stream ? producesFromMs : null,
    durationMs,
    outputTokens: hasSucceeded
      ? request.outputTokens
      : producedTokens(request.outputTokens, producesFromMs, interTokenMs, durationMs),
    reachedClient: request.stream,
    connected: true,
    producesFromMs,
    interTokenMs,
  };
}
