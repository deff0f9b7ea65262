/**
 * What one replay says of a policy, block by block: enough for every metric of an objective over any blocks together, and
 * for intervals by resampling them. Plain and JSON-safe, so that it can be sent between threads and kept.
 */
import { OBJECTIVE_METRICS, type ObjectiveMetric } from '../../src/config/objective.ts';
import { histogramQuantile } from '../statistics/log-histogram.ts';
import { mergedHistogram, sparseHistogram, type SparseHistogram } from './sparse-histogram.ts';
import type { MetricValues } from './tuning-result.ts';

/** Requests of one stretch of the trace, or of one class. */
export interface BlockFigures {
  readonly arrivals: number;
  readonly completed: number;
  /** Completed, rejected or cancelled. */
  readonly ended: number;
  /** Of all attempts of its requests. */
  readonly costMicroUsd: number;
  /** Highest use of any budget rule while its requests came in; 0 without rules. */
  readonly budgetUseMax: number;
  readonly firstTokenMs: SparseHistogram;
  readonly durationMs: SparseHistogram;
}

export interface ReplayFigures {
  /** In the order of arrival. */
  readonly blocks: readonly BlockFigures[];
  /** In the order of `REQUEST_CLASSES`; their budgets are not told apart. */
  readonly classes: readonly BlockFigures[];
  /** Requests by worst tier of evidence: T1, T2, T3. */
  readonly tiers: readonly [number, number, number];
  /** Requests replayed, those of the warm-up included. */
  readonly replayed: number;
}

const QUANTILES: Readonly<Partial<Record<ObjectiveMetric, readonly ['firstTokenMs' | 'durationMs', number]>>> = {
  p50_first_token_ms: ['firstTokenMs', 0.5],
  p95_first_token_ms: ['firstTokenMs', 0.95],
  p99_first_token_ms: ['firstTokenMs', 0.99],
  p95_duration_ms: ['durationMs', 0.95],
};

/** Every metric over these blocks together; null where nothing defines it. */
export function metricsOf(blocks: readonly BlockFigures[]): MetricValues {
  const merged = {
    firstTokenMs: mergedHistogram(blocks.map(({ firstTokenMs }) => firstTokenMs)),
    durationMs: mergedHistogram(blocks.map(({ durationMs }) => durationMs)),
  };
  const values: Partial<Record<ObjectiveMetric, number | null>> = {};
  for (const metric of OBJECTIVE_METRICS) {
    const quantile = QUANTILES[metric];
    values[metric] =
      quantile === undefined ? totalOf(blocks, metric) : histogramQuantile(merged[quantile[0]], quantile[1]);
  }
  return values;
}

function totalOf(blocks: readonly BlockFigures[], metric: ObjectiveMetric): number | null {
  const sum = (field: 'arrivals' | 'completed' | 'ended' | 'costMicroUsd'): number =>
    blocks.reduce((total, block) => total + block[field], 0);
  if (metric === 'budget_overshoot')
    return overshootOf(blocks.reduce((most, block) => Math.max(most, block.budgetUseMax), 0));
  if (metric === 'success') return ratio(sum('completed'), sum('ended'));
  return ratio(costPer1k(sum('costMicroUsd')), sum('arrivals'));
}

/** Micro-USD to the numerator of USD per 1,000 requests. */
export function costPer1k(microUsd: number): number {
  return microUsd / 1_000;
}

/** How far a budget rule was exceeded, as a share of its limit. */
export function overshootOf(useMax: number): number {
  return Math.max(0, useMax - 1);
}

/** The quantile behind a metric, or null for one that is none. */
export function quantileOf(metric: ObjectiveMetric): readonly ['firstTokenMs' | 'durationMs', number] | null {
  return QUANTILES[metric] ?? null;
}

/** Several replays of the same stretch, say with other seeds, block by block. */
export function addedFigures(replays: readonly ReplayFigures[]): ReplayFigures {
  const [first, ...others] = replays;
  if (first === undefined) throw new RangeError('nothing to add up');
  if (others.length === 0) return first;
  const tier = (index: 0 | 1 | 2): number => replays.reduce((sum, { tiers }) => sum + tiers[index], 0);
  return {
    blocks: first.blocks.map((_, index) => addedBlocks(replays.map(({ blocks }) => blocks[index]!))),
    classes: first.classes.map((_, index) => addedBlocks(replays.map(({ classes }) => classes[index]!))),
    tiers: [tier(0), tier(1), tier(2)],
    replayed: replays.reduce((sum, { replayed }) => sum + replayed, 0),
  };
}

/** Several blocks as one. */
export function addedBlocks(blocks: readonly BlockFigures[]): BlockFigures {
  const sum = (field: 'arrivals' | 'completed' | 'ended' | 'costMicroUsd'): number =>
    blocks.reduce((total, block) => total + block[field], 0);
  return {
    arrivals: sum('arrivals'),
    completed: sum('completed'),
    ended: sum('ended'),
    costMicroUsd: sum('costMicroUsd'),
    budgetUseMax: blocks.reduce((most, { budgetUseMax }) => Math.max(most, budgetUseMax), 0),
    firstTokenMs: sparseHistogram(mergedHistogram(blocks.map(({ firstTokenMs }) => firstTokenMs))),
    durationMs: sparseHistogram(mergedHistogram(blocks.map(({ durationMs }) => durationMs))),
  };
}

function ratio(above: number, below: number): number | null {
  return below === 0 ? null : above / below;
}
