import type { TwinDefinition } from '../scenario.ts';
import { bucketWaitMs, createTokenBucket, takeFromBucket } from './token-bucket.ts';

/**
 * The provider's limits on one key and model. Takes a request and its tokens out of both buckets and returns 0, or
 * takes nothing and returns how long until both would suffice, ms (`Infinity`: larger than the limit itself).
 */
export type RateLimit = (tokens: number, nowMs: number) => number;

/** `null` when nothing is limited. */
export function createRateLimit({ requestsPerMinute, tokensPerMinute }: TwinDefinition['rateLimit']): RateLimit | null {
  const requestBucket = requestsPerMinute === null ? null : createTokenBucket(requestsPerMinute);
  const tokenBucket = tokensPerMinute === null ? null : createTokenBucket(tokensPerMinute);
  if (requestBucket === null && tokenBucket === null) return null;
  return (tokens, nowMs) => {
    const waitMs = Math.max(
      requestBucket === null ? 0 : bucketWaitMs(requestBucket, 1, nowMs),
      tokenBucket === null ? 0 : bucketWaitMs(tokenBucket, tokens, nowMs),
    );
    if (waitMs > 0) return waitMs;
    if (requestBucket !== null) takeFromBucket(requestBucket, 1, nowMs);
    if (tokenBucket !== null) takeFromBucket(tokenBucket, tokens, nowMs);
    return 0;
  };
}
