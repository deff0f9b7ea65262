/**
 * The distribution of a value of which some observations are only lower bounds: the product-limit estimator of E. L.
 * Kaplan and P. Meier (JASA 53, 1958), R `survival::survfit`. A bound equal to a value counts as above it.
 */
export interface KaplanMeier {
  /** Values seen in full, ascending. */
  readonly values: Float64Array;
  /** Probability of a value <= `values[i]`, never falling. */
  readonly upTo: Float64Array;
  /** What is left above the last value: 0 unless the largest of all is a bound. */
  readonly left: number;
}

/** @param isCut 1 where the value is a lower bound */
export function kaplanMeier(values: ArrayLike<number>, isCut: ArrayLike<number>): KaplanMeier {
  let cutCount = 0;
  for (let row = 0; row < isCut.length; row++) cutCount += isCut[row]!;
  const seen = new Float64Array(values.length - cutCount);
  const bounds = new Float64Array(cutCount);
  for (let row = 0, inSeen = 0, inBounds = 0; row < values.length; row++) {
    if (isCut[row] === 1) bounds[inBounds++] = values[row]!;
    else seen[inSeen++] = values[row]!;
  }
  seen.sort();
  bounds.sort();
  const upTo = new Float64Array(seen.length);
  let survives = 1;
  let boundsBelow = 0;
  for (let index = 0; index < seen.length; index++) {
    while (boundsBelow < bounds.length && bounds[boundsBelow]! < seen[index]!) boundsBelow++;
    const atRisk = seen.length - index + bounds.length - boundsBelow;
    survives *= 1 - 1 / atRisk;
    upTo[index] = 1 - survives;
  }
  return { values: seen, upTo, left: seen.length === 0 ? 1 : survives };
}

/**
 * The value that is reached with the given probability: linear between the middles of the steps (Hazen's plotting
 * positions; without bounds, R `quantile` type 5).
 *
 * @returns `null` beyond the last value, where the bounds hide it, and for no values at all
 */
export function kaplanMeierQuantile(distribution: KaplanMeier, probability: number): number | null {
  const { values, upTo, left } = distribution;
  const size = values.length;
  if (size === 0 || (left > 1e-12 && probability > upTo[size - 1]!)) return null;
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (middleOfStep(upTo, middle) >= probability) high = middle;
    else low = middle + 1;
  }
  if (low === 0) return values[0]!;
  if (low === size) return values[size - 1]!;
  const before = middleOfStep(upTo, low - 1);
  const share = (probability - before) / (middleOfStep(upTo, low) - before);
  return values[low - 1]! + share * (values[low]! - values[low - 1]!);
}

function middleOfStep(upTo: Float64Array, index: number): number {
  return (upTo[index]! + (index === 0 ? 0 : upTo[index - 1]!)) / 2;
}
