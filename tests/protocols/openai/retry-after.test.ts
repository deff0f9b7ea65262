import { describe, expect, it } from 'vitest';
import { limitedForMs, retryAfterMs } from '../../../src/protocols/openai/index.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('Retry-After', () => {
  it.each<[Record<string, string>, number | null]>([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after': ' 3 ' }, 3_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 23:59:00 GMT' }, 0],
    [{ 'retry-after-ms': '120', 'retry-after': '9' }, 120],
    [{ 'retry-after-ms': 'x', 'retry-after': '9' }, 9_000],
    [{ 'retry-after': '99999999999' }, 86_400_000],
    [{ 'retry-after': '-1' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '' }, null],
    [{ 'retry-after': '1e9' }, null],
    [{ 'x-ratelimit-reset-requests': '1s' }, null],
    [{}, null],
  ])('%j is %s ms', (headers, expected) => {
    expect(retryAfterMs(headers, NOW)).toBe(expected);
  });
});

describe('a 429', () => {
  const limits = (requests: string, requestsLeft: string, tokens: string, tokensLeft: string) => ({
    'x-ratelimit-reset-requests': requests,
    'x-ratelimit-remaining-requests': requestsLeft,
    'x-ratelimit-reset-tokens': tokens,
    'x-ratelimit-remaining-tokens': tokensLeft,
  });

  it.each<[Record<string, string>, number | null]>([
    [{ 'retry-after': '2', ...limits('1s', '0', '6m0s', '0') }, 2_000],
    [limits('1s', '5', '6m0s', '0'), 360_000],
    [limits('1s', '0', '6m0s', '7'), 1_000],
    [limits('1s', '0', '6m0s', '0'), 360_000],
    [limits('8.64s', '3', '120ms', '9'), 120],
    [{ 'x-ratelimit-reset-tokens': '1h2m3.5s' }, 3_723_500],
    [{ 'x-ratelimit-reset-tokens': '1d' }, 86_400_000],
    [{ 'x-ratelimit-reset-tokens': '12' }, 12_000],
    [{ 'x-ratelimit-reset-tokens': '2 minutes' }, null],
    [{ 'x-ratelimit-reset-tokens': '-1s' }, null],
    [{}, null],
  ])('with %j rests for %s ms', (headers, expected) => {
    expect(limitedForMs(headers, NOW)).toBe(expected);
  });
});
