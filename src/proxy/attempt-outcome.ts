/** An attempt's result in the words of the core: tokens, money, and what a missing count is taken for. */
import type { AttemptOutcome, Prices, RouterRequest } from '../router/index.ts';
import type { AttemptResult } from './upstream/index.ts';

/**
 * What the provider counted, or an estimate where it did not get to tell: a success is taken for the estimated input
 * and one token a content event; of an answer that broke off, what had come by then. Whatever failed before its first
 * token is taken to be free.
 *
 * @param speed ms of the core's time in one on the wall
 */
export function outcomeOf(
  request: RouterRequest,
  attempt: number,
  result: AttemptResult,
  prices: Prices,
  speed: number,
): AttemptOutcome {
  const hasProduced = result.kind === 'success' || result.isCommitted;
  const { usage } = result;
  const inputTokens = usage?.inputTokens ?? (hasProduced ? request.inputTokens : 0);
  const outputTokens = usage?.outputTokens ?? (hasProduced ? result.contentEvents : 0);
  const cacheReadTokens = Math.min(inputTokens, usage?.cacheReadTokens ?? 0);
  const cacheWriteTokens = Math.min(inputTokens - cacheReadTokens, usage?.cacheWriteTokens ?? 0);
  return {
    requestId: request.requestId,
    attempt,
    kind: result.kind,
    status: result.status,
    errorCode: result.errorCode,
    firstTokenMs: result.firstTokenMs === null ? null : result.firstTokenMs * speed,
    durationMs: result.durationMs * speed,
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    costMicroUsd: costMicroUsd(prices, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens),
    retryAfterMs: result.retryAfterMs === null ? null : result.retryAfterMs * speed,
    reachedClient: result.isCommitted,
  };
}

/** The client left before an attempt was sent, or between two. */
export function leftWhileWaiting(requestId: string, waitedMs: number): AttemptOutcome {
  return {
    requestId,
    attempt: 0,
    kind: 'cancelled',
    status: null,
    errorCode: 'client_left',
    firstTokenMs: null,
    durationMs: waitedMs,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costMicroUsd: 0,
    retryAfterMs: null,
    reachedClient: false,
  };
}

const PICO_PER_MICRO = 1_000_000;

/** The bill in whole micro-USD, half a micro-USD rounded up; summed in whole pico-USD, so that it is exact. */
export function costMicroUsd(
  prices: Prices,
  inputTokens: number,
  cacheReadTokens: number,
  cacheWriteTokens: number,
  outputTokens: number,
): number {
  const picoUsd =
    (inputTokens - cacheReadTokens - cacheWriteTokens) * pico(prices.inputMicroUsdPerToken) +
    cacheReadTokens * pico(prices.cacheReadMicroUsdPerToken) +
    cacheWriteTokens * pico(prices.cacheWriteMicroUsdPerToken) +
    outputTokens * pico(prices.outputMicroUsdPerToken);
  return Math.round(picoUsd / PICO_PER_MICRO);
}

function pico(microUsd: number): number {
  return Math.round(microUsd * PICO_PER_MICRO);
}
