/**
 * What keeps an attempt from getting any token, asked in the order in which a request meets it: an outage, a
 * connection that never comes about, a storm of 429, the rate limit, an error inside the provider.
 *
 * Plain functions with many arguments, because a closure made on every attempt costs more than the rest (tsx gives
 * each one its name by a call).
 */
import { drawUniform } from '../../src/router/keyed-draw.ts';
import type { AttemptPlan, AttemptRequest } from './attempt-plan.ts';
import { CONNECT_TIMEOUT_SHARE, FAILURE_FORMS, failedPlan, type FailureForm } from './failure-form.ts';
import { either, type FaultEffect } from './fault-schedule.ts';
import { TWIN_DRAW } from './twin-draw.ts';
import type { TwinTarget } from './twin-target.ts';
import type { WeatherState } from './weather.ts';

const {
  failure: FAILURE_DRAW,
  failureDuration: FAILURE_DURATION_DRAW,
  outage: OUTAGE_DRAW,
  outageForm: OUTAGE_FORM_DRAW,
  storm: STORM_DRAW,
} = TWIN_DRAW;

function strikes(probability: number, seed: number, key: number, salt: number, purpose: number): boolean {
  return probability > 0 && drawUniform(seed, key, salt, purpose) < probability;
}

function refuse(
  targetIndex: number,
  request: AttemptRequest,
  attempt: number,
  form: FailureForm,
  seed: number,
  salt: number,
  retryAfterMs: number | null,
): AttemptPlan {
  const uniform = drawUniform(seed, request.requestKey, salt, FAILURE_DURATION_DRAW);
  return failedPlan(targetIndex, request.requestId, attempt, form, uniform, retryAfterMs);
}

/**
 * The plan of an attempt that gets no token, or `null` when it gets through. Getting past the rate limit uses it up.
 *
 * @param errorDraw the attempt's draw over the ranges of {@link TwinTarget.connectTimeoutBelow} and its neighbours
 */
export function refusal(
  twin: TwinTarget,
  fault: FaultEffect,
  weather: WeatherState,
  request: AttemptRequest,
  attempt: number,
  seed: number,
  salt: number,
  errorDraw: number,
  nowMs: number,
): AttemptPlan | null {
  const { index } = twin;
  const key = request.requestKey;
  if (fault.down || (weather === 'down' && strikes(twin.downFailureProbability, seed, key, salt, OUTAGE_DRAW))) {
    const unreachable = strikes(CONNECT_TIMEOUT_SHARE, seed, key, salt, OUTAGE_FORM_DRAW);
    const form = unreachable ? FAILURE_FORMS.connectTimeout : FAILURE_FORMS.unavailable;
    return refuse(index, request, attempt, form, seed, salt, null);
  }
  if (errorDraw < twin.connectTimeoutBelow) {
    return refuse(index, request, attempt, FAILURE_FORMS.connectTimeout, seed, salt, null);
  }
  if (strikes(fault.stormProbability, seed, key, salt, STORM_DRAW)) {
    return refuse(index, request, attempt, FAILURE_FORMS.limited, seed, salt, fault.stormRetryAfterMs);
  }
  const waitMs = twin.rateLimit === null ? 0 : twin.rateLimit(request.inputTokens + request.outputTokens, nowMs);
  if (waitMs > 0) {
    const retryAfterMs = twin.saysRetryAfter && waitMs < Infinity ? Math.ceil(waitMs) : null;
    return refuse(index, request, attempt, FAILURE_FORMS.limited, seed, salt, retryAfterMs);
  }
  const trouble = either(fault.failureProbability, weather === 'degraded' ? twin.degradedFailureProbability : 0);
  if (errorDraw < twin.serverErrorBelow || strikes(trouble, seed, key, salt, FAILURE_DRAW)) {
    return refuse(index, request, attempt, FAILURE_FORMS.serverError, seed, salt, null);
  }
  return null;
}

/** Whether a plan is a refusal that comes ahead of the rate limit, so that it has taken nothing from it. */
export function isBeforeRateLimit({ errorCode }: AttemptPlan): boolean {
  return errorCode === FAILURE_FORMS.connectTimeout.errorCode || errorCode === FAILURE_FORMS.unavailable.errorCode;
}
