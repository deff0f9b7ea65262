/** The estimators of each metric side by side, each with its interval. */
import * as Plot from '@observablehq/plot';
import type { MetricEstimate, PolicyEstimate } from '../../simulator/estimate/policy-estimate.ts';
import { square, type Chart, type Panel } from '../charts/chart.ts';
import { axisX, HALO, headingHeight, type Draw, type Mark } from '../charts/draw-panel.ts';
import { differenceTicks } from '../charts/ticks.ts';
import { formatTick, listWords } from '../format.ts';
import { GRID, INK, MUTED, rolePaint } from '../palette.ts';
import { effectOf, intervalsOf, rangeText, wordsOf, type Effect, type NamedInterval } from './estimated-metrics.ts';

const WIDTH = 500;
const ROW_HEIGHT = 38;
/** Column of the figures at the right. */
const VALUE_WIDTH = 96;
const MARGIN = 18;

const PAINTS: Readonly<Record<Effect, string>> = {
  better: rolePaint('better'),
  worse: rolePaint('worse'),
  unclear: rolePaint('unclear'),
};

/** Do the estimators agree, and do they leave the log's own policy behind? Nothing is drawn where there are none. */
export function estimatorIntervals(estimate: PolicyEstimate, draw: Draw): Chart {
  return {
    id: 'estimator-intervals',
    title: titleOf(estimate),
    sentence:
      'Bars are 95\u00a0% intervals; the line down each panel is what the log’s own policy got. The four estimators weigh the same choices in different ways: where they agree, the figure does not hang on the way. Whether the difference is clear, the paired interval in the table says.',
    legend: [
      square('the log’s policy', INK),
      square('the other policy: clearly better', PAINTS.better),
      square('clearly worse', PAINTS.worse),
      square('no clear difference', PAINTS.unclear),
    ],
    panels: estimate.identifiable ? estimate.metrics.map((metric) => panelOf(metric, draw)) : [],
    narrowPanels: [],
    columns: 2,
  };
}

function titleOf({ identifiable, metrics, policy }: PolicyEstimate): string {
  if (!identifiable) return 'Too little was left to chance for an estimate';
  const clear = metrics.filter((metric) => effectOf(metric) !== 'unclear');
  if (clear.length === 0) return `No clear difference between ${policy} and the log’s policy`;
  const said = clear.map((metric) => `${effectOf(metric)} in ${wordsOf(metric).noun}`);
  return `${policy} would be clearly ${listWords(said)}`;
}

function panelOf(metric: MetricEstimate, draw: Draw): Panel {
  const { label, format, better } = wordsOf(metric);
  const rows = intervalsOf(metric);
  const ends = rows.flatMap(({ interval: { value, low95, high95 } }) =>
    [value, low95, high95].flatMap((end) => end ?? []),
  );
  const low = Math.min(...ends, Infinity);
  const high = Math.max(...ends, -Infinity);
  const [from, to] = rows.length === 0 ? [0, 1] : [low, high];
  const pad = (to - from || Math.abs(to) || 1) * 0.08;
  const unit = `${better} is better`;
  const marginTop = headingHeight({ title: label, unit });
  const height = Math.max(1, rows.length) * ROW_HEIGHT + 4;
  const ticks = differenceTicks(from - pad, to + pad, 4);
  return draw({
    width: WIDTH,
    height: marginTop + height + 42,
    marginLeft: MARGIN,
    marginRight: VALUE_WIDTH,
    marginTop,
    marginBottom: 42,
    title: label,
    titlePaint: null,
    unit,
    label: `${label}: ${rows.map(({ name, interval }) => `${name} ${format(interval.value)}, 95\u00a0% interval ${rangeText(interval, format)}`).join('; ') || 'nothing to show'}`,
    x: { type: 'linear', domain: [from - pad, to + pad] },
    y: { type: 'linear', domain: [height, 0] },
    marks: [
      Plot.ruleX(ticks, { stroke: GRID }),
      ...axisX(ticks, (value) => formatTick(value, format), label.toLowerCase()),
      ...(metric.logging.value === null
        ? []
        : [Plot.ruleX([metric.logging.value], { stroke: INK, strokeWidth: 1.25 })]),
      ...rows.flatMap((row, index) => rowMarks(row, index, metric)),
    ],
  });
}

function rowMarks({ name, interval }: NamedInterval, row: number, metric: MetricEstimate): Mark[] {
  const { format } = wordsOf(metric);
  const isLogged = interval === metric.logging;
  const paint = isLogged ? INK : PAINTS[effectOf(metric)];
  const top = row * ROW_HEIGHT;
  const line = top + 24;
  const { value, low95, high95 } = interval;
  return [
    ...(low95 === null || high95 === null
      ? []
      : [Plot.ruleY([line], { x1: [low95], x2: [high95], stroke: paint, strokeWidth: 3 })]),
    Plot.dot([value ?? 0], { x: (each: number) => each, y: [line], r: 5, fill: paint }),
    Plot.text([name], { y: [top + 8], frameAnchor: 'left', textAnchor: 'start', dx: 2 - MARGIN, fill: MUTED, ...HALO }),
    Plot.text([format(value)], {
      y: [line],
      frameAnchor: 'right',
      textAnchor: 'end',
      dx: VALUE_WIDTH - 4,
      fill: paint,
      fontWeight: 600,
    }),
  ];
}
