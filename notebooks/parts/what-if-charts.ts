/** The charts and figures of `what-if`: the policy as it stands beside the one that the sliders make. */
import * as Plot from '@observablehq/plot';
import { axisY } from '../../reports/charts/axes.ts';
import type { LegendItem } from '../../reports/charts/chart.ts';
import { linearTicks, timeAxis } from '../../reports/charts/ticks.ts';
import {
  formatCount,
  formatMs,
  formatPercent,
  formatPoints,
  formatSigned,
  formatTick,
  formatUsd,
  type Formatter,
} from '../../reports/format.ts';
import { MUTED, policyDash, policyPaint, rolePaint, targetPaints } from '../../reports/palette.ts';
import { leftColumn, type Table } from '../../reports/tables/table.ts';
import type { PolicyRun } from '../../simulator/result.ts';
import type { ChartCard } from './chart-card.ts';
import type { FigureItem } from './page-blocks.ts';
import { changedRequests, type ReplayedRun } from './replayed-run.ts';
import { rowNames } from './row-names.ts';

const WIDTH = 1_060;

/** How the figures move: the first is how many requests went another way. */
export function movedFigures(before: ReplayedRun, after: ReplayedRun): readonly FigureItem[] {
  const changed = changedRequests(before.decisions, after.decisions).length;
  const { run: a } = before;
  const { run: b } = after;
  return [
    {
      name: 'Requests that go another way',
      value: formatPercent(changed / Math.max(1, a.arrivals)),
      note: `${formatCount(changed)} of ${formatCount(a.arrivals)}`,
    },
    moved('Cost per 1,000', a.costUsdPer1kRequests, b.costUsdPer1kRequests, formatUsd, 'lower'),
    moved('First token, p50', a.firstTokenMs.p50, b.firstTokenMs.p50, formatMs, 'lower'),
    moved('First token, p95', a.firstTokenMs.p95, b.firstTokenMs.p95, formatMs, 'lower'),
    moved('Answered', a.successRatio, b.successRatio, (value) => formatPercent(value, 2), 'higher', formatPoints),
  ];
}

function moved(
  name: string,
  before: number | null,
  after: number | null,
  format: Formatter,
  better: 'lower' | 'higher',
  formatDifference: Formatter = format,
): FigureItem {
  const difference = before === null || after === null ? null : after - before;
  const isSame = difference === null || format(before) === format(after);
  const note = isSame ? 'as before' : `was ${format(before)}: ${formatSigned(difference, formatDifference)}`;
  const value = format(after);
  if (isSame) return { name, value, note };
  return { name, value, note, paint: rolePaint(difference < 0 === (better === 'lower') ? 'better' : 'worse') };
}

const LEGEND: readonly LegendItem[] = [
  { label: 'as it stands', paint: MUTED, mark: 'line', dash: policyDash(1) },
  { label: 'with the sliders', paint: policyPaint(0), mark: 'line', dash: 'none' },
];

/** Where the attempts go: for each target a bar with the sliders and a tick as it stands. */
export function sharesCard(before: PolicyRun, after: PolicyRun): ChartCard {
  const paints = targetPaints(after.targets.map(({ target }) => target));
  const rows = after.targets.map((use, index) => ({
    target: use.target,
    share: use.share,
    was: before.targets[index]?.share ?? 0,
    paint: paints.get(use.target) ?? MUTED,
  }));
  const max = Math.max(0.05, ...rows.flatMap(({ share, was }) => [share, was]));
  const most = rows.reduce((a, b) => (Math.abs(b.share - b.was) > Math.abs(a.share - a.was) ? b : a));
  const move = most.share - most.was;
  return {
    title:
      Math.abs(move) < 0.0005
        ? 'Every target keeps its share'
        : `${most.target} ${move > 0 ? 'gains' : 'loses'} most: ${formatPercent(most.was)} before, ${formatPercent(most.share)} now`,
    sentence: 'Share of all attempts. The bar is with the sliders, the upright line as the policy stands.',
    panels: [
      {
        width: WIDTH,
        plotHeight: rows.length * 26,
        marginLeft: 210,
        marginRight: 120,
        label: `Share of attempts: ${rows.map(({ target, share }) => `${target} ${formatPercent(share)}`).join('; ')}`,
        x: { domain: [0, max] },
        y: { type: 'band', domain: rows.map(({ target }) => target), padding: 0.25 },
        ticks: {
          at: linearTicks(max, 6).filter((tick) => tick <= max),
          format: percentTick,
          name: 'share of attempts',
        },
        marks: [
          Plot.barX(rows, { x: 'share', y: 'target', fill: 'paint' }),
          Plot.tickX(rows, { x: 'was', y: 'target', stroke: 'var(--ink)', strokeWidth: 2.5 }),
          rowNames(rows.map(({ target }) => target)),
          Plot.text(rows, {
            x: (row: { share: number; was: number }) => Math.max(row.share, row.was),
            y: 'target',
            text: shareText,
            textAnchor: 'start',
            dx: 8,
            fill: MUTED,
          }),
        ],
      },
    ],
  };
}

function shareText({ share, was }: { readonly share: number; readonly was: number }): string {
  const isSame = Math.abs(share - was) < 0.000_5;
  return isSame ? formatPercent(share) : `${formatPercent(share)} (${formatSigned(share - was, formatPoints)})`;
}

function percentTick(value: number): string {
  return formatTick(value, (ratio) => formatPercent(ratio));
}

/** The first token over time, both policies. */
export function timeCard(before: PolicyRun, after: PolicyRun, spanMs: number): ChartCard {
  const points = [before, after].flatMap((run, position) =>
    run.slices.flatMap(({ startMs, firstTokenP95Ms }) =>
      firstTokenP95Ms === null ? [] : [{ startMs, ms: firstTokenP95Ms, position }],
    ),
  );
  const of = (position: number) => points.filter((point) => point.position === position);
  const max = Math.max(1, ...points.map(({ ms }) => ms));
  const axis = timeAxis(spanMs, 12);
  return {
    title: 'When the first token is late',
    sentence:
      'Time to the first token, p95 in each minute or so. Where the lines part, the sliders helped or hurt; where they keep together, nothing that they change mattered then.',
    legend: LEGEND,
    panels: [
      {
        width: WIDTH,
        plotHeight: 200,
        marginLeft: 60,
        marginRight: 20,
        label: `First token p95 over time; at most ${formatMs(max)}`,
        x: { domain: [0, Math.max(1, spanMs)] },
        y: { domain: [0, max] },
        ticks: { at: axis.ticks, format: axis.format, name: axis.name },
        marks: [
          ...axisY(
            linearTicks(max, 4).filter((tick) => tick <= max),
            formatMs,
          ),
          Plot.line(of(0), { x: 'startMs', y: 'ms', stroke: MUTED, strokeWidth: 1.75, strokeDasharray: policyDash(1) }),
          Plot.line(of(1), { x: 'startMs', y: 'ms', stroke: policyPaint(0), strokeWidth: 2 }),
        ],
      },
    ],
  };
}

/** The first requests that went another way. */
export function changesTable(before: ReplayedRun, after: ReplayedRun, most: number): Table {
  const changed = changedRequests(before.decisions, after.decisions);
  return {
    id: 'changes',
    caption:
      changed.length === 0
        ? 'No request goes another way'
        : `The first ${formatCount(Math.min(most, changed.length))} of ${formatCount(changed.length)} requests that go another way`,
    columns: [leftColumn('Request'), leftColumn('As it stands'), leftColumn('With the sliders')],
    rows: changed
      .slice(0, most)
      .map((pair) => [pair.requestId, pair.before.join(', then '), pair.after.join(', then ')]),
    paints: [],
    wraps: true,
  };
}
