/** Exact quantiles of small samples. */

/**
 * Quantile of a sorted sample: R `quantile` type 7, NumPy's default (Hyndman and Fan, The American
 * Statistician 50, 1996). With h = (n - 1) p, linear between the order statistics around h.
 *
 * @param sorted ascending
 * @param probability 0 to 1
 * @returns `null` when the sample is empty
 */
export function quantileOfSorted(sorted: ArrayLike<number>, probability: number): number | null {
  if (sorted.length === 0) return null;
  const place = (sorted.length - 1) * Math.max(0, Math.min(1, probability));
  const index = Math.floor(place);
  const lower = sorted[index]!;
  const upper = sorted[Math.min(index + 1, sorted.length - 1)]!;
  return lower + (place - index) * (upper - lower);
}

/** {@link quantileOfSorted} of a sample in any order; the sample is left as it is. */
export function quantile(sample: ArrayLike<number>, probability: number): number | null {
  return quantileOfSorted(Float64Array.from(sample).sort(), probability);
}
