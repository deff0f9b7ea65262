/** How attempts fail before any token: the status, the code, and how long it takes to find out. */
import { lognormalFromUniform } from '../statistics/normal-quantile.ts';
import type { AttemptPlan } from './attempt-plan.ts';

export interface FailureForm {
  readonly kind: 'failure' | 'timeout' | 'limited';
  readonly status: number | null;
  readonly errorCode: string;
  /** Lognormal duration. */
  readonly medianMs: number;
  readonly sigma: number;
}

/**
 * Refusals are quick, faults inside the provider take a while, and a connection into the void lasts until someone
 * gives up: 30 s here, unless the driver's own limit is shorter.
 */
export const FAILURE_FORMS = {
  connectTimeout: { kind: 'timeout', status: null, errorCode: 'connect_timeout', medianMs: 30_000, sigma: 0 },
  unavailable: { kind: 'failure', status: 503, errorCode: 'service_unavailable', medianMs: 60, sigma: 0.6 },
  serverError: { kind: 'failure', status: 500, errorCode: 'server_error', medianMs: 400, sigma: 0.8 },
  limited: { kind: 'limited', status: 429, errorCode: 'rate_limited', medianMs: 30, sigma: 0.4 },
} as const satisfies Readonly<Record<string, FailureForm>>;

/** Of the attempts that meet a provider that is down, how many find nothing listening; the others get a 503. */
export const CONNECT_TIMEOUT_SHARE = 0.5;

/**
 * The plan of an attempt that fails before any token: nothing is counted and nothing billed.
 *
 * @param uniform in [0, 1), for the duration
 */
export function failedPlan(
  targetIndex: number,
  requestId: string,
  attempt: number,
  form: FailureForm,
  uniform: number,
  retryAfterMs: number | null,
): AttemptPlan {
  return {
    requestId,
    attempt,
    kind: form.kind,
    status: form.status,
    errorCode: form.errorCode,
    firstTokenMs: null,
    durationMs: lognormalFromUniform(uniform, form.medianMs, form.sigma),
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costMicroUsd: 0,
    retryAfterMs,
    reachedClient: false,
    connected: form.kind !== 'timeout',
    targetIndex,
    producesFromMs: Infinity,
    interTokenMs: 0,
    priceFactor: 1,
  };
}
