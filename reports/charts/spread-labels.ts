/**
 * Positions near the wanted ones that keep `gap` between neighbours and stay within [low, high] where
 * they fit. Each label is pushed down past its upper neighbour, then the overhang is pushed back up.
 */
export function spreadLabels(wanted: readonly number[], gap: number, low: number, high: number): readonly number[] {
  const order = wanted
    .map((_value, index) => index)
    .sort((left, right) => (wanted[left] ?? 0) - (wanted[right] ?? 0) || left - right);
  const placed = [...wanted];
  let floor = low;
  for (const index of order) {
    placed[index] = Math.max(wanted[index] ?? low, floor);
    floor = (placed[index] ?? low) + gap;
  }
  let ceiling = high;
  for (const index of order.toReversed()) {
    placed[index] = Math.min(placed[index] ?? high, ceiling);
    ceiling = (placed[index] ?? high) - gap;
  }
  return placed;
}
