/** Observed and simulated values of one metric beside each other. */
import { bootstrapReplicates, percentileInterval, type Resampling } from '../../statistics/block-bootstrap.ts';
import { kolmogorovSmirnovOfSorted } from '../../statistics/kolmogorov-smirnov.ts';
import { addValue, createLogHistogram, type LogHistogram } from '../../statistics/log-histogram.ts';
import { quantileOfSorted } from '../../statistics/quantiles.ts';
import { summaryOf } from './figure-fit.ts';
import type { DistributionFit, FitMetric, PicturedFit, QuantileFit, QuantilePair } from './goodness.ts';
import type { JudgedRows, Positions } from './judged-rows.ts';
import { rankCounts } from './rank-counts.ts';
import { splitHalfKs } from './split-half.ts';

const PROBABILITIES = [0.5, 0.9, 0.95, 0.99] as const;
const PAIRS = 60;
/** Values beyond a quantile, and blocks with values, without which its interval would be a guess. */
const BEYOND_MIN = 5;
const BLOCKS_MIN = 8;

/** Numbers alone, without pictures. */
export function distributionFit(judged: JudgedRows, positions: Positions, metric: FitMetric): DistributionFit {
  return fitOf(judged, positions, metric, sampleOf(judged, positions, metric));
}

/** Numbers and what pictures are made of. */
export function picturedFit(judged: JudgedRows, positions: Positions, metric: FitMetric): PicturedFit {
  const sample = sampleOf(judged, positions, metric);
  return {
    ...fitOf(judged, positions, metric, sample),
    rankCounts: rankCounts(judged, positions, metric),
    quantilePairs: quantilePairs(sample),
  };
}

/** Sorted values. */
interface Sample {
  readonly observed: Float64Array;
  readonly replicates: readonly Float64Array[];
  readonly pooled: Float64Array;
}

function sampleOf(judged: JudgedRows, positions: Positions, metric: FitMetric): Sample {
  const sorted = (values: Float64Array): Float64Array =>
    Float64Array.from(positions, (position) => values[position]!)
      .filter((value) => !Number.isNaN(value))
      .sort();
  const replicates = judged.replicates.map(({ values }) => sorted(values[metric]));
  return { observed: sorted(judged.observed.values[metric]), replicates, pooled: together(replicates).sort() };
}

function together(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const list of lists) {
    all.set(list, filled);
    filled += list.length;
  }
  return all;
}

function fitOf(judged: JudgedRows, positions: Positions, metric: FitMetric, sample: Sample): DistributionFit {
  const { observed, replicates, pooled } = sample;
  const ofReplicates = replicates.flatMap((replicate) => kolmogorovSmirnovOfSorted(replicate, pooled) ?? []);
  return {
    metric,
    observed: observed.length,
    simulated: pooled.length,
    quantiles: quantileFits(judged, positions, metric, sample),
    ks: kolmogorovSmirnovOfSorted(observed, pooled),
    splitHalfKs: splitHalfKs(judged, positions, metric),
    replicateKs:
      ofReplicates.length === 0
        ? null
        : {
            mean: ofReplicates.reduce((sum, ks) => sum + ks, 0) / ofReplicates.length,
            max: Math.max(...ofReplicates),
          },
  };
}

function quantileFits(
  judged: JudgedRows,
  positions: Positions,
  metric: FitMetric,
  { observed, replicates, pooled }: Sample,
): readonly QuantileFit[] {
  const { resampling } = judged;
  const seen = blockHistograms(judged, positions, [judged.observed.values[metric]]);
  const played = blockHistograms(
    judged,
    positions,
    judged.replicates.map(({ values }) => values[metric]),
  );
  const enoughBlocks = seen.filter(({ totals }) => totals[0]! > 0).length >= BLOCKS_MIN;
  return PROBABILITIES.map((probability) => {
    const ofObserved = quantileOfSorted(observed, probability);
    const ofPooled = quantileOfSorted(pooled, probability);
    const relativeError = relative(ofPooled, ofObserved);
    const isFirm = enoughBlocks && observed.length * (1 - probability) >= BEYOND_MIN;
    const interval =
      isFirm && relativeError !== null
        ? percentileInterval(relativeError, errorReplicates(seen, played, probability, resampling))
        : { low95: null, high95: null };
    const single = summaryOf(replicates.map((replicate) => quantileOfSorted(replicate, probability)));
    return {
      probability,
      observed: ofObserved,
      simulated: ofPooled,
      simulatedMin: single.min,
      simulatedMax: single.max,
      relativeError,
      low95: interval.low95,
      high95: interval.high95,
    };
  });
}

function errorReplicates(
  seen: readonly LogHistogram[],
  played: readonly LogHistogram[],
  probability: number,
  resampling: Resampling,
): Float64Array {
  const ofSeen = bootstrapReplicates({ kind: 'quantile', histograms: seen, probability }, resampling);
  const ofPlayed = bootstrapReplicates({ kind: 'quantile', histograms: played, probability }, resampling);
  return ofPlayed.map((value, replicate) => relative(value, ofSeen[replicate]!) ?? NaN);
}

function relative(simulated: number | null, observed: number | null): number | null {
  if (simulated === null || observed === null || !(observed > 0)) return null;
  return simulated / observed - 1;
}

/** A histogram for each block of time, over several columns of values. */
function blockHistograms(
  { block, resampling }: JudgedRows,
  positions: Positions,
  columns: readonly Float64Array[],
): readonly LogHistogram[] {
  const histograms = Array.from({ length: resampling.blocks }, createLogHistogram);
  for (const values of columns) {
    for (const position of positions) {
      const value = values[position]!;
      if (!Number.isNaN(value)) addValue(histograms[block[position]!]!, value);
    }
  }
  return histograms;
}

function quantilePairs({ observed, pooled }: Sample): readonly QuantilePair[] {
  if (observed.length === 0 || pooled.length === 0) return [];
  return Array.from({ length: PAIRS }, (_unused, index) => {
    const probability = (index + 0.5) / PAIRS;
    return {
      probability,
      observed: quantileOfSorted(observed, probability)!,
      simulated: quantileOfSorted(pooled, probability)!,
    };
  });
}
