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

/** Who ended a request that nobody waits for any more: its client, or the end of the proxy, in order or not. */
export type CancelCode = 'client_left' | 'shutdown' | 'restart';

/** A request ends before an attempt was sent, or between two. */
export function leftWhileWaiting(requestId: string, waitedMs: number, errorCode: CancelCode): AttemptOutcome {
  return {
    requestId,
    attempt: 0,
    kind: 'cancelled',
    status: null,
    errorCode,
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

/**
 * An attempt that was in flight when an earlier proxy stopped. Nobody knows what came of it: its input is taken to be
 * billed in full, uncached, and its output is not counted.
 */
export function lostInFlight(request: RouterRequest, attempt: number, prices: Prices): AttemptOutcome {
  const { inputTokens } = request;
  return {
    ...leftWhileWaiting(request.requestId, 0, 'restart'),
    attempt,
    inputTokens,
    costMicroUsd: costMicroUsd(prices, inputTokens, 0, 0, 0),
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
