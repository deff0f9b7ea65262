/**
 * A histogram of fixed size for positive values over eleven decades, with bins of equal relative width:
 * each power of two is cut into 128 equal bins (log-linear, the layout of G. Tene's HdrHistogram). The bin is
 * read off the bits of the number, so that adding needs no logarithm and allocates nothing.
 *
 * Values in [2^-10, 2^27), about 0.001 to 1.3e8, fall into bins no wider than 1/128 (0.79 %) of their value.
 * Smaller values, 0 included, share one bin below; larger ones share one bin above.
 */

const BINS_PER_OCTAVE_BITS = 7;
const LOWEST_EXPONENT = -10;
const OCTAVES = 37;
const INNER_BINS = OCTAVES << BINS_PER_OCTAVE_BITS;
/** Position of the bin of everything too large. Bin 0 is the bin of everything too small. */
const ABOVE = INNER_BINS + 1;

const LOWEST = 2 ** LOWEST_EXPONENT;
const HIGHEST = 2 ** (LOWEST_EXPONENT + OCTAVES);
/** The smallest value that has a bin of its own, 2^-10. */
export const LOG_HISTOGRAM_MIN = LOWEST;
/** The first value that is too large to have a bin of its own, 2^27. */
export const LOG_HISTOGRAM_MAX = HIGHEST;

const EXPONENT_BIAS = 1_023;
const SHIFT = 20 - BINS_PER_OCTAVE_BITS;
const FIRST_KEY = ((LOWEST_EXPONENT + EXPONENT_BIAS) << BINS_PER_OCTAVE_BITS) - 1;

const scratchValue = new Float64Array(1);
const scratchWords = new Uint32Array(scratchValue.buffer);
const HIGH_WORD = new Uint32Array(new Float64Array([1]).buffer)[1] === 0 ? 0 : 1;

/** Numbers that {@link LogHistogram.bins} holds. */
export const HISTOGRAM_BINS = INNER_BINS + 2;
/** Numbers that {@link LogHistogram.totals} holds, and their places. */
export const HISTOGRAM_TOTALS = 4;
const COUNT = 0;
const SUM = 1;
const MIN = 2;
const MAX = 3;

/** Plain data, safe to post to a worker. Change it through the functions of this file only. */
export interface LogHistogram {
  /**
   * How many values each bin holds; the first bin is "too small", the last "too large". Four bytes a bin: half
   * the memory to touch is a tenth of the time of a replay.
   */
  readonly bins: Uint32Array;
  /**
   * Count, sum, smallest and largest value. A typed array, because numbers that grow from small integers into
   * doubles make the engine drop its fast code for objects that hold them (measured: 6 against 10 ns an add).
   */
  readonly totals: Float64Array;
}

/** An empty histogram (4,738 bins, 19 kB). */
export function createLogHistogram(): LogHistogram {
  const totals = new Float64Array(HISTOGRAM_TOTALS);
  startTotals(totals);
  return { bins: new Uint32Array(INNER_BINS + 2), totals };
}

/** The totals of an empty histogram. */
export function startTotals(totals: Float64Array): void {
  totals[COUNT] = 0;
  totals[SUM] = 0;
  totals[MIN] = Infinity;
  totals[MAX] = -Infinity;
}

/** Total weight of the values added. */
export function histogramCount(histogram: LogHistogram): number {
  return histogram.totals[COUNT]!;
}

/** Weighted sum of the values as they were added, not of their bins. */
export function histogramSum(histogram: LogHistogram): number {
  return histogram.totals[SUM]!;
}

/** The smallest value added, `Infinity` when empty. */
export function histogramMin(histogram: LogHistogram): number {
  return histogram.totals[MIN]!;
}

/** The largest value added, `-Infinity` when empty. */
export function histogramMax(histogram: LogHistogram): number {
  return histogram.totals[MAX]!;
}

/** Position of a value's bin; rises with the value. */
export function binOf(value: number): number {
  if (value < LOWEST) return 0;
  if (value >= HIGHEST) return ABOVE;
  scratchValue[0] = value;
  return (scratchWords[HIGH_WORD]! >>> SHIFT) - FIRST_KEY;
}

/** Lower edge of an inner bin (1 to `INNER_BINS`); the lower edge of `ABOVE` is the upper edge of the last. */
function lowerEdge(bin: number): number {
  const step = bin - 1;
  const octave = step >> BINS_PER_OCTAVE_BITS;
  const within = (step & ((1 << BINS_PER_OCTAVE_BITS) - 1)) / (1 << BINS_PER_OCTAVE_BITS);
  return 2 ** (octave + LOWEST_EXPONENT) * (1 + within);
}

/**
 * The value at a share of the way through a bin, held between the smallest and the largest value there is.
 * The two outer bins have no width: they stand for the smallest and the largest.
 */
export function valueInBin(bin: number, share: number, min: number, max: number): number {
  if (bin === 0) return min;
  if (bin === ABOVE) return max;
  const lower = lowerEdge(bin);
  return Math.max(min, Math.min(max, lower + share * (lowerEdge(bin + 1) - lower)));
}

/**
 * Adds one value.
 *
 * @param value finite, >= 0
 * @throws RangeError when the value is negative, infinite or not a number
 */
export function addValue(histogram: LogHistogram, value: number): void {
  addToHistogram(histogram.bins, 0, histogram.totals, 0, value, binOf(value));
}

/**
 * The same for histograms that lie one after the other in two arrays.
 *
 * @param bin `binOf(value)`
 * @throws RangeError as {@link addValue}
 */
export function addToHistogram(
  bins: Uint32Array,
  firstBin: number,
  totals: Float64Array,
  firstTotal: number,
  value: number,
  bin: number,
): void {
  if (!(value >= 0 && value < Infinity)) throw notAValue(value);
  bins[firstBin + bin]! += 1;
  totals[firstTotal + COUNT]! += 1;
  totals[firstTotal + SUM]! += value;
  if (value < totals[firstTotal + MIN]!) totals[firstTotal + MIN] = value;
  if (value > totals[firstTotal + MAX]!) totals[firstTotal + MAX] = value;
}

/** Not written where it is thrown: the engine would turn every value into text ahead of the test. */
function notAValue(value: number): RangeError {
  return new RangeError(`a histogram takes finite values >= 0, not ${value}`);
}

/**
 * Adds every value of `from` to `into`, `weight` times.
 *
 * @param weight a whole number >= 0; 0 adds nothing
 */
export function mergeHistogram(into: LogHistogram, from: LogHistogram, weight = 1): void {
  if (weight === 0 || histogramCount(from) === 0) return;
  const { bins, totals } = into;
  const added = from.bins;
  const last = binOf(histogramMax(from));
  for (let bin = binOf(histogramMin(from)); bin <= last; bin++) bins[bin]! += weight * added[bin]!;
  totals[COUNT]! += weight * histogramCount(from);
  totals[SUM]! += weight * histogramSum(from);
  totals[MIN] = Math.min(totals[MIN]!, histogramMin(from));
  totals[MAX] = Math.max(totals[MAX]!, histogramMax(from));
}

/** Empties a histogram for another use. */
export function clearHistogram(histogram: LogHistogram): void {
  histogram.bins.fill(0);
  startTotals(histogram.totals);
}

/** Weighted mean of the values added, exact up to rounding; `null` when empty. */
export function histogramMean(histogram: LogHistogram): number | null {
  const count = histogramCount(histogram);
  return count > 0 ? histogramSum(histogram) / count : null;
}

/**
 * The value below which a share of the weight lies: the inverse of the empirical distribution function
 * (R `quantile` type 1), spread evenly inside its bin. The answer lies in the bin of the exact order
 * statistic, so it is off by less than 1/128 (0.79 %) of it for values from 2^-10 to 2^27. An answer among
 * the values too small or too large is the smallest or the largest value added.
 *
 * @param probability 0 to 1
 * @returns `null` when empty
 */
export function histogramQuantile(histogram: LogHistogram, probability: number): number | null {
  const { bins } = histogram;
  const count = histogramCount(histogram);
  const min = histogramMin(histogram);
  const max = histogramMax(histogram);
  if (!(count > 0)) return null;
  const wanted = Math.max(0, Math.min(1, probability)) * count;
  const last = binOf(max);
  let below = 0;
  for (let bin = binOf(min); bin <= last; bin++) {
    const weight = bins[bin]!;
    if (weight === 0) continue;
    if (below + weight >= wanted) {
      return valueInBin(bin, (wanted - below) / weight, min, max);
    }
    below += weight;
  }
  return max;
}

/**
 * The share of the weight at values up to `value`, values of its own bin counted in proportion to their place
 * in it. 0 when empty.
 */
export function histogramShareUpTo(histogram: LogHistogram, value: number): number {
  const { bins } = histogram;
  const count = histogramCount(histogram);
  if (!(count > 0) || value < histogramMin(histogram)) return 0;
  if (value >= histogramMax(histogram)) return 1;
  const bin = binOf(value);
  let below = 0;
  for (let index = binOf(histogramMin(histogram)); index < bin; index++) below += bins[index]!;
  if (bin === 0 || bin === ABOVE) return (below + bins[bin]!) / count;
  const lower = lowerEdge(bin);
  return (below + (bins[bin]! * (value - lower)) / (lowerEdge(bin + 1) - lower)) / count;
}
