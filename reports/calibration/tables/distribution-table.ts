import type { FitMetric, Goodness, GroupFit, QuantileFit } from '../../../simulator/calibrate/goodness/goodness.ts';
import { formatCount, formatMs } from '../../format.ts';
import { targetPaints } from '../../palette.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { metricOf } from '../judgement.ts';
import { formatDistance } from './distance.ts';
import { formatError } from '../error-text.ts';

const CAPTIONS: Readonly<Record<FitMetric, readonly [id: string, caption: string]>> = {
  firstTokenMs: ['first-token-fit', 'First token'],
  durationMs: ['duration-fit', 'Duration of successes'],
  msPerToken: ['pace-fit', 'Time per token'],
};

/** One row a target: quantiles observed → simulated, errors with intervals, distances. */
export function distributionTable(goodness: Goodness, metric: FitMetric): Table {
  const [id, caption] = CAPTIONS[metric];
  const groups = [goodness.all, ...goodness.targets].filter((group) => (metricOf(group, metric)?.observed ?? 0) > 0);
  const paints = targetPaints(groups.flatMap(({ target }) => target ?? []));
  return {
    id,
    caption: `${caption}: observed → simulated, error [95 % interval]; distance (of the log · of the simulation from itself)`,
    columns: [
      leftColumn('Target'),
      rightColumn('Values'),
      rightColumn('p50'),
      rightColumn('p90'),
      rightColumn('p95'),
      rightColumn('p99'),
      rightColumn('Distance (KS)'),
    ],
    rows: groups.map((group) => rowOf(group, metric)),
    wraps: true,
    paints: groups.map(({ target }) => (target === null ? null : (paints.get(target) ?? null))),
  };
}

function rowOf(group: GroupFit, metric: FitMetric): readonly string[] {
  const fit = metricOf(group, metric);
  const at = (probability: number): string =>
    quantileText(fit?.quantiles.find((quantile) => quantile.probability === probability));
  return [
    group.target ?? 'all targets',
    formatCount(fit?.observed ?? 0),
    at(0.5),
    at(0.9),
    at(0.95),
    at(0.99),
    `${formatDistance(fit?.ks ?? null)} (${formatDistance(fit?.splitHalfKs ?? null)}\u00a0·\u00a0${formatDistance(fit?.replicateKs?.max ?? null)})`,
  ];
}

function quantileText(quantile: QuantileFit | undefined): string {
  if (quantile === undefined || quantile.observed === null || quantile.simulated === null) return '–';
  const { observed, simulated, relativeError } = quantile;
  return `${formatMs(observed)}\u00a0→\u00a0${formatMs(simulated)}, ${formatError(relativeError)}${intervalText(quantile)}`;
}

function intervalText({ low95, high95 }: QuantileFit): string {
  if (low95 === null || high95 === null) return '';
  return ` [${formatError(low95)},\u00a0${formatError(high95)}]`;
}
