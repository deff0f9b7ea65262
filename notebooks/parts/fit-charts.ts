/** The charts of `can-i-trust-it` on the fit: times, distributions and failures beside the log's. */
import * as Plot from '@observablehq/plot';
import { axisY } from '../../reports/charts/axes.ts';
import { square } from '../../reports/charts/chart.ts';
import { differenceTicks, linearTicks } from '../../reports/charts/ticks.ts';
import { formatCount, formatPercent, formatUsd, plural } from '../../reports/format.ts';
import { GRID, MUTED, rolePaint } from '../../reports/palette.ts';
import { leftColumn, rightColumn, type Table } from '../../reports/tables/table.ts';
import type { ChartCard } from './chart-card.ts';
import { intervalPanel } from './interval-rows.ts';
import { rowNames } from './row-names.ts';
import { percentSigned } from './signed-percent.ts';
import { percentLabels } from './telling-ticks.ts';

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

/** Beyond this a relative error is cut, or one bad tail would flatten all else. */
const ERROR_LIMIT = 1;

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
          format: percentLabels(ticks),
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
          rowNames(rows.map((row) => row.target)),
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
  const format = percentLabels(ticks);
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
          ...axisY(ticks, format),
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
