/** How long a provider asks to be left alone. */

/** As undici and Node give headers: names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** No provider means more than a day; the policy cuts it further. */
const WAIT_MAX_MS = 86_400_000;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|[smhd])/g;

/**
 * The wait that the headers ask for in so many words, ms, 0 to one day, or null: `retry-after-ms`, else `retry-after`
 * (seconds or an HTTP date).
 *
 * @param nowEpochMs wall clock, for dates
 */
export function retryAfterMs(headers: ResponseHeaders, nowEpochMs: number): number | null {
  return bounded(plainNumber(headers['retry-after-ms'])) ?? bounded(secondsOrDate(headers['retry-after'], nowEpochMs));
}

/**
 * The wait after a 429, ms: as {@link retryAfterMs}, else from `x-ratelimit-reset-requests` and `-tokens`. Of these
 * two the later one whose `x-ratelimit-remaining-...` is 0, else the sooner: it is a full refill that they name, and
 * one request needs less. Other answers carry these headers too, and mean nothing by them.
 */
export function limitedForMs(headers: ResponseHeaders, nowEpochMs: number): number | null {
  return retryAfterMs(headers, nowEpochMs) ?? bounded(rateLimitReset(headers));
}

/** A duration such as `1s`, `6m0s`, `1h2m3.5s`, `120ms` or plain seconds, in ms; null when it is none. */
export function durationMs(text: string): number | null {
  const seconds = plainNumber(text);
  if (seconds !== null) return seconds * 1_000;
  const trimmed = text.trim();
  if (!DURATION.test(trimmed)) return null;
  let totalMs = 0;
  for (const [, amount, unit] of trimmed.matchAll(DURATION_PART)) totalMs += Number(amount) * (UNIT_MS[unit!] ?? 0);
  return totalMs;
}

function rateLimitReset(headers: ResponseHeaders): number | null {
  const exhausted: number[] = [];
  const others: number[] = [];
  for (const kind of ['requests', 'tokens']) {
    const reset = headers[`x-ratelimit-reset-${kind}`];
    const waitMs = typeof reset === 'string' ? durationMs(reset) : null;
    if (waitMs === null) continue;
    const isExhausted = plainNumber(headers[`x-ratelimit-remaining-${kind}`]) === 0;
    (isExhausted ? exhausted : others).push(waitMs);
  }
  if (exhausted.length > 0) return Math.max(...exhausted);
  return others.length > 0 ? Math.min(...others) : null;
}

function secondsOrDate(value: ResponseHeaders[string], nowEpochMs: number): number | null {
  const seconds = plainNumber(value);
  if (seconds !== null) return seconds * 1_000;
  // A date has a name of a day or a month; `Date.parse` would also take `-1` for one.
  if (typeof value !== 'string' || !/[a-z]{3}/i.test(value)) return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowEpochMs);
}

function plainNumber(value: ResponseHeaders[string]): number | null {
  return typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : null;
}

function bounded(waitMs: number | null): number | null {
  return waitMs === null ? null : Math.min(WAIT_MAX_MS, Math.ceil(waitMs));
}
