/**
 * What the other policy would have got, from what the log's got: four estimators, as sums over blocks of rows, which the
 * block bootstrap can put together again. With weight w, reward r, the model's expectation q of the logged action and v
 * under the other policy:
 *
 * - IPS: mean of w r (D. Horvitz, D. Thompson, JASA 47, 1952). Unbiased when propensities are right.
 * - SNIPS: sum of w r / sum of w (A. Swaminathan, T. Joachims, NeurIPS 2015). A little biased, far less spread.
 * - doubly robust: mean of v + w (r - q) (M. Dudik, J. Langford, L. Li, ICML 2011). Right when either is right.
 * - SWITCH-DR: the same, with w only where it is at most a threshold (Y.-X. Wang, A. Agarwal, M. Dudik, ICML 2017).
 *
 * A metric with a denominator is the ratio of two such estimates; its IPS and SNIPS are then equal.
 */
import {
  bootstrapInterval,
  createResampling,
  pairedInterval,
  type BlockStatistic,
  type Interval,
} from '../statistics/block-bootstrap.ts';
import type { Metric, ModelledReward } from './bandit-table.ts';

const BLOCKS_MAX = 100;
/** A block of fewer rows is hardly longer than what neighbours share. */
const ROWS_PER_BLOCK_MIN = 20;

/** The value of one metric by each estimator, with 95 % block-bootstrap intervals. */
export interface ValueEstimates {
  /** The log's own policy on the same rows: a plain mean. */
  readonly logging: Interval;
  readonly ips: Interval;
  readonly snips: Interval;
  readonly doublyRobust: Interval;
  readonly switch: Interval;
  /** Doubly robust minus logging, on the same resampled blocks. */
  readonly difference: Interval;
}

/** Blocks of consecutive rows into which so many are divided. */
export function blocksFor(rows: number): number {
  return Math.max(1, Math.min(BLOCKS_MAX, Math.floor(rows / ROWS_PER_BLOCK_MIN)));
}

/**
 * @param weights from `importanceWeights`
 * @param switchAbove from `switchThreshold`; Infinity makes SWITCH-DR plain doubly robust
 * @param seed of the resampling, a safe integer
 */
export function estimateValues(
  weights: Float64Array,
  metric: Metric,
  switchAbove: number,
  seed: number,
): ValueEstimates {
  const blocks = blocksFor(weights.length);
  const resampling = createResampling(blocks, seed);
  const statistics = valueStatistics(weights, metric, switchAbove, blocks);
  return {
    logging: bootstrapInterval(statistics.logging, resampling),
    ips: bootstrapInterval(statistics.ips, resampling),
    snips: bootstrapInterval(statistics.snips, resampling),
    doublyRobust: bootstrapInterval(statistics.doublyRobust, resampling),
    switch: bootstrapInterval(statistics.switch, resampling),
    difference: pairedInterval(statistics.doublyRobust, statistics.logging, resampling),
  };
}

/** The log's own value alone: it needs no weights. */
export function loggingValue(metric: Metric, seed: number): Interval {
  const { observed } = metric.numerator;
  const blocks = blocksFor(observed.length);
  const plain = new Float64Array(observed.length).fill(1);
  return bootstrapInterval(valueStatistics(plain, metric, Infinity, blocks).logging, createResampling(blocks, seed));
}

type Estimator = Exclude<keyof ValueEstimates, 'difference'>;

function valueStatistics(
  weights: Float64Array,
  { numerator, denominator }: Metric,
  switchAbove: number,
  blocks: number,
): Readonly<Record<Estimator, BlockStatistic>> {
  const above = blockSums(weights, numerator, switchAbove, blocks);
  const counts = { rows: blockCounts(weights, blocks, false), weights: blockCounts(weights, blocks, true) };
  const below = denominator === null ? null : blockSums(weights, denominator, switchAbove, blocks);
  const ratio = (numerators: Float64Array, denominators: Float64Array): BlockStatistic => ({
    kind: 'ratio',
    numerators,
    denominators,
  });
  return {
    logging: ratio(above.plain, below?.plain ?? counts.rows),
    ips: ratio(above.weighted, below?.weighted ?? counts.rows),
    snips: ratio(above.weighted, below?.weighted ?? counts.weights),
    doublyRobust: ratio(above.doublyRobust, below?.doublyRobust ?? counts.rows),
    switch: ratio(above.switched, below?.switched ?? counts.rows),
  };
}

interface BlockSums {
  readonly plain: Float64Array;
  readonly weighted: Float64Array;
  readonly doublyRobust: Float64Array;
  readonly switched: Float64Array;
}

function blockSums(
  weights: Float64Array,
  { observed, direct, directValue }: ModelledReward,
  switchAbove: number,
  blocks: number,
): BlockSums {
  const [plain, weighted, doublyRobust, switched] = [0, 0, 0, 0].map(() => new Float64Array(blocks)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const rows = weights.length;
  for (let row = 0; row < rows; row++) {
    const block = Math.floor((row * blocks) / rows);
    const weight = weights[row]!;
    const correction = weight * (observed[row]! - direct[row]!);
    plain[block]! += observed[row]!;
    weighted[block]! += weight * observed[row]!;
    doublyRobust[block]! += directValue[row]! + correction;
    switched[block]! += directValue[row]! + (weight <= switchAbove ? correction : 0);
  }
  return { plain, weighted, doublyRobust, switched };
}

function blockCounts(weights: Float64Array, blocks: number, isWeighted: boolean): Float64Array {
  const sums = new Float64Array(blocks);
  const rows = weights.length;
  for (let row = 0; row < rows; row++) sums[Math.floor((row * blocks) / rows)]! += isWeighted ? weights[row]! : 1;
  return sums;
}
