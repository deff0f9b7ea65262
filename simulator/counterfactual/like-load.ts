/** When the load of two moments is alike enough for what happened at one of them to stand for the other. */

/** Loads as small as these are alike whatever their ratio: the difference is a matter of one or two requests. */
const OFFSET = 2;
/** Beyond that, share of the larger one. */
const SHARE = 0.25;

/** Two counts (attempts in flight, or sent within a minute) are alike when they differ by at most 2 + a quarter of the larger. */
export function isLikeLoad(a: number, b: number): boolean {
  return Math.abs(a - b) <= OFFSET + SHARE * Math.max(a, b);
}
