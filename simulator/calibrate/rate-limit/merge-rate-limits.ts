import type { Estimate } from '../estimate.ts';
import type { RateLimitFit } from '../fitted-twin.ts';

/**
 * The limits of a twin from those of its keys. All keys of a twin have the same limits, so their intervals should have
 * a part that is common to all of them, and that is the interval of the twin. Keys without 429s say nothing against it.
 *
 * @param fits one for each key; none gives no limits
 */
export function mergeRateLimits(fits: readonly RateLimitFit[]): RateLimitFit {
  const notes = fits.flatMap((fit) => fit.notes);
  const requests = mergeEstimates(fits.flatMap(({ intervals }) => intervals.requestsPerMinute ?? []));
  const tokens = mergeEstimates(fits.flatMap(({ intervals }) => intervals.tokensPerMinute ?? []));
  const found = { requests: requests.estimate, tokens: tokens.estimate };
  if (!requests.agree) notes.push('its keys differ in requests a minute; the middle one is taken for all');
  if (!tokens.agree) notes.push('its keys differ in tokens a minute; the middle one is taken for all');
  const told = fits.filter(({ limited }) => limited > 0);
  const saying = told.filter(({ rateLimit }) => rateLimit.retryAfter);
  return {
    rateLimit: {
      requestsPerMinute: found.requests?.value ?? null,
      tokensPerMinute: found.tokens?.value ?? null,
      retryAfter: saying.length * 2 >= told.length,
    },
    intervals: { requestsPerMinute: found.requests, tokensPerMinute: found.tokens },
    limited: fits.reduce((sum, { limited }) => sum + limited, 0),
    tooFew: told.length > 0 && told.every(({ tooFew }) => tooFew),
    notes,
  };
}

function mergeEstimates(estimates: readonly Estimate[]): {
  readonly estimate: Estimate | null;
  readonly agree: boolean;
} {
  if (estimates.length === 0) return { estimate: null, agree: true };
  const low = Math.max(...estimates.map(({ low95, value }) => low95 ?? value));
  const high = Math.min(...estimates.map(({ high95, value }) => high95 ?? value));
  if (low <= high) return { estimate: { value: Math.sqrt(low * high), low95: low, high95: high }, agree: true };
  const sorted = [...estimates].sort((a, b) => a.value - b.value);
  return {
    estimate: {
      value: sorted[Math.floor((sorted.length - 1) / 2)]!.value,
      low95: Math.min(...estimates.map(({ low95, value }) => low95 ?? value)),
      high95: Math.max(...estimates.map(({ high95, value }) => high95 ?? value)),
    },
    agree: false,
  };
}
