/** The charts of `ranked-vs-weighted`: two policies on the same requests, taken apart. */
import * as Plot from '@observablehq/plot';
import { axisY } from '../../reports/charts/axes.ts';
import type { LegendItem } from '../../reports/charts/chart.ts';
import { square } from '../../reports/charts/chart.ts';
import { differenceTicks, linearTicks, timeAxis } from '../../reports/charts/ticks.ts';
import {
  formatCount,
  formatMs,
  formatPercent,
  formatSigned,
  formatTick,
  formatUsd,
  listWords,
} from '../../reports/format.ts';
import { metricOf } from '../../reports/metrics.ts';
import { GRID, INK, MUTED, policyDash, policyPaint, rolePaint } from '../../reports/palette.ts';
import { leftColumn, rightColumn, type Table } from '../../reports/tables/table.ts';
import type { ChartCard, PanelOptions } from './chart-card.ts';
import { rowNames } from './row-names.ts';
import { signedBars } from './signed-bars.ts';

const WIDTH = 1_060;

export interface PairNames {
  readonly a: string;
  readonly b: string;
}

export interface PairedRow {
  readonly metric: string;
  /** Second minus first. */
  readonly difference: number | null;
  readonly low95: number | null;
  readonly high95: number | null;
}

export interface ClassRow {
  readonly class: string;
  readonly arrivals: number;
  readonly a_cost_usd: number;
  readonly b_cost_usd: number;
  readonly a_first_token_p95_ms: number | null;
  readonly b_first_token_p95_ms: number | null;
  readonly a_success_ratio: number;
  readonly b_success_ratio: number;
}

export interface SliceRow {
  readonly start_ms: number;
  readonly a_cost_usd: number;
  readonly b_cost_usd: number;
  readonly a_first_token_p95_ms: number | null;
  readonly b_first_token_p95_ms: number | null;
}

export interface TargetRow {
  readonly target: string;
  readonly a_share: number;
  readonly b_share: number;
  readonly a_attempts: number;
  readonly b_attempts: number;
  readonly moved_usd: number;
  readonly dearer_usd: number;
}

export interface FaultRow {
  readonly label: string;
  readonly start_ms: number;
  readonly end_ms: number;
}

/** How second and first differ, metric by metric, with intervals and whether that is clear. */
export function pairTable({ a, b }: PairNames, rows: readonly PairedRow[]): Table {
  return {
    id: 'paired',
    caption: `${b} minus ${a}, on the same requests`,
    columns: [leftColumn('Metric'), rightColumn('Difference'), rightColumn('95 % interval'), leftColumn('Clear?')],
    rows: rows.map(({ metric, difference, low95, high95 }) => {
      const { label, better, formatDifference } = metricOf(metric);
      const say = (value: number | null): string => formatSigned(value, formatDifference);
      const isClear = low95 !== null && high95 !== null && (low95 > 0 || high95 < 0);
      const isBetter = difference !== null && difference < 0 === (better === 'lower');
      const words = better === null ? 'differs' : `${b} is ${isBetter ? 'better' : 'worse'}`;
      return [label, say(difference), `${say(low95)} to ${say(high95)}`, isClear ? words : 'no'];
    }),
    paints: [],
  };
}

export function pairLegend({ a, b }: PairNames): readonly LegendItem[] {
  return [a, b].map((label, index) => ({
    label,
    paint: policyPaint(index),
    mark: 'line',
    dash: policyDash(index),
  }));
}

/** Which class of requests pays the difference? */
export function classCard({ a, b }: PairNames, rows: readonly ClassRow[]): ChartCard {
  const parts = rows.map((row) => ({ name: row.class, value: row.b_cost_usd - row.a_cost_usd }));
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  // A part that goes against the whole makes none of it, however large.
  const towards = Math.sign(total);
  const most = parts.reduce((x, y) => (y.value * towards > x.value * towards ? y : x));
  const much = Math.abs(most.value) > Math.abs(total) / 2 ? 'most' : 'the largest part';
  return {
    title:
      total === 0
        ? 'Both cost the same'
        : `${most.name} makes ${much} of the difference: ${formatSigned(most.value, formatUsd)} of ${formatSigned(total, formatUsd)}`,
    sentence: `Cost with ${b} minus cost with ${a}, over the whole run. Both policies got the same requests, so every bar is a choice, not a different load.`,
    panels: [
      signedBars({
        width: WIDTH,
        marginLeft: 110,
        axis: `cost, ${b} minus ${a}`,
        format: formatUsd,
        parts: parts.map((part) => ({ ...part, paint: sidePaint(part.value) })),
      }),
    ],
  };
}

export function classTable({ a, b }: PairNames, rows: readonly ClassRow[]): Table {
  return {
    id: 'classes',
    caption: 'The same by class, side by side',
    columns: [
      leftColumn('Class'),
      rightColumn('Requests'),
      ...['Cost', 'First token, p95', 'Answered'].flatMap((head) => [rightColumn(`${head}: ${a}`), rightColumn(b)]),
    ],
    rows: rows.map((row) => [
      row.class,
      formatCount(row.arrivals),
      formatUsd(row.a_cost_usd),
      formatUsd(row.b_cost_usd),
      formatMs(row.a_first_token_p95_ms),
      formatMs(row.b_first_token_p95_ms),
      formatPercent(row.a_success_ratio, 2),
      formatPercent(row.b_success_ratio, 2),
    ]),
    paints: [],
  };
}

/** When does the difference come about? The sum of it so far, and the first token beside. */
export function timeCard(
  names: PairNames,
  rows: readonly SliceRow[],
  faults: readonly FaultRow[],
  spanMs: number,
): ChartCard {
  const { a, b } = names;
  let sum = 0;
  const sums = rows.map((row) => {
    sum += row.b_cost_usd - row.a_cost_usd;
    return { ms: row.start_ms, sum };
  });
  const low = Math.min(0, ...sums.map((point) => point.sum));
  const high = Math.max(0, ...sums.map((point) => point.sum));
  const ticks = differenceTicks(low, high, 4);
  return {
    title: `By the end ${b} has cost ${formatUsd(Math.abs(sum))} ${sum < 0 ? 'less' : 'more'} than ${a}`,
    sentence:
      'Above: the difference in cost so far. Where the line climbs, the second policy is spending more; where it is flat, both spend alike. Below: time to the first token, p95. Shaded: what went wrong, and where.',
    legend: pairLegend(names),
    panels: [
      overTime(spanMs, faults, {
        unit: `cost so far, ${b} minus ${a}`,
        label: `Difference in cost so far, ending at ${formatSigned(sum, formatUsd)}`,
        domain: [low, high],
        marks: [
          ...axisY(ticks, (value) => formatSigned(value, (size) => formatTick(size ?? 0, formatUsd))),
          Plot.ruleY([0], { stroke: INK }),
          Plot.areaY(sums, { x: 'ms', y: 'sum', fill: rolePaint('load'), fillOpacity: 0.45 }),
          Plot.line(sums, { x: 'ms', y: 'sum', stroke: INK, strokeWidth: 2 }),
        ],
        isNamed: true,
      }),
      firstTokenPanel(rows, faults, spanMs),
    ],
  };
}

function firstTokenPanel(rows: readonly SliceRow[], faults: readonly FaultRow[], spanMs: number): PanelOptions {
  const max = Math.max(1, ...rows.flatMap((row) => [row.a_first_token_p95_ms ?? 0, row.b_first_token_p95_ms ?? 0]));
  const line = (column: 'a_first_token_p95_ms' | 'b_first_token_p95_ms', index: number): Plot.Markish =>
    Plot.line(
      rows.filter((row) => row[column] !== null),
      { x: 'start_ms', y: column, stroke: policyPaint(index), strokeDasharray: policyDash(index), strokeWidth: 2 },
    );
  return overTime(spanMs, faults, {
    unit: 'time to the first token, p95',
    label: `First token p95 over time, at most ${formatMs(max)}`,
    domain: [0, max],
    marks: [
      ...axisY(
        linearTicks(max, 4).filter((tick) => tick <= max),
        formatMs,
      ),
      line('a_first_token_p95_ms', 0),
      line('b_first_token_p95_ms', 1),
    ],
    isNamed: false,
  });
}

function overTime(
  spanMs: number,
  faults: readonly FaultRow[],
  spec: {
    readonly unit: string;
    readonly label: string;
    readonly domain: readonly [number, number];
    readonly marks: readonly Plot.Markish[];
    /** Whether the faults say what they are. */
    readonly isNamed: boolean;
  },
): PanelOptions {
  const axis = timeAxis(spanMs, 12);
  const [low, high] = spec.domain;
  const name = Plot.text(faults, {
    x: (fault: FaultRow) => (fault.start_ms + fault.end_ms) / 2,
    y: (_fault: FaultRow, index: number) => high - (high - low) * 0.07 * (index % 4),
    text: 'label',
    fill: rolePaint('fault-ink'),
    lineAnchor: 'top',
    dy: 2,
  });
  return {
    width: WIDTH,
    plotHeight: 190,
    marginLeft: 66,
    marginRight: 20,
    unit: spec.unit,
    label: spec.label,
    x: { domain: [0, Math.max(1, spanMs)] },
    y: { domain: [low, high] },
    ticks: { at: axis.ticks, format: axis.format, name: axis.name },
    marks: [
      Plot.rect(faults, { x1: 'start_ms', x2: 'end_ms', y1: low, y2: high, fill: rolePaint('fault') }),
      ...spec.marks,
      ...(spec.isNamed ? [name] : []),
    ],
  };
}

/** Who gets the work? Shares of the attempts with both policies. */
export function shareCard(names: PairNames, rows: readonly TargetRow[]): ChartCard {
  const max = Math.max(0.05, ...rows.flatMap((row) => [row.a_share, row.b_share]));
  const gains = rows.filter((row) => row.b_share - row.a_share > 0.02).map(({ target }) => target);
  return {
    title:
      gains.length === 0
        ? 'Both spread the work alike'
        : `${names.b} gives more to ${gains.length > 4 ? `${gains.length} targets` : listWords(gains)}`,
    sentence: `Share of all attempts. A long line between the dots is work that goes elsewhere under ${names.b}.`,
    legend: [square(names.a, policyPaint(0)), square(names.b, policyPaint(1))],
    panels: [
      {
        width: WIDTH,
        plotHeight: rows.length * 26,
        marginLeft: 210,
        marginRight: 110,
        label: `Share of attempts: ${rows.map((row) => `${row.target} ${formatPercent(row.a_share)} and ${formatPercent(row.b_share)}`).join('; ')}`,
        x: { domain: [0, max] },
        y: { type: 'band', domain: rows.map(({ target }) => target), padding: 0.3 },
        ticks: {
          at: linearTicks(max, 6).filter((tick) => tick <= max),
          format: (value) => formatTick(value, (ratio) => formatPercent(ratio)),
          name: 'share of attempts',
        },
        marks: [
          Plot.gridX(
            linearTicks(max, 6).filter((tick) => tick <= max),
            { stroke: GRID, strokeOpacity: 1 },
          ),
          Plot.link(rows, { x1: 'a_share', x2: 'b_share', y: 'target', stroke: MUTED, strokeWidth: 2 }),
          Plot.dot(rows, { x: 'a_share', y: 'target', r: 5.5, fill: policyPaint(0) }),
          Plot.dot(rows, { x: 'b_share', y: 'target', r: 5.5, fill: policyPaint(1) }),
          rowNames(
            rows.map((row) => row.target),
            12,
          ),
        ],
      },
    ],
  };
}

/** Is it where the work goes, or what it costs there? The two add up to the whole difference. */
export function causeCard({ a, b }: PairNames, rows: readonly TargetRow[]): ChartCard {
  const sum = (column: 'moved_usd' | 'dearer_usd'): number => rows.reduce((total, row) => total + row[column], 0);
  const [moved, dearer] = [sum('moved_usd'), sum('dearer_usd')];
  const bigger = Math.abs(moved) >= Math.abs(dearer) ? 'where the work goes' : 'what an attempt costs there';
  return {
    title: `It is mostly ${bigger}: ${formatSigned(moved, formatUsd)} by moving work, ${formatSigned(dearer, formatUsd)} by dearer or cheaper attempts`,
    sentence: `A target costs more with ${b} than with ${a} because it gets more attempts, or because an attempt there is dearer: longer requests, colder caches, a raised price. The two parts add up to the whole.`,
    legend: [square('more or fewer attempts', policyPaint(0)), square('dearer or cheaper attempts', policyPaint(1))],
    panels: [
      signedBars({
        width: WIDTH,
        marginLeft: 210,
        axis: `cost, ${b} minus ${a}`,
        format: formatUsd,
        parts: rows.flatMap((row) => [
          { name: row.target, value: row.moved_usd, paint: policyPaint(0) },
          { name: row.target, value: row.dearer_usd, paint: policyPaint(1) },
        ]),
      }),
    ],
  };
}

function sidePaint(value: number): string {
  return rolePaint(value > 0 ? 'worse' : 'better');
}
