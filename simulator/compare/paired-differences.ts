/** The differences between policies on the same requests, with block-bootstrap intervals. */
import type { PairedDifference } from '../result.ts';
import {
  bootstrapReplicates,
  percentileInterval,
  statisticOfAll,
  type BlockStatistic,
  type Resampling,
} from '../statistics/block-bootstrap.ts';
import type { HistogramTable } from '../statistics/histogram-table.ts';
import { COUNTED, type RunCollector } from './run-collector.ts';

const { ARRIVALS, COMPLETED, REJECTED, CANCELLED, COST_MICRO_USD } = COUNTED;

export interface NamedRun {
  readonly name: string;
  readonly run: RunCollector;
}

/** Every pair of policies in their order, every metric. */
export function pairedDifferences(runs: readonly NamedRun[], resampling: Resampling): PairedDifference[] {
  return pairedOfMetrics(
    runs.map(({ name, run }) => ({ name, metrics: metricsOf(run) })),
    resampling,
  );
}

/** The same for metrics in hand; all runs have the same ones. */
export function pairedOfMetrics(
  runs: readonly { readonly name: string; readonly metrics: Readonly<Record<string, BlockStatistic>> }[],
  resampling: Resampling,
): PairedDifference[] {
  const prepared = runs.map(({ name, metrics }) => ({
    name,
    metrics: Object.entries(metrics).map(([metric, statistic]) => ({
      metric,
      value: statisticOfAll(statistic),
      replicates: bootstrapReplicates(statistic, resampling),
    })),
  }));
  return prepared.flatMap((a, index) =>
    prepared.slice(index + 1).flatMap((b) =>
      a.metrics.map((ofA, position) => {
        const ofB = b.metrics[position]!;
        const difference = ofA.value === null || ofB.value === null ? null : ofA.value - ofB.value;
        const replicates = ofA.replicates.map((value, replicate) => value - ofB.replicates[replicate]!);
        const { low95, high95 } = percentileInterval(difference, replicates);
        return { metric: ofA.metric, a: a.name, b: b.name, difference, low95, high95, blocks: resampling.blocks };
      }),
    ),
  );
}

function metricsOf(run: RunCollector): Readonly<Record<string, BlockStatistic>> {
  const counts = run.blockCounts;
  const completed = counts.column(COMPLETED);
  const rejected = counts.column(REJECTED);
  const cancelled = counts.column(CANCELLED);
  const ended = completed.map((count, block) => count + rejected[block]! + cancelled[block]!);
  const quantile = ({ rows: histograms }: HistogramTable, probability: number): BlockStatistic => ({
    kind: 'quantile',
    histograms,
    probability,
  });
  return {
    costUsdPer1kRequests: {
      kind: 'ratio',
      numerators: counts.column(COST_MICRO_USD).map((microUsd) => microUsd / 1_000),
      denominators: counts.column(ARRIVALS),
    },
    successRatio: { kind: 'ratio', numerators: completed, denominators: ended },
    'firstTokenMs.p50': quantile(run.blockFirstToken, 0.5),
    'firstTokenMs.p95': quantile(run.blockFirstToken, 0.95),
    'durationMs.p50': quantile(run.blockDuration, 0.5),
    'durationMs.p95': quantile(run.blockDuration, 0.95),
  };
}
