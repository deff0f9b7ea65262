/**
 * The Kolmogorov-Smirnov distance: the largest vertical gap between two distribution functions, 0 to 1.
 * Agrees with SciPy `ks_2samp(...).statistic` and `kstest(...).statistic`.
 */

/**
 * Distance between two samples. Equal values, within a sample or across, are stepped over together, so ties
 * do not open a gap that is not there.
 *
 * @returns `null` when a sample is empty
 */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  return kolmogorovSmirnovOfSorted(Float64Array.from(a).sort(), Float64Array.from(b).sort());
}

/** {@link kolmogorovSmirnov} of samples that are sorted already, ascending. */
export function kolmogorovSmirnovOfSorted(left: ArrayLike<number>, right: ArrayLike<number>): number | null {
  if (left.length === 0 || right.length === 0) return null;
  let inLeft = 0;
  let inRight = 0;
  let gapMax = 0;
  while (inLeft < left.length && inRight < right.length) {
    const value = Math.min(left[inLeft]!, right[inRight]!);
    while (inLeft < left.length && left[inLeft]! === value) inLeft++;
    while (inRight < right.length && right[inRight]! === value) inRight++;
    gapMax = Math.max(gapMax, Math.abs(inLeft / left.length - inRight / right.length));
  }
  return gapMax;
}

/**
 * Distance between a sample and a continuous distribution.
 *
 * @param distribution the distribution function: probability of a value <= x
 * @returns `null` when the sample is empty
 */
export function kolmogorovSmirnovAgainst(
  sample: ArrayLike<number>,
  distribution: (x: number) => number,
): number | null {
  const size = sample.length;
  if (size === 0) return null;
  const sorted = Float64Array.from(sample).sort();
  let gapMax = 0;
  for (let index = 0; index < size; index++) {
    const expected = distribution(sorted[index]!);
    gapMax = Math.max(gapMax, (index + 1) / size - expected, expected - index / size);
  }
  return gapMax;
}

/**
 * The distance that two samples of one distribution exceed with the given probability, for large samples:
 * sqrt(-ln(significance / 2) / 2) x sqrt((n + m) / (n m)) (Smirnov 1948). Pass `Infinity` as the second size
 * for a sample against a known distribution.
 *
 * @param significance probability of exceeding, in (0, 1)
 */
export function kolmogorovSmirnovCritical(significance: number, sizeA: number, sizeB: number): number {
  return Math.sqrt((-Math.log(significance / 2) / 2) * (1 / sizeA + 1 / sizeB));
}
