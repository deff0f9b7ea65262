import { describe, expect, it } from 'vitest';
import { effectOf, type OutcomeEffect, type OutcomeReason } from '../../../src/router/attempt/outcome-effect.ts';
import type { OutcomeKind } from '../../../src/router/index.ts';

type Consequence = Omit<OutcomeEffect, 'reason'>;
const GOOD: Consequence = { verdict: 'good', key: 'served', isRetryable: false };
const NO_MATTER: Consequence = { verdict: 'none', key: 'none', isRetryable: false };
const LIMITED: Consequence = { verdict: 'none', key: 'limited', isRetryable: true };
const EXPELLED: Consequence = { verdict: 'none', key: 'expelled', isRetryable: true };
const BAD: Consequence = { verdict: 'bad', key: 'none', isRetryable: true };

type Line = [OutcomeKind, number | null, string | null];

/** Each line of B.10's table, and each word of its order of reasons. */
const LINES: readonly (readonly [string, OutcomeReason, Consequence, readonly Line[]])[] = [
  ['a success', 'served', GOOD, [['success', 200, null]]],
  [
    'a success, whatever else is said of it',
    'served',
    GOOD,
    [
      ['success', 429, 'insufficient_quota'],
      ['success', null, 'auth'],
    ],
  ],
  [
    'affectsHealth false: the client left',
    'left',
    NO_MATTER,
    [
      ['cancelled', null, 'client_left'],
      ['cancelled', 500, null],
      ['cancelled', 429, 'quota_exhausted'],
    ],
  ],
  [
    '401, 402, 403, code has AUTH',
    'auth',
    EXPELLED,
    [
      ['failure', 401, 'unauthorized'],
      ['failure', 401, null],
      ['failure', 402, 'payment_required'],
      ['failure', 403, 'forbidden'],
      ['failure', 403, 'upstream_error'],
      ['failure', null, 'ERR_AUTH_FAILED'],
      ['failure', 500, 'invalid_authentication_error'],
      ['failure', 400, 'auth_expired'],
    ],
  ],
  [
    '429, recoverable',
    'rate_limit',
    LIMITED,
    [
      ['limited', 429, 'rate_limited'],
      ['limited', 429, null],
      ['limited', null, null],
      ['limited', 429, 'upstream_error'],
      ['failure', 429, null],
      ['failure', null, 'RATE_LIMIT'],
      ['failure', 503, 'rateLimitExceeded'],
    ],
  ],
  [
    '429, not recoverable',
    'quota',
    EXPELLED,
    [
      ['limited', 429, 'quota_exhausted'],
      ['limited', 429, 'insufficient_quota'],
      ['limited', 429, 'billing_hard_limit_reached'],
      ['limited', 429, 'quota_exceeded'],
      ['limited', 429, 'exceeded_current_quota_error'],
      ['failure', 429, 'INSUFFICIENT_BALANCE'],
      ['failure', 402, 'insufficient_credits'],
      ['failure', 400, 'billing_hard_limit_reached'],
      ['failure', 200, 'quota_exhausted'],
    ],
  ],
  [
    '>= 500',
    'upstream_error',
    BAD,
    [
      ['failure', 500, 'server_error'],
      ['failure', 502, 'bad_gateway'],
      ['failure', 503, 'service_unavailable'],
      ['failure', 529, 'overloaded'],
      ['failure', 599, null],
      ['failure', 500, 'generate_failed'],
      ['failure', 425, 'http_425'],
      ['failure', 200, 'upstream_error'],
    ],
  ],
  [
    'stage contains compat',
    'compatibility',
    BAD,
    [
      ['failure', null, 'ERR_COMPAT'],
      ['failure', 200, 'compatibility_error'],
      ['failure', 200, 'bad_upstream_body'],
      ['failure', null, 'bad_upstream_http'],
      ['failure', 200, 'upstream_body_too_large'],
    ],
  ],
  [
    'code has SSE',
    'sse',
    BAD,
    [
      ['failure', 200, 'SSE_DECODE_ERROR'],
      ['failure', null, 'err_sse'],
      ['failure', 200, 'stream_broken'],
    ],
  ],
  [
    'TIMEOUT, 408, 504',
    'timeout',
    BAD,
    [
      ['timeout', null, 'connect_timeout'],
      ['timeout', null, 'first_token_timeout'],
      ['timeout', null, null],
      ['failure', 408, 'request_timeout'],
      ['failure', 504, 'gateway_timeout'],
      ['failure', null, 'ETIMEDOUT_TIMEOUT'],
    ],
  ],
  [
    'other 4xx',
    'client_error',
    NO_MATTER,
    [
      ['failure', 400, 'bad_request'],
      ['failure', 400, 'upstream_error'],
      ['failure', 404, 'not_found'],
      // Of all providers, not of two types of them.
      ['failure', 406, 'http_406'],
      ['failure', 413, 'request_too_large'],
      ['failure', 422, 'unprocessable'],
      ['failure', 422, 'not_processed'],
      ['failure', 499, null],
    ],
  ],
  [
    'anything else',
    'unknown',
    BAD,
    [
      ['failure', null, null],
      ['failure', null, 'connection_refused'],
      ['failure', null, 'dns_failed'],
      ['failure', 200, null],
      ['failure', 302, 'http_302'],
    ],
  ],
];

describe('what an outcome means', () => {
  it.each(
    LINES.flatMap(([name, reason, consequence, lines]) =>
      lines.map((line) => [name, reason, ...line, consequence] as const),
    ),
  )('%s: %s of %s with status %s, code %s', (_, reason, kind, status, errorCode, consequence) => {
    expect(effectOf({ kind, status, errorCode })).toEqual({ reason, ...consequence });
  });

  it.each<[string, Line, OutcomeReason]>([
    ['quota before rate_limit', ['limited', 429, 'insufficient_quota_rate_limit'], 'quota'],
    ['rate_limit before auth', ['failure', 401, 'rate_limited'], 'rate_limit'],
    ['auth before compatibility', ['failure', 401, 'compat'], 'auth'],
    ['compatibility before sse', ['failure', null, 'compat_sse'], 'compatibility'],
    ['sse before timeout', ['failure', 504, 'sse_closed'], 'sse'],
    ['timeout before upstream_error', ['failure', 500, 'timeout'], 'timeout'],
    ['timeout before client_error', ['failure', 400, 'timeout'], 'timeout'],
  ])('goes by the first match: %s', (_, [kind, status, errorCode], reason) => {
    expect(effectOf({ kind, status, errorCode }).reason).toBe(reason);
  });
});
