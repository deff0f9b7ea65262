import type { Estimated, Prediction, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { formatSigned, type Formatter } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { objectiveMetric } from '../objective-metrics.ts';
import { predictionVerdict, VERDICT_WORDS } from '../prediction-verdict.ts';

/** One row a metric and part: both policies and their difference, with intervals. */
export function predictionTable({ predicted, incumbent, candidate }: TuningResult): Table {
  const parts = [
    ['hold-out', predicted.holdout],
    ['train', predicted.train],
  ] as const;
  return {
    id: 'predicted',
    caption: 'Incumbent against candidate, with 95 % intervals; the difference is candidate less incumbent',
    columns: [
      leftColumn('Metric'),
      leftColumn('Part'),
      rightColumn(incumbent.name),
      rightColumn(candidate?.name ?? 'no candidate'),
      rightColumn('Difference'),
      leftColumn('The candidate is'),
    ],
    rows: parts.flatMap(([part, predictions]) => predictions.map((prediction) => rowOf(part, prediction))),
    paints: [],
    wraps: true,
  };
}

function rowOf(part: string, prediction: Prediction): readonly string[] {
  const { label, format, formatDifference } = objectiveMetric(prediction.metric);
  return [
    label,
    part,
    intervalText(prediction.incumbent, format),
    intervalText(prediction.candidate, format),
    intervalText(prediction.difference, (value) => formatSigned(value, formatDifference)),
    VERDICT_WORDS[predictionVerdict(prediction)],
  ];
}

/** `$4.10 ($3.90 to $4.32)`; the value alone where there is no interval. */
export function intervalText({ value, low95, high95 }: Estimated, format: Formatter): string {
  return low95 === null || high95 === null ? format(value) : `${format(value)} (${format(low95)} to ${format(high95)})`;
}
