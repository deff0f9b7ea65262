/** Finds rows that a wrong clock put weeks away from all others: at the start of 1970, or years ahead. */

/** Traffic that is worth a fit does not pause for so long, ms. */
export const PAUSE_MAX_MS = 14 * 86_400_000;
/** More rows than this share are traffic of their own, not slips of a clock. */
const SLIPS_SHARE_MAX = 0.05;

/** From the first time that is believed to the last. */
export interface BelievedTimes {
  readonly fromMs: number;
  readonly toMs: number;
  /** The longest pause between believed times when it is one of weeks, ms; null: there is none. */
  readonly pauseMs: number | null;
}

/** @param timesMs ascending, at least one */
export function believedTimes(timesMs: ArrayLike<number>): BelievedTimes {
  const { length } = timesMs;
  const slipsMax = Math.floor(length * SLIPS_SHARE_MAX);
  let first = 0;
  let last = length - 1;
  for (let row = 1; row <= slipsMax; row++) if (timesMs[row]! - timesMs[row - 1]! > PAUSE_MAX_MS) first = row;
  for (let row = length - 2; row >= length - 1 - slipsMax && row >= first; row--) {
    if (timesMs[row + 1]! - timesMs[row]! > PAUSE_MAX_MS) last = row;
  }
  let pauseMs = 0;
  for (let row = first + 1; row <= last; row++) pauseMs = Math.max(pauseMs, timesMs[row]! - timesMs[row - 1]!);
  return { fromMs: timesMs[first]!, toMs: timesMs[last]!, pauseMs: pauseMs > PAUSE_MAX_MS ? pauseMs : null };
}
