import * as Plot from '@observablehq/plot';
import type { Comparison, PairedDifference } from '../../simulator/result.ts';
import { formatSigned, formatTick, listWords } from '../format.ts';
import { metricOf, type Metric } from '../metrics.ts';
import { CARD, GRID, INK, MUTED, rolePaint } from '../palette.ts';
import { verdictOf, type Verdict } from '../summary/pair-verdict.ts';
import { verdictWords } from '../tables/paired.ts';
import { square, type Chart, type Panel } from './chart.ts';
import { axisX, HALO, headingHeight, type Draw } from './draw-panel.ts';
import { differenceTicks } from './ticks.ts';

const WIDTH = 400;
const MARGIN = 18;
/** Column of the figures at the right. */
const VALUE_WIDTH = 104;
const ROW_HEIGHT = 38;
/** With more pairs than this a panel keeps those with the first policy; the table has them all. */
const PAIRS_MAX = 8;

const VERDICT_PAINT: Readonly<Record<Verdict, string>> = {
  better: rolePaint('better'),
  worse: rolePaint('worse'),
  unclear: rolePaint('unclear'),
  neutral: INK,
  untested: rolePaint('unclear'),
};

interface Interval {
  readonly pair: PairedDifference;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** Which differences are clear? One panel a metric, one interval a pair, zero marked. */
export function pairedDifferences(comparison: Comparison, draw: Draw): Chart {
  const intervals = comparison.paired.flatMap(intervalOf);
  const keys = [...new Set(intervals.map((interval) => interval.pair.metric))];
  const panels = keys.map((key) =>
    metricPanel(
      metricOf(key),
      shown(
        comparison,
        intervals.filter((interval) => interval.pair.metric === key),
      ),
      draw,
    ),
  );
  return {
    id: 'paired-differences',
    title: titleOf(intervals),
    sentence:
      'First policy minus second on the same requests; the bar is the 95\u00a0% interval. Filled: the interval leaves zero out. Hollow: it contains zero, so the difference may be nothing.',
    legend: (['better', 'worse', 'unclear'] as const).map((verdict) =>
      square(
        verdict === 'unclear' ? 'no clear difference' : `first policy ${verdictWords(verdict)}`,
        VERDICT_PAINT[verdict],
      ),
    ),
    panels,
    narrowPanels: [],
    columns: 3,
  };
}

function intervalOf(pair: PairedDifference): readonly Interval[] {
  return pair.difference === null || pair.low95 === null || pair.high95 === null
    ? []
    : [{ pair, difference: pair.difference, low: pair.low95, high: pair.high95 }];
}

function titleOf(intervals: readonly Interval[]): string {
  if (intervals.length === 0) return 'No pair of policies was tested';
  const clear = intervals.filter(({ low, high }) => low > 0 || high < 0);
  if (clear.length === 0) return `None of ${intervals.length} paired differences is clear`;
  const names = [...new Set(clear.map(({ pair }) => metricOf(pair.metric).noun))];
  return `${clear.length} of ${intervals.length} paired differences are clear: ${names.length > 4 ? `${names.length} metrics` : listWords(names)}`;
}

function shown(comparison: Comparison, intervals: readonly Interval[]): readonly Interval[] {
  if (intervals.length <= PAIRS_MAX) return intervals;
  const first = comparison.policies[0]?.name;
  const withFirst = intervals.filter(({ pair }) => pair.a === first || pair.b === first);
  return withFirst.length > 0 ? withFirst : intervals.slice(0, PAIRS_MAX);
}

function metricPanel(metric: Metric, intervals: readonly Interval[], draw: Draw): Panel {
  const low = Math.min(0, ...intervals.map((interval) => interval.low));
  const high = Math.max(0, ...intervals.map((interval) => interval.high));
  const pad = (high - low || 1) * 0.06;
  const unit = sideWords(metric);
  const marginTop = headingHeight({ title: metric.label, unit });
  const plotHeight = intervals.length * ROW_HEIGHT + 4;
  return draw({
    width: WIDTH,
    height: marginTop + plotHeight + 42,
    marginLeft: MARGIN,
    marginRight: VALUE_WIDTH,
    marginTop,
    marginBottom: 42,
    title: metric.label,
    titlePaint: null,
    unit,
    label: `${metric.label}: ${intervals.map((interval) => intervalLabel(interval, metric)).join('; ')}`,
    x: { type: 'linear', domain: [low - pad, high + pad] },
    y: { type: 'linear', domain: [plotHeight, 0] },
    marks: [
      Plot.ruleX(differenceTicks(low, high, 5), { stroke: GRID }),
      ...axisX(differenceTicks(low, high, 5), (value) => tickText(value, metric), axisName(metric)),
      Plot.ruleX([0], { stroke: INK, strokeWidth: 1.5 }),
      ...intervals.flatMap((interval, row) => intervalMarks(interval, row, metric)),
    ],
  });
}

function intervalMarks(interval: Interval, row: number, metric: Metric): Plot.Markish[] {
  const verdict = verdictOf(interval.pair, metric);
  const paint = VERDICT_PAINT[verdict];
  const top = row * ROW_HEIGHT;
  const line = top + 27;
  const nameStyle = { y: [top + 10], frameAnchor: 'left', textAnchor: 'start', dx: 2 - MARGIN, ...HALO } as const;
  const valueStyle = { y: [line], frameAnchor: 'right', textAnchor: 'end', dx: VALUE_WIDTH - 4 } as const;
  return [
    Plot.ruleY([line], { x1: [interval.low], x2: [interval.high], stroke: paint, strokeWidth: 3 }),
    Plot.dot([interval.difference], {
      x: (value: number) => value,
      y: [line],
      r: 5.5,
      fill: verdict === 'unclear' ? CARD : paint,
      stroke: paint,
      strokeWidth: 2,
    }),
    Plot.text([`${interval.pair.a} − ${interval.pair.b}`], { ...nameStyle, fill: MUTED }),
    Plot.text([formatSigned(interval.difference, metric.formatDifference)], {
      ...valueStyle,
      fill: paint,
      fontWeight: 600,
    }),
  ];
}

function sideWords(metric: Metric): string {
  if (metric.better === null) return 'first policy minus second';
  return metric.better === 'lower'
    ? 'left of 0: the first is lower, which is better'
    : 'right of 0: the first is higher, which is better';
}

function axisName(metric: Metric): string {
  return metric.formatDifference(0).endsWith('points') ? 'difference, percentage points' : 'difference';
}

function tickText(value: number, metric: Metric): string {
  return formatTick(value, (size) => formatSigned(size, metric.formatDifference).replace('\u00a0points', ''));
}

function intervalLabel(interval: Interval, metric: Metric): string {
  const say = (value: number): string => formatSigned(value, metric.formatDifference);
  return `${interval.pair.a} minus ${interval.pair.b} ${say(interval.difference)}, 95\u00a0% interval ${say(interval.low)} to ${say(interval.high)}, ${verdictWords(verdictOf(interval.pair, metric))}`;
}
