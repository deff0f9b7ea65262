/**
 * The one table from what an attempt came to, to what it means for the target, the key and the request.
 *
 * A 406 is a client's error like any other: only providers that take it for a refused key would have it otherwise, and
 * the core does not know types of providers.
 */
import type { AttemptOutcome, OutcomeKind } from '../contract.ts';

/**
 * - `served`, `left`: no failure; the client left, or the proxy stopped
 * - `quota`: the quota or the balance of the key is used up; waiting does not help
 * - `rate_limit`: too much at once; waiting helps
 * - `auth`: the provider refuses the key
 * - `compatibility`: the answer cannot be read
 * - `sse`: a stream that broke off
 * - `timeout`, `upstream_error`, `client_error`: as by their statuses
 * - `unknown`: no answer at all, or one that says nothing
 */
export type OutcomeReason =
  | 'served'
  | 'left'
  | 'quota'
  | 'rate_limit'
  | 'auth'
  | 'compatibility'
  | 'sse'
  | 'timeout'
  | 'upstream_error'
  | 'client_error'
  | 'unknown';

export interface OutcomeEffect {
  readonly reason: OutcomeReason;
  /** What it says about the target's health; only a key limited again and again changes it, see `rateLimit.consecutiveUntilBad`. */
  readonly verdict: 'good' | 'bad' | 'none';
  /** `limited`: rests for a while. `expelled`: the provider accepts the key no longer, or not before someone pays. */
  readonly key: 'served' | 'limited' | 'expelled' | 'none';
  /** Whether another target may do better. */
  readonly isRetryable: boolean;
}

/** Matches when one of its kinds, its statuses or its code does. */
interface EffectRow {
  readonly kinds?: readonly OutcomeKind[];
  /** From, to; both inclusive. */
  readonly statuses?: readonly (readonly [number, number])[];
  readonly code?: RegExp;
  readonly effect: OutcomeEffect;
}

const GOOD = { verdict: 'good', key: 'served', isRetryable: false } as const;
const NO_MATTER = { verdict: 'none', key: 'none', isRetryable: false } as const;
const LIMITED = { verdict: 'none', key: 'limited', isRetryable: true } as const;
const EXPELLED = { verdict: 'none', key: 'expelled', isRetryable: true } as const;
const BAD = { verdict: 'bad', key: 'none', isRetryable: true } as const;

/** In the order of the reasons in the table that this follows (seed semantics, B.10); the first match wins. */
const EFFECT_TABLE: readonly EffectRow[] = [
  { kinds: ['success'], effect: { reason: 'served', ...GOOD } },
  { kinds: ['cancelled'], effect: { reason: 'left', ...NO_MATTER } },
  // Ahead of the statuses: it comes as 429, 402, 403 and 400, and only the code tells it from a limit that passes.
  {
    code: /quota[_-]?(?:exceeded|exhausted)|(?:insufficient|exceeded_current)[_-]?(?:quota|balance|credit|funds)|billing/i,
    effect: { reason: 'quota', ...EXPELLED },
  },
  // "rate" alone would be found in "generate".
  {
    kinds: ['limited'],
    statuses: [[429, 429]],
    code: /rate[_-]?limit/i,
    effect: { reason: 'rate_limit', ...LIMITED },
  },
  { statuses: [[401, 403]], code: /auth/i, effect: { reason: 'auth', ...EXPELLED } },
  {
    code: /compat|^bad_upstream_(?:body|http)$|^upstream_body_too_large$/i,
    effect: { reason: 'compatibility', ...BAD },
  },
  // "sse" alone would be found in "processed".
  { code: /(?:^|[^a-z])sse(?:[^a-z]|$)|^stream_broken$/i, effect: { reason: 'sse', ...BAD } },
  {
    kinds: ['timeout'],
    statuses: [
      [408, 408],
      [504, 504],
    ],
    code: /time[_-]?out/i,
    effect: { reason: 'timeout', ...BAD },
  },
  // 425 Too Early is about the provider's TLS, and says "again".
  {
    statuses: [
      [425, 425],
      [500, Infinity],
    ],
    effect: { reason: 'upstream_error', ...BAD },
  },
  { statuses: [[400, 499]], effect: { reason: 'client_error', ...NO_MATTER } },
  // An error in an answer of status 200 that does not say whose fault it is.
  { code: /^upstream_error$/i, effect: { reason: 'upstream_error', ...BAD } },
];

const SERVED = EFFECT_TABLE[0]!.effect;
const UNKNOWN: OutcomeEffect = { reason: 'unknown', ...BAD };

/** Any of the patterns: most codes match none, and one look is quicker than seven. */
const TELLING_CODE = new RegExp(EFFECT_TABLE.flatMap(({ code }) => code?.source ?? []).join('|'), 'i');

/** What an outcome means. A success, by far the most frequent, is known by its kind alone. */
export function effectOf({
  kind,
  status,
  errorCode,
}: Pick<AttemptOutcome, 'kind' | 'status' | 'errorCode'>): OutcomeEffect {
  if (kind === 'success') return SERVED;
  const code = errorCode !== null && TELLING_CODE.test(errorCode) ? errorCode : null;
  for (const row of EFFECT_TABLE) if (matches(row, kind, status, code)) return row.effect;
  return UNKNOWN;
}

function matches(row: EffectRow, kind: OutcomeKind, status: number | null, errorCode: string | null): boolean {
  if (row.kinds !== undefined && row.kinds.includes(kind)) return true;
  if (status !== null && row.statuses !== undefined) {
    for (const [from, to] of row.statuses) if (status >= from && status <= to) return true;
  }
  return errorCode !== null && row.code !== undefined && row.code.test(errorCode);
}
