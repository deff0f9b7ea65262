import type { Goodness, Range, StratumFit } from '../../../simulator/calibrate/goodness/goodness.ts';
import { formatCount, formatPercent, plural } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { formatDistance } from './distance.ts';
import { formatError } from '../error-text.ts';

/** One row a stratum: rows of like size at like load, over all targets. */
export function strataTable({ strata, rowsInSmallStrata }: Goodness): Table {
  const left = rowsInSmallStrata === 0 ? '' : ` (${plural(rowsInSmallStrata, 'row')} in smaller strata left out)`;
  return {
    id: 'strata',
    caption: `By size and load: errors of the first token${left}`,
    columns: [
      leftColumn('Input tokens'),
      leftColumn('Others in flight'),
      rightColumn('Rows'),
      rightColumn('p50'),
      rightColumn('p90'),
      rightColumn('p99'),
      rightColumn('Distance (KS)'),
      rightColumn('Log against itself'),
      rightColumn('Duration p50'),
      rightColumn('Failed'),
    ],
    rows: strata.map((stratum) => [
      rangeText(stratum.inputTokens),
      rangeText(stratum.othersInFlight),
      formatCount(stratum.rows),
      errorText(stratum, 'firstTokenMs', 0.5),
      errorText(stratum, 'firstTokenMs', 0.9),
      errorText(stratum, 'firstTokenMs', 0.99),
      formatDistance(fitOf(stratum, 'firstTokenMs')?.ks ?? null),
      formatDistance(fitOf(stratum, 'firstTokenMs')?.splitHalfKs ?? null),
      errorText(stratum, 'durationMs', 0.5),
      `${formatPercent(stratum.failureRatio.observed)}\u00a0→\u00a0${formatPercent(stratum.failureRatio.simulated)}`,
    ]),
    paints: [],
  };
}

function rangeText({ min, max }: Range): string {
  return min === max ? formatCount(min) : `${formatCount(min)} to ${formatCount(max)}`;
}

function fitOf({ metrics }: StratumFit, metric: string) {
  return metrics.find((fit) => fit.metric === metric);
}

function errorText(stratum: StratumFit, metric: string, probability: number): string {
  const quantile = fitOf(stratum, metric)?.quantiles.find((fit) => fit.probability === probability);
  return formatError(quantile?.relativeError ?? null);
}
