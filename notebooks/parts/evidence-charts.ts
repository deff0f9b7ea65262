/** The charts of `can-i-trust-it` on results: what they rest on, what estimators say, and what came of a prediction. */
import * as Plot from '@observablehq/plot';
import { square } from '../../reports/charts/chart.ts';
import { formatMs, formatPercent, formatTick, listWords, plural } from '../../reports/format.ts';
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

/** The row that is no estimate: what the log's own policy got. */
const LOG_ITSELF = 'the log itself';

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
          paint: row.estimator === LOG_ITSELF ? MUTED : policyPaint(0),
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

/**
 * What the replay says that no estimator does: a sentence that names the metrics for which it lies outside of all their
 * intervals; null when there is none.
 */
export function disagreementWords(
  rows: readonly EstimateRow[],
  replayed: Readonly<Record<string, number>>,
): string | null {
  const apart = Object.entries(replayed).flatMap(([key, value]) => {
    const judged = rows.filter((row) => row.metric === key && row.estimator !== LOG_ITSELF && row.low95 !== null);
    const isOutsideAll = judged.every(({ low95, high95 }) => value < (low95 ?? value) || value > (high95 ?? value));
    if (judged.length === 0 || !isOutsideAll) return [];
    const { noun, format } = metricOf(key);
    const least = Math.min(...judged.map((row) => row.value));
    const most = Math.max(...judged.map((row) => row.value));
    const read = format(least) === format(most) ? format(least) : `${format(least)} to ${format(most)}`;
    return [`${noun} (${format(value)} by the replay, ${read} by the estimators)`];
  });
  if (apart.length === 0) return null;
  return `They disagree: the replay lies outside the intervals of all estimators for ${listWords(apart)}.`;
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

/** What came, of a policy that had been replayed. */
export interface MeasuredRun {
  readonly policy: string;
  readonly requests: number;
  /** Whether the replay was of the very log that is measured. */
  readonly isReplayedLog: boolean;
}

/** Where the forecast and the measurement come from. */
export function measuredWords({ policy, requests, isReplayedLog }: MeasuredRun): string {
  const served = `${plural(requests, 'request')} that ${policy} served`;
  return isReplayedLog
    ? `${policy} was replayed over this very log, which has ${served}. So this says how well a replay repeats what was, rather than how well it foretells what was not.`
    : `${policy} was replayed in fitted providers. The measured log has ${served}.`;
}

/** A forecast that is off by no more stands for a choice between policies that differ much. */
const SMALL_MISS = 0.25;
/** Beyond it a forecast says nothing of the size of what comes. */
const LARGE_MISS = 1;

/**
 * The page's answer, as far as what came allows one.
 *
 * @param measured what was foretold and what came; none: nothing was held against it
 * @param disagreement see {@link disagreementWords}
 */
export function closingWords(measured: readonly MeasuredRow[], disagreement: string | null): string {
  const but =
    disagreement === null ? '' : ' The estimators do not bear the replay out, which is one more reason for care.';
  if (measured.length === 0) {
    return `No forecast was held against what came, so this page cannot say. At most a choice between two policies that differ much can rest on it.${but}`;
  }
  const worst = worstOf(measured);
  const miss = Math.abs(missOf(worst));
  const off = `${metricOf(worst.metric).noun} was foretold ${percentSigned(missOf(worst))} off`;
  if (miss <= SMALL_MISS) {
    return `For a choice between two policies that differ much, most likely: at worst, ${off}.${but}`;
  }
  if (miss <= LARGE_MISS) {
    return `For a choice between two policies that differ by more than the miss above: ${off}.${but}`;
  }
  return `Not as it stands: ${off}. Take no figure from such a replay before it is known why.${but}`;
}

/** How far the forecast is off, relative to what came. */
function missOf({ predicted, measured }: MeasuredRow): number {
  return measured === 0 ? 0 : predicted / measured - 1;
}

function worstOf(rows: readonly MeasuredRow[]): MeasuredRow {
  return rows.reduce((a, b) => (Math.abs(missOf(b)) > Math.abs(missOf(a)) ? b : a));
}

/** What was foretold, and what came. */
export function measuredCard(rows: readonly MeasuredRow[], policy: string): ChartCard {
  const worst = worstOf(rows);
  return {
    title: `The largest miss for ${policy}: ${metricOf(worst.metric).noun}, foretold ${percentSigned(missOf(worst))} off`,
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
