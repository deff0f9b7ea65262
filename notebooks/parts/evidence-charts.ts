/** The charts of `can-i-trust-it` on results: what they rest on, what estimators say, and what came of a prediction. */
import * as Plot from '@observablehq/plot';
import { square } from '../../reports/charts/chart.ts';
import { formatMs, formatPercent, formatTick } from '../../reports/format.ts';
import { metricOf } from '../../reports/metrics.ts';
import { MUTED, policyPaint, rolePaint } from '../../reports/palette.ts';
import { leftColumn, rightColumn, type Table } from '../../reports/tables/table.ts';
import type { ChartCard, PanelOptions } from './chart-card.ts';
import { intervalPanel } from './interval-rows.ts';
import { rowNames } from './row-names.ts';
import { percentSigned } from './signed-percent.ts';

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
          rowNames(policies),
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
  const miss = (row: MeasuredRow): number => (row.measured === 0 ? 0 : row.predicted / row.measured - 1);
  const worst = rows.reduce((a, b) => (Math.abs(miss(b)) > Math.abs(miss(a)) ? b : a));
  return {
    title: `The largest miss for ${policy}: ${metricOf(worst.metric).noun}, foretold ${percentSigned(miss(worst))} off`,
    sentence:
      'Line: what the replay with fitted providers foretold. Dot: what the log of the policy itself measured; bar: least and most of ten parts of it in time, which differ more than the whole would if it ran again.',
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
