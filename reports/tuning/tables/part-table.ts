import type { PartDifference } from '../../../simulator/tune/tuning-result.ts';
import type { ObjectiveMetric } from '../../../src/config/objective.ts';
import { formatCount, formatSigned } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { objectiveMetric } from '../objective-metrics.ts';

/** One row an hour or a class: incumbent → candidate, and the difference. */
export function partTable(id: string, of: string, parts: readonly PartDifference[]): Table {
  const metrics = metricsOf(parts);
  return {
    id,
    caption: `By ${of}: incumbent → candidate (difference), on the hold-out; without intervals, as parts are small`,
    columns: [
      leftColumn(`${of.charAt(0).toUpperCase()}${of.slice(1)}`),
      rightColumn('Requests'),
      ...metrics.map((metric) => rightColumn(objectiveMetric(metric).label)),
    ],
    rows: parts.map((part) => [
      part.part,
      formatCount(part.requests),
      ...metrics.map((metric) => changeText(part, metric)),
    ]),
    paints: [],
  };
}

/** Metrics that any part knows, in the order in which they come. */
export function metricsOf(parts: readonly PartDifference[]): readonly ObjectiveMetric[] {
  const known = parts.flatMap(({ incumbent, candidate }) => [...Object.keys(incumbent), ...Object.keys(candidate)]);
  return [...new Set(known as ObjectiveMetric[])];
}

function changeText({ incumbent, candidate }: PartDifference, metric: ObjectiveMetric): string {
  const { format, formatDifference } = objectiveMetric(metric);
  const from = incumbent[metric] ?? null;
  const to = candidate[metric] ?? null;
  const difference = from === null || to === null ? null : to - from;
  return `${format(from)} → ${format(to)} (${formatSigned(difference, formatDifference)})`;
}
