/**
 * Starts of a sleeping model, told from the long tail of a waking one. Candidates are rows whose first token came
 * {@link ADDED_MIN_MS} or more after the median that the line gives for them. The body's tail is taken to fall off
 * exponentially on the scale of ln (a normal tail does so faster) from its 90 % quantile on, at the slower of two
 * rates: that between the 75 % and the 90 % quantile, and that of the rows between the 90 % quantile and the limit that
 * is tried. Candidates beyond a limit are cold starts when that tail would put no more than a tenth as many rows there
 * and they are at least three; the lowest such limit counts.
 */
import type { TwinDefinition } from '../../scenario.ts';
import { kaplanMeier, kaplanMeierQuantile } from './kaplan-meier.ts';

const ADDED_MIN_MS = 5_000;
const ROWS_MIN = 3;
/** More than this share of the rows is no rarity, and the line would be theirs. */
const SHARE_MAX = 0.2;
const BODY_SHARE_MAX = 0.1;
const TAIL_FROM = 0.9;
const SHOULDER_FROM = 0.75;

/**
 * @param lnMs ln of the first tokens or of their bounds
 * @param residuals `lnMs` less the line
 * @returns 1 for each row that is a cold start, bounds among them; `null` = none
 */
export function findColdStarts(lnMs: Float64Array, isCut: Uint8Array, residuals: Float64Array): Uint8Array | null {
  const size = residuals.length;
  const isCandidate = Uint8Array.from(lnMs, (ln, row) =>
    Math.exp(ln) - Math.exp(ln - residuals[row]!) >= ADDED_MIN_MS ? 1 : 0,
  );
  const candidates = residuals.filter((_, row) => isCandidate[row] === 1).sort();
  if (candidates.length < ROWS_MIN) return null;
  const distribution = kaplanMeier(residuals, isCut);
  const shoulder = kaplanMeierQuantile(distribution, SHOULDER_FROM);
  const tailFrom = kaplanMeierQuantile(distribution, TAIL_FROM);
  if (shoulder === null || tailFrom === null) return null;
  const shoulderScale = Math.max(1e-6, (tailFrom - shoulder) / Math.log((1 - SHOULDER_FROM) / (1 - TAIL_FROM)));
  const beyond = residuals.filter((residual) => residual > tailFrom).sort();

  let between = 0;
  let excess = 0;
  for (let index = 0; index <= candidates.length - ROWS_MIN; index++) {
    const limit = candidates[index]!;
    for (; between < beyond.length && beyond[between]! < limit; between++) excess += beyond[between]! - tailFrom;
    const count = candidates.length - index;
    if (limit <= tailFrom || count > SHARE_MAX * size) continue;
    const scale = Math.max(shoulderScale, between === 0 ? 0 : excess / between);
    const ofBody = size * (1 - TAIL_FROM) * Math.exp(-(limit - tailFrom) / scale);
    if (ofBody > BODY_SHARE_MAX * count) continue;
    return isCandidate.map((candidate, row) => (candidate === 1 && residuals[row]! >= limit ? 1 : 0));
  }
  return null;
}

/**
 * The even spread from which the added times came: each end lies beyond the extreme by the mean gap between neighbours,
 * which is unbiased, as the n values of a uniform sample part its range into n + 1 gaps of equal mean. What was cut counts: if q of the cold starts were cut at the latest seen
 * or later, the spread goes on for q more of its length.
 *
 * @param addedMs of the cold starts that were seen to their end, in any order
 * @param addedAtCutMs what had been added when patience ended, for those that were cut
 */
export function coldStartSpread(
  addedMs: Float64Array,
  addedAtCutMs: Float64Array,
): Pick<NonNullable<TwinDefinition['coldStart']>, 'minMs' | 'maxMs'> {
  const seen = addedMs.length;
  if (seen === 0) {
    const least = addedAtCutMs.reduce((min, added) => Math.min(min, added), Infinity);
    return { minMs: Math.round(least), maxMs: Math.round(2 * least) };
  }
  const sorted = Float64Array.from(addedMs).sort();
  const first = sorted[0]!;
  const last = sorted[seen - 1]!;
  const gap = seen === 1 ? 0 : (last - first) / (seen - 1);
  const minMs = Math.max(0, first - gap);
  const cut = addedAtCutMs.length;
  if (cut === 0) return { minMs: Math.round(minMs), maxMs: Math.round(last + gap) };
  const cutFrom = addedAtCutMs.reduce((sum, added) => sum + added, 0) / cut;
  const seenUpTo = Math.max(last, cutFrom);
  return { minMs: Math.round(minMs), maxMs: Math.round(minMs + ((seenUpTo - minMs) * (seen + cut)) / seen) };
}
