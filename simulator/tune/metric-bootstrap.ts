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

/** One policy's metrics over all blocks, and in each resampling of them. */
export interface Resampled {
  readonly metrics: MetricValues;
  readonly replicates: Readonly<Record<ObjectiveMetric, Float64Array>>;
}

export { createResampling, type Resampling };

export function resampled(blocks: readonly BlockFigures[], resampling: Resampling): Resampled {
  const replicates = Object.fromEntries(
    OBJECTIVE_METRICS.map((metric) => [metric, replicatesOf(blocks, metric, resampling)]),
  ) as Record<ObjectiveMetric, Float64Array>;
  return { metrics: metricsOf(blocks), replicates };
}

/** Every metric of both and the difference, candidate less incumbent. */
export function predictionsOf(incumbent: Resampled, candidate: Resampled): Prediction[] {
  return OBJECTIVE_METRICS.map((metric) => {
    const ofIncumbent = incumbent.metrics[metric] ?? null;
    const ofCandidate = candidate.metrics[metric] ?? null;
    const difference = ofIncumbent === null || ofCandidate === null ? null : ofCandidate - ofIncumbent;
    return {
      metric,
      incumbent: percentileInterval(ofIncumbent, incumbent.replicates[metric]),
      candidate: percentileInterval(ofCandidate, candidate.replicates[metric]),
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
