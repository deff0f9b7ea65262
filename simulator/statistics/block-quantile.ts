/**
 * Quantiles of many resampled mixtures of the same histograms. Merging the histograms for every replicate would
 * cost a pass over all their bins; instead the weights are summed up along the bins once, and each replicate
 * bisects for the bin at which its mixture reaches the wanted rank.
 */
import { binOf, histogramMax, histogramMin, valueInBin, type LogHistogram } from './log-histogram.ts';

/**
 * Prepares the quantile of mixtures of `histograms`.
 *
 * @param probability 0 to 1
 * @returns a function of (multiplicities, offset): the quantile of the mixture that holds histogram b
 *   `multiplicities[offset + b]` times, `null` when it is empty. Equal to `histogramQuantile` of the merged
 *   histogram, except that it is held between the extremes of all the histograms, not of those in the mixture
 */
export function blockQuantile(
  histograms: readonly LogHistogram[],
  probability: number,
): (multiplicities: Uint16Array, offset: number) => number | null {
  const blocks = histograms.length;
  const min = histograms.reduce((least, histogram) => Math.min(least, histogramMin(histogram)), Infinity);
  const max = histograms.reduce((most, histogram) => Math.max(most, histogramMax(histogram)), -Infinity);
  if (min > max) return () => null;
  const first = binOf(min);
  const rows = binOf(max) - first + 1;
  const weightUpTo = cumulatedWeights(histograms, first, rows);

  const mixedUpTo = (row: number, multiplicities: Uint16Array, offset: number): number => {
    let weight = 0;
    for (let block = 0; block < blocks; block++) {
      weight += multiplicities[offset + block]! * weightUpTo[row * blocks + block]!;
    }
    return weight;
  };

  return (multiplicities, offset) => {
    const total = mixedUpTo(rows - 1, multiplicities, offset);
    if (total === 0) return null;
    const wanted = Math.max(probability * total, Number.MIN_VALUE);
    let low = 0;
    let high = rows - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (mixedUpTo(middle, multiplicities, offset) >= wanted) high = middle;
      else low = middle + 1;
    }
    const below = low === 0 ? 0 : mixedUpTo(low - 1, multiplicities, offset);
    const inside = mixedUpTo(low, multiplicities, offset) - below;
    return valueInBin(first + low, (wanted - below) / inside, min, max);
  };
}

/** Weight of block b in the rows up to r, at r x blocks + b. */
function cumulatedWeights(histograms: readonly LogHistogram[], first: number, rows: number): Float64Array {
  const blocks = histograms.length;
  const weights = new Float64Array(rows * blocks);
  histograms.forEach(({ bins }, block) => {
    let weight = 0;
    for (let row = 0; row < rows; row++) {
      weight += bins[first + row]!;
      weights[row * blocks + block] = weight;
    }
  });
  return weights;
}
