/** Metrics of two policies over the same blocks, with the intervals of their differences by a paired block bootstrap. */
import type { Estimated, Prediction } from '../../src/config/evidence-schema.ts';
import { OBJECTIVE_METRICS, type Objective, type ObjectiveMetric } from '../../src/config/objective.ts';
import {
  bootstrapReplicates,
  createResampling,
  percentileInterval,
  type Resampling,
} from '../statistics/block-bootstrap.ts';
import { costPer1k, metricsOf, overshootOf, quantileOf, type BlockFigures } from './block-figures.ts';
import { utilityOf, violationOf } from './objective-value.ts';
import { mergedHistogram } from './sparse-histogram.ts';
import type { MetricValues } from './tuning-result.ts';

type Replicates = Readonly<Record<ObjectiveMetric, Float64Array>>;

/** One policy's metrics over all runs and blocks, and in each resampling of the blocks. */
export interface Resampled {
  readonly metrics: MetricValues;
  /** The runs together: what is to be expected. */
  readonly replicates: Replicates;
  /**
   * One run alone, each in turn: what may come. A router learns as it goes, so two runs of the same requests end apart by
   * more than their requests' luck, and a live proxy is one run.
   */
  readonly inOneRun: Replicates;
}

export { createResampling, type Resampling };

/**
 * @param blocks the sums of all runs
 * @param runs the same blocks of each run; at least one
 */
export function resampled(
  blocks: readonly BlockFigures[],
  runs: readonly (readonly BlockFigures[])[],
  resampling: Resampling,
): Resampled {
  const shares = runs.map((_, index) => everyNth(resampling, index, runs.length));
  return {
    metrics: metricsOf(blocks),
    replicates: eachMetric((metric) => replicatesOf(blocks, metric, resampling)),
    inOneRun: eachMetric((metric) => interleaved(runs.map((run, index) => replicatesOf(run, metric, shares[index]!)))),
  };
}

function eachMetric(replicates: (metric: ObjectiveMetric) => Float64Array): Replicates {
  return Object.fromEntries(OBJECTIVE_METRICS.map((metric) => [metric, replicates(metric)])) as Replicates;
}

/** The resamplings `first`, `first + step`, ... of a row of them. */
function everyNth({ blocks, replicates, multiplicities }: Resampling, first: number, step: number): Resampling {
  const count = Math.ceil((replicates - first) / step);
  const chosen = new Uint16Array(count * blocks);
  for (let index = 0; index < count; index++) {
    const from = (first + index * step) * blocks;
    chosen.set(multiplicities.subarray(from, from + blocks), index * blocks);
  }
  return { blocks, replicates: count, multiplicities: chosen };
}

/** The first of each, the second of each, ... */
function interleaved(parts: readonly Float64Array[]): Float64Array {
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  return Float64Array.from(
    { length: count },
    (_, index) => parts[index % parts.length]![Math.floor(index / parts.length)]!,
  );
}

/**
 * Every metric of both, each with the interval in which one run is to be expected, and the difference, candidate less
 * incumbent, with that of the mean over the runs.
 */
export function predictionsOf(incumbent: Resampled, candidate: Resampled): Prediction[] {
  return OBJECTIVE_METRICS.map((metric) => {
    const ofIncumbent = incumbent.metrics[metric] ?? null;
    const ofCandidate = candidate.metrics[metric] ?? null;
    const difference = ofIncumbent === null || ofCandidate === null ? null : ofCandidate - ofIncumbent;
    return {
      metric,
      incumbent: percentileInterval(ofIncumbent, incumbent.inOneRun[metric]),
      candidate: percentileInterval(ofCandidate, candidate.inOneRun[metric]),
      difference: percentileInterval(
        difference,
        candidate.replicates[metric].map((value, index) => value - incumbent.replicates[metric][index]!),
      ),
    };
  });
}

/** Utility of the candidate less that of the incumbent. */
export function utilityGain(incumbent: Resampled, candidate: Resampled, objective: Objective): Estimated {
  return paired(incumbent, candidate, (metrics) => utilityOf(metrics, objective));
}

/** What the incumbent misses of the constraints less what the candidate misses: above 0 the candidate keeps them better. */
export function keepingGain(incumbent: Resampled, candidate: Resampled, objective: Objective): Estimated {
  return paired(incumbent, candidate, (metrics) => -violationOf(metrics, objective));
}

/** The share of the resamplings in which all constraints are kept. */
export function keptShare({ replicates }: Resampled, objective: Objective): number {
  const count = replicates.cost.length;
  let kept = 0;
  for (let index = 0; index < count; index++) if (violationOf(metricsAt(replicates, index), objective) === 0) kept++;
  return kept / count;
}

function paired(incumbent: Resampled, candidate: Resampled, valueOf: (metrics: MetricValues) => number): Estimated {
  const value = valueOf(candidate.metrics) - valueOf(incumbent.metrics);
  const replicates = Float64Array.from({ length: candidate.replicates.cost.length }, (_, index) => {
    return valueOf(metricsAt(candidate.replicates, index)) - valueOf(metricsAt(incumbent.replicates, index));
  });
  return percentileInterval(Number.isFinite(value) ? value : null, replicates);
}

function metricsAt(replicates: Resampled['replicates'], index: number): MetricValues {
  const values: Partial<Record<ObjectiveMetric, number | null>> = {};
  for (const metric of OBJECTIVE_METRICS) {
    const value = replicates[metric][index]!;
    values[metric] = Number.isNaN(value) ? null : value;
  }
  return values;
}

function replicatesOf(blocks: readonly BlockFigures[], metric: ObjectiveMetric, resampling: Resampling): Float64Array {
  const quantile = quantileOf(metric);
  if (quantile !== null) {
    const [field, probability] = quantile;
    const histograms = blocks.map((block) => mergedHistogram([block[field]]));
    return bootstrapReplicates({ kind: 'quantile', histograms, probability }, resampling);
  }
  if (metric === 'budget_overshoot') return overshootReplicates(blocks, resampling);
  const isCost = metric === 'cost';
  return bootstrapReplicates(
    {
      kind: 'ratio',
      numerators: blocks.map(({ costMicroUsd, completed }) => (isCost ? costPer1k(costMicroUsd) : completed)),
      denominators: blocks.map(({ arrivals, ended }) => (isCost ? arrivals : ended)),
    },
    resampling,
  );
}

/** The highest use among the blocks that a resampling holds. */
function overshootReplicates(
  blocks: readonly BlockFigures[],
  { blocks: count, replicates, multiplicities }: Resampling,
): Float64Array {
  return Float64Array.from({ length: replicates }, (_, replicate) => {
    let most = 0;
    for (let block = 0; block < count; block++) {
      if (multiplicities[replicate * count + block]! > 0) most = Math.max(most, blocks[block]!.budgetUseMax);
    }
    return overshootOf(most);
  });
}
