/** The charts of `can-i-trust-it`: fit, errors, evidence, estimators, and what was predicted against what came. */
import * as Plot from '@observablehq/plot';
import { axisY } from '../../reports/charts/axes.ts';
import { square } from '../../reports/charts/chart.ts';
import { differenceTicks, linearTicks } from '../../reports/charts/ticks.ts';
import {
  formatCount,
  formatMs,
  formatPercent,
  formatSigned,
  formatTick,
  formatUsd,
  plural,
} from '../../reports/format.ts';
import { metricOf } from '../../reports/metrics.ts';
import { GRID, MUTED, policyPaint, rolePaint } from '../../reports/palette.ts';
import { leftColumn, rightColumn, type Table } from '../../reports/tables/table.ts';
import type { ChartCard, PanelOptions } from './chart-card.ts';
import { intervalPanel } from './interval-rows.ts';

export interface QuantileRow {
  readonly target: string;
  readonly probability: number;
  readonly relative_error: number;
  readonly low95: number | null;
  readonly high95: number | null;
  readonly verdict: string;
}

export interface DistanceRow {
  readonly target: string;
  readonly ks: number;
  readonly replicate_ks_max: number | null;
}

export interface ReliabilityRow {
  readonly attempts: number;
  readonly simulated: number;
  readonly observed: number;
  readonly low95: number | null;
  readonly high95: number | null;
}

export interface FigureRow {
  readonly target: string;
  readonly attempts: number;
  readonly figure: string;
  readonly observed: number | null;
  readonly simulated: number | null;
  readonly simulated_min: number | null;
  readonly simulated_max: number | null;
}

export interface TierRow {
  readonly policy: string;
  readonly tier: string;
  readonly attempts: number;
  readonly attempt_ratio: number;
}

export interface EstimateRow {
  readonly metric: string;
  readonly estimator: string;
  readonly value: number;
  readonly low95: number | null;
  readonly high95: number | null;
}

export interface MeasuredRow {
  readonly metric: string;
  readonly predicted: number;
  readonly measured: number;
  /** Least and most of ten parts of the log in time. */
  readonly part_min: number | null;
  readonly part_max: number | null;
}

/** Beyond this a relative error is cut, or one bad tail would flatten all else. */
const ERROR_LIMIT = 1;

function percentSigned(value: number | null): string {
  return formatSigned(value, (ratio) => formatPercent(ratio, 0));
}

/** How far each target's times are off, for one quantile a panel. */
export function quantileCard(rows: readonly QuantileRow[]): ChartCard {
  const right = rows.filter((row) => row.verdict === 'within').length;
  return {
    title: `${right} of ${plural(rows.length, 'quantile')} of the first token are close enough to the log`,
    sentence:
      'How far the fitted provider is from the log, relative, on the part of the log that nothing was fitted to. Right of the line the fit is too slow, left of it too quick; the bar is the 95 % interval. Green: close enough. Red: off. Hollow: it may be luck.',
    legend: [
      square('close enough', rolePaint('better')),
      square('off', rolePaint('worse')),
      square('not clear', rolePaint('unclear')),
    ],
    panels: [0.5, 0.9, 0.99].map((probability) =>
      intervalPanel({
        width: 500,
        marginLeft: 182,
        title: `First token, p${probability * 100}`,
        rows: rows
          .filter((row) => row.probability === probability)
          .map((row) => ({
            name: row.target,
            value: row.relative_error,
            low: row.low95,
            high: row.high95,
            ...(LOOK[row.verdict] ?? { paint: MUTED, isHollow: true }),
          })),
        line: 0,
        limits: [-ERROR_LIMIT, ERROR_LIMIT],
        ticks: (low, high) => differenceTicks(Math.min(0, low), Math.max(0, high), 4),
        format: percentSigned,
        axis: 'fitted against the log',
      }),
    ),
  };
}

/** Look of what the report would say of it. */
const LOOK: Readonly<Record<string, { readonly paint: string; readonly isHollow: boolean }>> = {
  within: { paint: rolePaint('better'), isHollow: false },
  off: { paint: rolePaint('worse'), isHollow: false },
  unclear: { paint: rolePaint('unclear'), isHollow: true },
};

/** Whole distributions: the distance to the log beside the one that luck alone makes. */
export function distanceCard(rows: readonly DistanceRow[]): ChartCard {
  const beyond = rows.filter((row) => row.replicate_ks_max !== null && row.ks > row.replicate_ks_max);
  const max = Math.max(0.05, ...rows.flatMap((row) => [row.ks, row.replicate_ks_max ?? 0]));
  const ticks = linearTicks(max, 5).filter((tick) => tick <= max);
  return {
    title:
      beyond.length === 0
        ? 'No target is further from the log than luck could take it'
        : `${beyond.length} of ${plural(rows.length, 'target')} ${beyond.length === 1 ? 'is' : 'are'} further from the log than luck takes them`,
    sentence:
      'Dot: the largest gap between the two distributions of the first token, in share of attempts. Bar: how large that gap gets when the fitted provider is held against itself with other luck. A dot inside its bar is all that can be asked for.',
    panels: [
      {
        width: 1_060,
        plotHeight: rows.length * 24,
        marginLeft: 210,
        marginRight: 30,
        label: `Distance of distributions: ${rows.map((row) => `${row.target} ${row.ks.toFixed(3)}`).join('; ')}`,
        x: { domain: [0, max * 1.03] },
        y: { type: 'band', domain: rows.map(({ target }) => target), padding: 0.3 },
        ticks: {
          at: ticks,
          format: (value) => formatTick(value, (ratio) => formatPercent(ratio, 0)),
          name: 'largest gap',
        },
        marks: [
          Plot.gridX(ticks, { stroke: GRID, strokeOpacity: 1 }),
          Plot.barX(rows, {
            x: (row: DistanceRow) => row.replicate_ks_max ?? 0,
            y: 'target',
            fill: rolePaint('load'),
            fillOpacity: 0.6,
          }),
          Plot.dot(rows, {
            x: 'ks',
            y: 'target',
            r: 5,
            fill: (row: DistanceRow) =>
              rolePaint(row.replicate_ks_max !== null && row.ks > row.replicate_ks_max ? 'worse' : 'better'),
          }),
          Plot.text(rows, { frameAnchor: 'left', y: 'target', text: 'target', textAnchor: 'end', dx: -8 }),
        ],
      },
    ],
  };
}

/** Failures: as many as were foretold, where they were foretold? */
export function reliabilityCard(rows: readonly ReliabilityRow[]): ChartCard {
  const max = Math.max(0.02, ...rows.flatMap((row) => [row.simulated, row.observed, row.high95 ?? 0]));
  const ticks = linearTicks(max, 5).filter((tick) => tick <= max);
  const missed = rows.filter(
    (row) => row.low95 !== null && (row.simulated < row.low95 || row.simulated > (row.high95 ?? 1)),
  );
  const format = (value: number): string => formatTick(value, (ratio) => formatPercent(ratio, 0));
  return {
    title:
      missed.length === 0
        ? 'Failures come where they were foretold'
        : `In ${missed.length} of ${plural(rows.length, 'group')} failures come more or less often than foretold`,
    sentence:
      'Attempts are put into groups by how likely the fitted providers say they are to fail. Across: what was foretold. Up: what came, with its 95 % interval. On the line, both agree.',
    panels: [
      {
        width: 660,
        plotHeight: 260,
        marginLeft: 60,
        marginRight: 20,
        unit: 'failed in the log',
        label: rows
          .map((row) => `foretold ${formatPercent(row.simulated)}, came ${formatPercent(row.observed)}`)
          .join('; '),
        x: { domain: [0, max * 1.03] },
        y: { domain: [0, max * 1.03] },
        ticks: { at: ticks, format, name: 'likely to fail, by the fit' },
        marks: [
          ...axisY(ticks, (value) => formatPercent(value, 0)),
          Plot.line([0, max], {
            x: (value: number) => value,
            y: (value: number) => value,
            stroke: MUTED,
            strokeDasharray: '4 4',
          }),
          Plot.ruleX(
            rows.filter((row) => row.low95 !== null),
            { x: 'simulated', y1: 'low95', y2: 'high95', stroke: rolePaint('accent'), strokeWidth: 2 },
          ),
          Plot.dot(rows, { x: 'simulated', y: 'observed', r: 4.5, fill: rolePaint('accent') }),
        ],
      },
    ],
  };
}

/** Failures, 429s and money, target by target. */
export function figureTable(rows: readonly FigureRow[]): Table {
  const targets = [...new Set(rows.map(({ target }) => target))];
  const cell = (target: string, figure: string, format: (value: number | null) => string): readonly string[] => {
    const row = rows.find((each) => each.target === target && each.figure === figure);
    if (row === undefined) return ['–', '–'];
    return [format(row.observed), `${format(row.simulated_min)} to ${format(row.simulated_max)}`];
  };
  const ratio = (value: number | null): string => formatPercent(value, 1);
  return {
    id: 'figures',
    caption:
      'Failures, answers of 429 and money: in the log, and from least to most over the replays with fitted providers',
    columns: [
      leftColumn('Target'),
      rightColumn('Attempts'),
      rightColumn('Failed'),
      rightColumn('fitted'),
      rightColumn('429s'),
      rightColumn('fitted'),
      rightColumn('Cost'),
      rightColumn('fitted'),
    ],
    rows: targets.map((target) => [
      target,
      formatCount(rows.find((row) => row.target === target)?.attempts ?? null),
      ...cell(target, 'failure', ratio),
      ...cell(target, 'limited', formatCount),
      ...cell(target, 'cost_usd', formatUsd),
    ]),
    paints: [],
  };
}

const TIERS: Readonly<Record<string, { readonly label: string; readonly paint: string }>> = {
  T1: { label: 'T1: what the log has of this very request', paint: rolePaint('better') },
  T2: { label: 'T2: a like request of the log', paint: rolePaint('use-2') },
  T3: { label: 'T3: the fitted provider', paint: rolePaint('use-3') },
};

/** What the outcomes of a replay rest on. */
export function tierCard(rows: readonly TierRow[]): ChartCard {
  const policies = [...new Set(rows.map(({ policy }) => policy))];
  const painted = rows.map((row) => ({ ...row, paint: TIERS[row.tier]?.paint ?? MUTED }));
  const modelled = policies.map((policy) => ({
    policy,
    ratio: rows.find((row) => row.policy === policy && row.tier === 'T3')?.attempt_ratio ?? 0,
  }));
  const most = modelled.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  return {
    title: `At most ${formatPercent(most.ratio)} of a policy’s outcomes come from a model alone (${most.policy})`,
    sentence:
      'A replay takes the outcome that the log has of this very request where it can, else that of a like request, else asks the fitted provider. The more green, the nearer to what happened.',
    legend: Object.values(TIERS).map(({ label, paint }) => square(label, paint)),
    panels: [
      {
        width: 1_060,
        plotHeight: policies.length * 40,
        marginLeft: 150,
        marginRight: 20,
        label: rows.map((row) => `${row.policy} ${row.tier} ${formatPercent(row.attempt_ratio)}`).join('; '),
        x: { domain: [0, 1] },
        y: { type: 'band', domain: policies, padding: 0.25 },
        ticks: {
          at: [0, 0.25, 0.5, 0.75, 1],
          format: (value) => formatTick(value, (ratio) => formatPercent(ratio, 0)),
          name: 'share of the attempts',
        },
        marks: [
          Plot.barX(painted, Plot.stackX({ x: 'attempt_ratio', y: 'policy', fill: 'paint', order: null })),
          Plot.text(policies, {
            frameAnchor: 'left',
            y: (name: string) => name,
            text: (name: string) => name,
            textAnchor: 'end',
            dx: -8,
          }),
        ],
      },
    ],
  };
}

/** Four estimators side by side, with what the replay says of the same policy. */
export function estimatorCard(rows: readonly EstimateRow[], replayed: Readonly<Record<string, number>>): ChartCard {
  const metrics = [...new Set(rows.map(({ metric }) => metric))];
  const panels = metrics.map((key): PanelOptions => {
    const { label, format } = estimatedMetric(key);
    const line = replayed[key] ?? null;
    return intervalPanel({
      width: 500,
      marginLeft: 110,
      title: label,
      rows: rows
        .filter((row) => row.metric === key)
        .map((row) => ({
          name: row.estimator,
          value: row.value,
          low: row.low95,
          high: row.high95,
          paint: row.estimator === 'the log itself' ? MUTED : policyPaint(0),
        })),
      line,
      limits: null,
      ticks: (low, high) => valueTicks(low, high),
      format,
      axis: line === null ? '' : 'upright line: the replay of the policy',
    });
  });
  return {
    title: 'Four ways to read another policy off the log',
    sentence:
      'Each weighs the logged choices by how likely the other policy would have made them; they differ in how. Near one another: the figure does not hang on the method. The grey row is what the log’s own policy got.',
    panels,
  };
}

function estimatedMetric(key: string): { readonly label: string; readonly format: (value: number | null) => string } {
  if (key === 'firstTokenMs') return { label: 'First token, mean', format: formatMs };
  if (key === 'firstTokenWithin2s') {
    return { label: 'First token within 2 s', format: (value) => formatPercent(value) };
  }
  const { label, format } = metricOf(key);
  return { label, format };
}

/** Round values within a range that need not hold 0. */
function valueTicks(low: number, high: number): readonly number[] {
  const span = high - low || Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= span / 4) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_unused, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** What was foretold, and what came. */
export function measuredCard(rows: readonly MeasuredRow[], policy: string): ChartCard {
  const inside = rows.filter(
    (row) => row.part_min !== null && row.predicted >= row.part_min && row.predicted <= (row.part_max ?? 0),
  );
  return {
    title: `${inside.length} of ${plural(rows.length, 'prediction')} for ${policy} lie within what ten parts of the log show`,
    sentence:
      'Line: what the replay with fitted providers foretold. Dot: what the log of the policy itself measured; bar: least and most of ten parts of it in time.',
    panels: rows.map((row): PanelOptions => {
      const { label, format } = metricOf(row.metric);
      return intervalPanel({
        width: 500,
        marginLeft: 80,
        title: `${label}: foretold ${format(row.predicted)}`,
        rows: [{ name: 'measured', value: row.measured, low: row.part_min, high: row.part_max, paint: policyPaint(0) }],
        line: row.predicted,
        limits: null,
        ticks: valueTicks,
        format,
        axis: '',
      });
    }),
  };
}

export function measuredTable(rows: readonly MeasuredRow[]): Table {
  return {
    id: 'measured',
    caption: 'Foretold and measured',
    columns: [
      leftColumn('Metric'),
      rightColumn('Foretold'),
      rightColumn('Measured'),
      rightColumn('Foretold is off by'),
    ],
    rows: rows.map(({ metric, predicted, measured }) => {
      const { label, format } = metricOf(metric);
      const error = measured === 0 ? null : predicted / measured - 1;
      return [label, format(predicted), format(measured), error === null ? '–' : percentSigned(error)];
    }),
    paints: [],
  };
}
