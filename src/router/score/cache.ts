/**
 * Cache term: the share of this request's input that the target's prompt cache is expected to hold, in [0, 1].
 *
 * A request whose prefix was seen before is expected to be warm where it was last served and cold elsewhere;
 * for a request without a known prefix the target's own recent hit ratio is the best guess.
 *
 * @param warmTarget where the prefix is warm, -1 when it is unknown
 * @param warmShare share of the input that is warm there
 */
export function cacheTerm(target: number, warmTarget: number, warmShare: number, recentHitRatio: number): number {
  if (warmTarget < 0) return Math.min(1, recentHitRatio);
  return target === warmTarget ? warmShare : 0;
}
