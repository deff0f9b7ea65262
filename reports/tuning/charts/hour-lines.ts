import * as Plot from '@observablehq/plot';
import type { ObjectiveMetric } from '../../../src/config/objective.ts';
import type { PartDifference, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { multiples, type Chart, type LegendItem, type Panel } from '../../charts/chart.ts';
import { axisX, axisY, headingHeight, type Draw } from '../../charts/draw-panel.ts';
import { CARD, policyDash } from '../../palette.ts';
import { objectiveMetrics } from '../deciding-metrics.ts';
import { objectiveMetric } from '../objective-metrics.ts';
import { CANDIDATE_DASH, CANDIDATE_PAINT, INCUMBENT_PAINT } from '../tuning-paints.ts';
import { metricsOf } from '../tables/part-table.ts';
import { aheadWords } from './ahead-words.ts';
import { rangeAxis } from './range-axis.ts';

const PLOT_HEIGHT = 170;
const METRICS_MAX = 4;
const LABELS_MAX = 10;

export const SIDES_LEGEND: readonly LegendItem[] = [
  { label: 'incumbent', paint: INCUMBENT_PAINT, mark: 'line', dash: policyDash(0) },
  { label: 'candidate', paint: CANDIDATE_PAINT, mark: 'line', dash: CANDIDATE_DASH },
];

/** Is the candidate ahead at all hours? */
export function hourLines(result: TuningResult, draw: Draw): Chart {
  const metrics = shownMetrics(result, result.byHour);
  const { width, columns } = multiples(metrics.length);
  return {
    id: 'by-hour',
    title: aheadWords(result.byHour, metrics[0], 'hour'),
    sentence:
      'Incumbent and candidate hour by hour on the hold-out, the same requests for both. Axes do not start at zero.',
    legend: metrics.length === 0 ? [] : SIDES_LEGEND,
    panels: metrics.map((metric) => panelOf(result.byHour, metric, width, draw)),
    narrowPanels: [],
    columns,
  };
}

/** Of the objective, where any part knows it; what a picture has room for. */
export function shownMetrics(result: TuningResult, parts: readonly PartDifference[]): readonly ObjectiveMetric[] {
  const known = metricsOf(parts);
  const sought = objectiveMetrics(result).filter((metric) => known.includes(metric));
  return [...new Set([...sought, ...known])].slice(0, METRICS_MAX);
}

function panelOf(parts: readonly PartDifference[], metric: ObjectiveMetric, width: number, draw: Draw): Panel {
  const { label, format } = objectiveMetric(metric);
  const points = (side: 'incumbent' | 'candidate'): { at: number; value: number }[] =>
    parts.map((part, at) => ({ at, value: part[side][metric] ?? NaN }));
  const [incumbent, candidate] = [points('incumbent'), points('candidate')];
  const axis = rangeAxis([...incumbent, ...candidate].flatMap(({ value }) => (Number.isNaN(value) ? [] : [value])));
  const every = Math.max(1, Math.ceil(parts.length / LABELS_MAX));
  const ticks = parts.flatMap((_part, at) => (at % every === 0 ? [at] : []));
  const marginTop = headingHeight({ title: label, unit: null });
  const marks = [
    { own: incumbent, paint: INCUMBENT_PAINT, dash: policyDash(0) },
    { own: candidate, paint: CANDIDATE_PAINT, dash: CANDIDATE_DASH },
  ].flatMap(({ own, paint, dash }) => [
    Plot.line(own, { x: 'at', y: 'value', stroke: paint, strokeWidth: 2, strokeDasharray: dash }),
    Plot.dot(
      own.filter(({ value }) => !Number.isNaN(value)),
      { x: 'at', y: 'value', r: 2.75, fill: paint, stroke: CARD },
    ),
  ]);
  return draw({
    width,
    height: marginTop + PLOT_HEIGHT + 42,
    marginLeft: 62,
    marginRight: 14,
    marginTop,
    marginBottom: 42,
    title: label,
    titlePaint: null,
    unit: null,
    label: `${label} by hour: ${parts.map((part) => `${part.part} ${format(part.incumbent[metric] ?? null)} and ${format(part.candidate[metric] ?? null)}`).join(', ')}`,
    x: { type: 'linear', domain: [-0.5, Math.max(0.5, parts.length - 0.5)] },
    y: { type: axis.type, domain: [...axis.domain] },
    marks: [
      ...axisY(axis.ticks, format),
      ...axisX(ticks, (at) => (parts[at]?.part ?? '').replace(/^hour /, ''), 'hour'),
      ...marks,
    ],
  });
}
