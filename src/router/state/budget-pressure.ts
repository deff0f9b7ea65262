/**
 * Pressure of a budget's use: 0 up to the soft threshold, then linear to 1 at the limit.
 *
 * @param use 1 = at the limit
 * @param softThreshold in [0, 1)
 */
export function budgetPressure(use: number, softThreshold: number): number {
  if (use <= softThreshold) return 0;
  return Math.min(1, (use - softThreshold) / (1 - softThreshold));
}
