/** Blocks of time over which estimates are resampled, and intervals from the replicates. */
import { createResampling, type Resampling } from '../../statistics/block-bootstrap.ts';
import { quantileOfSorted } from '../../statistics/quantiles.ts';
import type { Estimate } from '../estimate.ts';
import { normalProbability } from './distribution-functions.ts';

const MINUTE_MS = 60_000;
const REPLICATES = 600;
const BLOCKS_MAX = 100;
const BLOCKS_MIN = 16;
const ROWS_PER_BLOCK_MIN = 4;
/** A block should be longer than the memory of the provider's load. */
const HALF_LIVES_PER_BLOCK = 3;

export interface TimeBlocks {
  readonly count: number;
  /** Block of each row. */
  readonly of: Uint16Array;
  readonly ofMinute: (minute: number) => number;
  readonly resampling: Resampling;
}

/**
 * Blocks of equal length in full minutes from the first row to the last.
 *
 * @param sentAtMs never falling, at least one row
 * @param halfLifeMinutes of what rows close in time have in common; 0 for nothing
 */
export function createTimeBlocks(sentAtMs: Float64Array, halfLifeMinutes: number, seed: number): TimeBlocks {
  const size = sentAtMs.length;
  const firstMs = sentAtMs[0]!;
  const spanMs = Math.max(1, sentAtMs[size - 1]! - firstMs);
  const wishedMs = Math.max(MINUTE_MS, HALF_LIVES_PER_BLOCK * halfLifeMinutes * MINUTE_MS);
  const byTime = Math.max(BLOCKS_MIN, Math.min(BLOCKS_MAX, Math.floor(spanMs / wishedMs)));
  const count = Math.max(1, Math.min(byTime, Math.floor(size / ROWS_PER_BLOCK_MIN)));
  const at = (atMs: number): number =>
    Math.max(0, Math.min(count - 1, Math.floor(((atMs - firstMs) / spanMs) * count)));
  return {
    count,
    of: Uint16Array.from(sentAtMs, at),
    ofMinute: (minute) => at((minute + 0.5) * MINUTE_MS),
    resampling: createResampling(count, seed, REPLICATES),
  };
}

/** Two-sided 95 % point of Student's t, by the expansion of R. Fisher and E. Cornish (Abramowitz and Stegun 26.7.5). */
function studentPoint(degrees: number): number {
  const z = 1.959963984540054; // qnorm(0.975)
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

/**
 * The expanded percentile interval (T. Hesterberg, The American Statistician 69, 2015, section 5.3): percentiles a
 * little further out, because few blocks vary less when they are drawn than they did when they came about.
 *
 * @param replicates NaN where undefined; those are left out
 * @param blocks how many blocks with rows there are: with fewer than 5 there are no limits
 */
export function expandedInterval(value: number, replicates: Float64Array, blocks: number): Estimate {
  const defined = replicates.filter((replicate) => Number.isFinite(replicate)).sort();
  if (blocks < 5 || defined.length * 2 < replicates.length) return { value, low95: null, high95: null };
  const z = Math.sqrt(blocks / (blocks - 1)) * studentPoint(blocks - 1);
  const tail = normalProbability(-z);
  const low = quantileOfSorted(defined, tail) ?? value;
  const high = quantileOfSorted(defined, 1 - tail) ?? value;
  return { value, low95: Math.min(low, value), high95: Math.max(high, value) };
}

/**
 * A share of rows with the interval of E. B. Wilson (JASA 22, 1927), for as many independent rows as would vary as much
 * as these blocks do.
 *
 * @param hits rows with the property, by block
 * @param rows all rows, by block
 */
export function shareInterval(hits: Float64Array, rows: Float64Array): Estimate {
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (total === 0) return { value: 0, low95: null, high95: null };
  const share = hits.reduce((sum, count) => sum + count, 0) / total;
  let squares = 0;
  for (let block = 0; block < rows.length; block++) squares += (hits[block]! - share * rows[block]!) ** 2;
  const evenVariance = share * (1 - share) * total;
  const clumping = evenVariance > 0 ? Math.max(1, ((squares / evenVariance) * rows.length) / (rows.length - 1)) : 1;
  const effective = total / clumping;
  const z = 1.959963984540054; // qnorm(0.975)
  const middle = share + (z * z) / (2 * effective);
  const half = z * Math.sqrt((share * (1 - share)) / effective + (z * z) / (4 * effective * effective));
  const below = 1 + (z * z) / effective;
  return { value: share, low95: Math.max(0, (middle - half) / below), high95: Math.min(1, (middle + half) / below) };
}
