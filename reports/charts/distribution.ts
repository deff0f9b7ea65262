/** Empirical distribution functions of all policies in one plot, p50, p95 and p99 marked. */
import * as Plot from '@observablehq/plot';
import type { Comparison, EcdfPoint, PolicyRun, Quantiles } from '../../simulator/result.ts';
import { formatTick, type Formatter } from '../format.ts';
import type { Metric } from '../metrics.ts';
import { CARD, GRID, MUTED, policyDash, policyPaint } from '../palette.ts';
import { rankingTitle } from '../summary/ranking-words.ts';
import { rankingOf } from '../summary/ranking.ts';
import type { Chart, LegendItem, Panel } from './chart.ts';
import { axisX, headingHeight, type Draw, type Mark } from './draw-panel.ts';
import { logTicks } from './ticks.ts';

/** With more points than this the steps are finer than the line is wide and would only fray its dashes. */
const STEPS_MAX = 40;

const MARKED = [
  { share: 0.5, name: 'p50', key: 'p50' },
  { share: 0.95, name: 'p95', key: 'p95' },
  { share: 0.99, name: 'p99', key: 'p99' },
] as const;

export interface DistributionSpec {
  readonly id: string;
  readonly metric: Metric;
  /** Of what: `time to the first token`. */
  readonly what: string;
  readonly format: Formatter;
  readonly points: (run: PolicyRun) => readonly EcdfPoint[];
  /** The run's own quantiles, exact where the points are thinned out; `null` reads them off the points. */
  readonly quantiles: ((run: PolicyRun) => Quantiles) | null;
}

/** Smallest value whose share reaches `share`; `null` when there are no points. */
export function ecdfQuantile(points: readonly EcdfPoint[], share: number): number | null {
  return points.find((point) => point.share >= share - 1e-12)?.value ?? points[points.length - 1]?.value ?? null;
}

export function distributionChart(comparison: Comparison, draw: Draw, spec: DistributionSpec): Chart {
  const panel = distributionPanel(comparison, draw, spec);
  return {
    id: spec.id,
    title: rankingTitle(rankingOf(comparison, spec.metric)),
    sentence: `Share of answered requests whose ${spec.what} is at most the value below; further left is better. Dots mark p50, p95 and p99.`,
    legend: comparison.policies.map((run, index) => legendItem(run, index, spec)),
    panels: panel === null ? [] : [panel],
    narrowPanels: [],
    columns: 1,
  };
}

function legendItem(run: PolicyRun, index: number, spec: DistributionSpec): LegendItem {
  const values = MARKED.map((mark) => `${mark.name} ${spec.format(markedValue(run, spec, mark))}`);
  return {
    label: `${run.name}: ${values.join(' · ')}`,
    paint: policyPaint(index),
    mark: 'line',
    dash: policyDash(index),
  };
}

function markedValue(run: PolicyRun, spec: DistributionSpec, mark: (typeof MARKED)[number]): number | null {
  return spec.quantiles === null ? ecdfQuantile(spec.points(run), mark.share) : spec.quantiles(run)[mark.key];
}

function distributionPanel(comparison: Comparison, draw: Draw, spec: DistributionSpec): Panel | null {
  const values = comparison.policies
    .flatMap((run) => spec.points(run).map((point) => point.value))
    .filter((value) => value > 0);
  if (values.length === 0) return null;
  const low = values.reduce((least, value) => Math.min(least, value)) / 1.05;
  const high = values.reduce((most, value) => Math.max(most, value)) * 1.05;
  const unit = 'share of answered requests';
  const marginTop = headingHeight({ title: null, unit });
  const margins = { marginLeft: 44, marginRight: 20, marginTop, marginBottom: 42 };
  return draw({
    width: 520,
    height: marginTop + 300 + margins.marginBottom,
    ...margins,
    title: null,
    titlePaint: null,
    unit,
    label: `Distribution of ${spec.what}: ${comparison.policies.map((run, index) => legendItem(run, index, spec).label).join('; ')}`,
    x: { type: 'log', domain: [low, high] },
    y: { type: 'linear', domain: [0, 1] },
    marks: [
      ...shareAxis(),
      ...axisX(logTicks(low, high, 7), (value) => formatTick(value, spec.format), `${spec.what} (logarithmic)`),
      ...curves(comparison, spec, low, high),
    ],
  });
}

function shareAxis(): Mark[] {
  const marked = new Map<number, string>(MARKED.map((mark) => [mark.share, mark.name]));
  const plain = [0, 0.25, 0.75];
  return [
    Plot.ruleY([0, 0.25, 0.75, 1], { stroke: GRID }),
    Plot.ruleY([...marked.keys()], { stroke: MUTED, strokeDasharray: '1 3' }),
    Plot.axisY([...plain, ...marked.keys()], {
      text: (share: number) => marked.get(share) ?? `${share * 100}\u00a0%`,
      tickSize: 0,
      tickPadding: 6,
      label: null,
      fill: MUTED,
    }),
  ];
}

function curves(comparison: Comparison, spec: DistributionSpec, low: number, high: number): Mark[] {
  return comparison.policies.flatMap((run, index) => {
    const points = spec.points(run);
    if (points.length === 0) return [];
    const paint = policyPaint(index);
    const dots = MARKED.flatMap((mark) => {
      const value = markedValue(run, spec, mark);
      return value === null || value < low || value > high ? [] : [{ value, share: mark.share }];
    });
    return [
      Plot.line(steps(points, low, high), {
        x: 'value',
        y: 'share',
        curve: points.length < STEPS_MAX ? 'step-after' : 'linear',
        stroke: paint,
        strokeWidth: 2,
        strokeDasharray: policyDash(index),
      }),
      Plot.dot(dots, { x: 'value', y: 'share', r: 4, fill: paint, stroke: CARD, strokeWidth: 1.25 }),
    ];
  });
}

/** Values of zero or less have no place on a logarithmic axis: the curve enters at the left edge at their share. */
function steps(points: readonly EcdfPoint[], low: number, high: number): readonly EcdfPoint[] {
  const before = points.filter((point) => point.value < low);
  const start = { value: low, share: before[before.length - 1]?.share ?? 0 };
  const inside = points.filter((point) => point.value >= low);
  return [start, ...inside, { value: high, share: inside[inside.length - 1]?.share ?? start.share }];
}
