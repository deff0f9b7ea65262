import { describe, expect, it } from 'vitest';
import { costMicroUsd, outcomeOf } from '../../src/proxy/attempt-outcome.ts';
import type { AttemptResult } from '../../src/proxy/upstream/index.ts';
import { sampleRequest } from '../log/sample-rows.ts';

const PRICES = {
  inputMicroUsdPerToken: 3,
  outputMicroUsdPerToken: 15,
  cacheReadMicroUsdPerToken: 0.3,
  cacheWriteMicroUsdPerToken: 3.75,
};
const request = sampleRequest('r', { inputTokens: 100 });
const result = (changes: Partial<AttemptResult>): AttemptResult => ({
  kind: 'success',
  status: 200,
  errorCode: null,
  firstTokenMs: null,
  durationMs: 50,
  retryAfterMs: null,
  usage: null,
  contentEvents: 0,
  isCommitted: false,
  answer: null,
  tail: null,
  isMidEvent: false,
  ...changes,
});
const usage = (inputTokens: number, outputTokens: number, cacheReadTokens = 0, cacheWriteTokens = 0) => ({
  inputTokens,
  outputTokens,
  cacheReadTokens,
  cacheWriteTokens,
});

describe('what an attempt used', () => {
  it.each<[string, Partial<AttemptResult>, number, number, number]>([
    ['is what the provider counted', { usage: usage(90, 7) }, 90, 7, 90 * 3 + 7 * 15],
    ['is estimated for an answer without a count', { contentEvents: 12, isCommitted: true }, 100, 12, 300 + 180],
    ['is estimated for a stream that broke', { kind: 'failure', contentEvents: 4, isCommitted: true }, 100, 4, 360],
    [
      'is counted for one that broke behind its usage',
      { kind: 'failure', isCommitted: true, usage: usage(9, 2) },
      9,
      2,
      57,
    ],
    ['is nothing for what failed before the first token', { kind: 'failure', status: 500 }, 0, 0, 0],
    ['is nothing for a client that left before', { kind: 'cancelled', status: null }, 0, 0, 0],
    [
      'is estimated for a client that left during',
      { kind: 'cancelled', isCommitted: true, contentEvents: 1 },
      100,
      1,
      315,
    ],
  ])('%s', (_, changes, inputTokens, outputTokens, cost) => {
    expect(outcomeOf(request, 1, result(changes), PRICES, 1)).toMatchObject({
      inputTokens,
      outputTokens,
      costMicroUsd: cost,
      reachedClient: changes.isCommitted ?? false,
    });
  });

  it('never counts more of the cache than there was input', () => {
    const outcome = outcomeOf(request, 1, result({ usage: usage(10, 0, 8, 7) }), PRICES, 1);
    expect(outcome).toMatchObject({ inputTokens: 10, cacheReadTokens: 8, cacheWriteTokens: 2 });
    expect(outcomeOf(request, 1, result({ usage: usage(10, 0, 80, 7) }), PRICES, 1)).toMatchObject({
      cacheReadTokens: 10,
      cacheWriteTokens: 0,
    });
  });

  it('has its times in the time of the core', () => {
    const outcome = outcomeOf(request, 2, result({ firstTokenMs: 4, retryAfterMs: 30 }), PRICES, 100);
    expect(outcome).toMatchObject({ attempt: 2, firstTokenMs: 400, durationMs: 5_000, retryAfterMs: 3_000 });
    expect(outcomeOf(request, 2, result({}), PRICES, 100)).toMatchObject({ firstTokenMs: null, retryAfterMs: null });
  });
});

describe('the bill', () => {
  it.each([
    [1_000, 0, 0, 0, 3_000],
    [1_000, 400, 0, 0, 600 * 3 + 120],
    [1_000, 400, 100, 10, 500 * 3 + 120 + 375 + 150],
    // 0.3 + 0.3 is 0.6, rounded to 1; one alone is rounded to nothing.
    [1, 1, 0, 0, 0],
    [2, 2, 0, 0, 1],
    // Half a micro-USD is rounded up, whatever 0.1 + 0.2 makes of it: 5 x 0.3.
    [5, 5, 0, 0, 2],
  ])('of %i tokens, %i read and %i written, %i out', (input, read, written, output, cost) => {
    expect(costMicroUsd(PRICES, input, read, written, output)).toBe(cost);
  });
});
