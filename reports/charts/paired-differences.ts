import type { Comparison, PairedDifference } from '../../simulator/result.ts';
import { formatSigned, formatTick, listWords } from '../format.ts';
import { metricOf, type Metric } from '../metrics.ts';
import { INK, rolePaint } from '../palette.ts';
import { verdictOf, type Verdict } from '../summary/pair-verdict.ts';
import { verdictWords } from '../tables/paired.ts';
import { square, type Chart, type Panel } from './chart.ts';
import type { Draw } from './draw-panel.ts';
import { intervalPanel, type IntervalRow } from './interval-rows.ts';

const WIDTH = 400;
/** Column of the figures at the right. */
const FIGURE_WIDTH = 104;
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
  return intervalPanel(
    {
      title: metric.label,
      unit: sideWords(metric),
      rows: intervals.map((interval) => rowOf(interval, metric)),
      reference: 0,
      axis: axisName(metric),
      tickText: (value) => tickText(value, metric),
      ticks: 5,
      width: WIDTH,
      figureWidth: FIGURE_WIDTH,
    },
    draw,
  );
}

function rowOf(interval: Interval, metric: Metric): IntervalRow {
  const { pair, difference: value, low, high } = interval;
  const verdict = verdictOf(pair, metric);
  return {
    name: `${pair.a} − ${pair.b}`,
    value,
    low,
    high,
    figure: formatSigned(value, metric.formatDifference),
    spoken: intervalLabel(interval, metric),
    paint: VERDICT_PAINT[verdict],
    isHollow: verdict === 'unclear',
  };
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
