/**
 * The provider's own load, which nobody outside sees, found in what the residuals of one minute and of minutes close
 * in time have in common. The level x of a minute is taken as in `simulator/twins/drift.ts`: a stationary AR(1) with
 * standard deviation `sigma` that forgets half of itself in `halfLifeMinutes`.
 *
 * Method of moments: two different rows k minutes apart have the expected product sigma^2 r^k, whatever the noise of
 * single rows, because that is independent. The level is then read off by the Kalman filter and the smoother of H.
 * Rauch, F. Tung and C. Striebel (AIAA Journal 3, 1965).
 */
const MINUTE_MS = 60_000;
const MINUTES_MIN = 20;
/** Standard errors by which the common part must be above nothing. */
const CERTAINTY = 3.3;
const LAGS_MAX = 240;
const FIRST_LAGS = 15;
const HALF_LIVES_TRIED = 50;
const SIGMA_MIN = 0.005;
/** Rows that a variance within minutes must rest on, less one for each minute. */
const DEGREES_WITHIN_MIN = 100;

/** Sums of the residuals of each minute from the first on, less their mean over all rows. */
export interface MinuteSums {
  readonly firstMinute: number;
  readonly mean: number;
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

export interface Swings {
  readonly sigma: number;
  readonly halfLifeMinutes: number;
  /** Variance of a single row around the level of its minute. */
  readonly noiseVariance: number;
  /** Expected product at lag k over sigma^2, from 0 on: r^k less what the subtracted mean takes away. */
  readonly shape: Float64Array;
}

/** Level of each minute and the variance that remains unknown of it. */
export interface Levels {
  readonly firstMinute: number;
  readonly level: Float64Array;
  readonly variance: Float64Array;
}

export function minuteOf(sentAtMs: number): number {
  return Math.floor(sentAtMs / MINUTE_MS);
}

/** @param residuals on the scale of ln, extremes cut; their mean is taken off here */
export function minuteSums(sentAtMs: Float64Array, residuals: Float64Array): MinuteSums {
  const size = residuals.length;
  const firstMinute = size === 0 ? 0 : minuteOf(sentAtMs[0]!);
  const minutes = size === 0 ? 0 : minuteOf(sentAtMs[size - 1]!) - firstMinute + 1;
  const counts = new Float64Array(minutes);
  const sums = new Float64Array(minutes);
  const squares = new Float64Array(minutes);
  let mean = 0;
  for (let row = 0; row < size; row++) mean += residuals[row]! / size;
  for (let row = 0; row < size; row++) {
    const minute = minuteOf(sentAtMs[row]!) - firstMinute;
    const value = residuals[row]! - mean;
    counts[minute]! += 1;
    sums[minute]! += value;
    squares[minute]! += value * value;
  }
  return { firstMinute, mean, counts, sums, squares };
}

/** @returns `null` when rows close in time have nothing in common that luck would not give them */
export function fitSwings(minutes: MinuteSums): Swings | null {
  const { counts, squares } = minutes;
  const seen = counts.reduce((count, rows) => count + (rows > 0 ? 1 : 0), 0);
  if (seen < MINUTES_MIN) return null;
  let rows = 0;
  let squareSum = 0;
  for (let minute = 0; minute < counts.length; minute++) {
    rows += counts[minute]!;
    squareSum += squares[minute]!;
  }
  const variance = squareSum / rows;
  const close = lagProducts(minutes, 3);
  let product = 0;
  let pairs = 0;
  for (let lag = 0; lag < 3; lag++) {
    product += close.products[lag]!;
    pairs += close.pairs[lag]!;
  }
  if (!(variance > 0) || product <= CERTAINTY * variance * Math.sqrt(pairs)) return null;

  const evenness = counts.reduce((sum, count) => sum + count * count, 0) / (rows * rows);
  const halfLifeMax = Math.max(2, counts.length / 6);
  let best = bestHalfLife(minutes, Math.min(FIRST_LAGS, counts.length), halfLifeMax, evenness);
  if (best === null) return null;
  const lags = Math.min(LAGS_MAX, counts.length, Math.max(5, Math.ceil(3 * best.halfLifeMinutes) + 1));
  best = bestHalfLife(minutes, lags, halfLifeMax, evenness) ?? best;
  const sigma = Math.sqrt(best.variance);
  if (sigma < SIGMA_MIN) return null;
  const noiseVariance = Math.max(0.05 * variance, varianceWithin(minutes) ?? variance - best.variance * best.shape[0]!);
  return { sigma, halfLifeMinutes: best.halfLifeMinutes, noiseVariance, shape: best.shape };
}

/** Variance of rows around the mean of their minute; `null` when too few minutes hold two. */
function varianceWithin({ counts, sums, squares }: MinuteSums): number | null {
  let within = 0;
  let degrees = 0;
  for (let minute = 0; minute < counts.length; minute++) {
    const count = counts[minute]!;
    if (count < 2) continue;
    within += squares[minute]! - sums[minute]! ** 2 / count;
    degrees += count - 1;
  }
  return degrees < DEGREES_WITHIN_MIN ? null : within / degrees;
}

interface LagProducts {
  /** Sum over pairs of different rows of the product of their residuals, by lag in minutes. */
  readonly products: Float64Array;
  readonly pairs: Float64Array;
}

function lagProducts({ counts, sums, squares }: MinuteSums, lags: number): LagProducts {
  const products = new Float64Array(lags);
  const pairs = new Float64Array(lags);
  for (let minute = 0; minute < counts.length; minute++) {
    const count = counts[minute]!;
    if (count === 0) continue;
    products[0]! += (sums[minute]! ** 2 - squares[minute]!) / 2;
    pairs[0]! += (count * (count - 1)) / 2;
    const end = Math.min(lags, counts.length - minute);
    for (let lag = 1; lag < end; lag++) {
      products[lag]! += sums[minute]! * sums[minute + lag]!;
      pairs[lag]! += count * counts[minute + lag]!;
    }
  }
  return { products, pairs };
}

interface Candidate {
  readonly halfLifeMinutes: number;
  readonly variance: number;
  readonly shape: Float64Array;
}

/** Least squares of the mean products, weighted by pairs, over a grid of half-lives of equal ratios. */
function bestHalfLife(minutes: MinuteSums, lags: number, halfLifeMax: number, evenness: number): Candidate | null {
  const { products, pairs } = lagProducts(minutes, lags);
  let best: Candidate | null = null;
  let gainMax = 0;
  for (let index = 0; index < HALF_LIVES_TRIED; index++) {
    const halfLifeMinutes = 0.5 * (halfLifeMax / 0.5) ** (index / (HALF_LIVES_TRIED - 1));
    const shape = expectedShape(halfLifeMinutes, lags, evenness);
    let above = 0;
    let below = 0;
    for (let lag = 0; lag < lags; lag++) {
      above += shape[lag]! * products[lag]!;
      below += shape[lag]! ** 2 * pairs[lag]!;
    }
    const gain = above > 0 && below > 0 ? (above * above) / below : 0;
    if (gain <= gainMax) continue;
    gainMax = gain;
    best = { halfLifeMinutes, variance: above / below, shape };
  }
  return best;
}

/**
 * r^k less the variance of the mean over the whole log, (1 + r) / (1 - r) over the number of minutes (as many as would
 * be as even as these): the mean of the residuals was taken off, and part of the level with it.
 */
function expectedShape(halfLifeMinutes: number, lags: number, evenness: number): Float64Array {
  const kept = 0.5 ** (1 / halfLifeMinutes);
  const ofMean = Math.min(0.5, ((1 + kept) / (1 - kept)) * evenness);
  return Float64Array.from({ length: lags }, (_, lag) => kept ** lag - ofMean);
}

/** Sums over blocks of minutes from which sigma^2 of any resampling follows as above / below. */
export function swingSumsByBlock(
  minutes: MinuteSums,
  swings: Swings,
  blockOfMinute: (minute: number) => number,
  blocks: number,
): { readonly above: Float64Array; readonly below: Float64Array } {
  const { counts, sums, squares, firstMinute } = minutes;
  const { shape } = swings;
  const above = new Float64Array(blocks);
  const below = new Float64Array(blocks);
  for (let minute = 0; minute < counts.length; minute++) {
    const count = counts[minute]!;
    if (count === 0) continue;
    const block = blockOfMinute(firstMinute + minute);
    above[block]! += (shape[0]! * (sums[minute]! ** 2 - squares[minute]!)) / 2;
    below[block]! += (shape[0]! ** 2 * count * (count - 1)) / 2;
    const end = Math.min(shape.length, counts.length - minute);
    for (let lag = 1; lag < end; lag++) {
      above[block]! += shape[lag]! * sums[minute]! * sums[minute + lag]!;
      below[block]! += shape[lag]! ** 2 * count * counts[minute + lag]!;
    }
  }
  return { above, below };
}

/** The level of every minute around 0, given all residuals, their mean included. */
export function smoothLevels({ counts, sums, mean, firstMinute }: MinuteSums, swings: Swings): Levels {
  const whole = sums.map((sum, minute) => sum + mean * counts[minute]!);
  return { firstMinute, ...smoothed(counts, whole, swings) };
}

/**
 * What smoothing makes of any column that is summed up by minute as residuals are: the part of it that cannot be told
 * from swings.
 */
export function smoothed(
  counts: Float64Array,
  sums: Float64Array,
  swings: Swings,
): { readonly level: Float64Array; readonly variance: Float64Array } {
  const size = counts.length;
  const kept = 0.5 ** (1 / swings.halfLifeMinutes);
  const whole = swings.sigma ** 2;
  const level = new Float64Array(size);
  const variance = new Float64Array(size);
  const ahead = new Float64Array(size);
  let mean = 0;
  let unknown = whole;
  for (let minute = 0; minute < size; minute++) {
    if (minute > 0) {
      mean *= kept;
      unknown = kept * kept * unknown + (1 - kept * kept) * whole;
    }
    ahead[minute] = unknown;
    const count = counts[minute]!;
    if (count > 0) {
      const gain = unknown / (unknown + swings.noiseVariance / count);
      mean += gain * (sums[minute]! / count - mean);
      unknown *= 1 - gain;
    }
    level[minute] = mean;
    variance[minute] = unknown;
  }
  for (let minute = size - 2; minute >= 0; minute--) {
    const back = (variance[minute]! * kept) / ahead[minute + 1]!;
    level[minute]! += back * (level[minute + 1]! - kept * level[minute]!);
    variance[minute]! += back * back * (variance[minute + 1]! - ahead[minute + 1]!);
  }
  return { level, variance };
}
