/** Values with their intervals, one row a name, around a line that means "right". */
import * as Plot from '@observablehq/plot';
import { CARD, GRID, INK, MUTED } from '../../reports/palette.ts';
import { formatTick, type Formatter } from '../../reports/format.ts';
import type { PanelOptions } from './chart-card.ts';
import { rowNames } from './row-names.ts';
import { tellingTicks } from './telling-ticks.ts';

export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly paint: string;
  /** A hollow dot: not clear. */
  readonly isHollow?: boolean;
}

export interface IntervalPanel {
  readonly width: number;
  readonly marginLeft: number;
  readonly title: string;
  readonly rows: readonly IntervalRow[];
  /** Where the line stands; none when null. */
  readonly line: number | null;
  /** Values beyond are cut to the edge; the axis shows no more. */
  readonly limits: readonly [number, number] | null;
  readonly ticks: (low: number, high: number) => readonly number[];
  readonly format: Formatter;
  readonly axis: string;
}

const ROW = 24;

export function intervalPanel(spec: IntervalPanel): PanelOptions {
  const { rows, line, limits, format } = spec;
  const all = [
    ...rows.flatMap((row) => [row.value, row.low ?? row.value, row.high ?? row.value]),
    ...(line === null ? [] : [line]),
  ];
  const [least, most] = limits ?? [-Infinity, Infinity];
  const cut = (value: number): number => Math.min(most, Math.max(least, value));
  const low = cut(Math.min(...all));
  const high = cut(Math.max(...all));
  const pad = (high - low || Math.abs(high) || 1) * 0.06;
  const tickLabel = (value: number): string => formatTick(value, format);
  const ticks = tellingTicks(spec.ticks(low, high), tickLabel);
  const shown = rows.map((row) => ({
    ...row,
    value: cut(row.value),
    low: cut(row.low ?? row.value),
    high: cut(row.high ?? row.value),
  }));
  return {
    width: spec.width,
    plotHeight: rows.length * ROW,
    marginLeft: spec.marginLeft,
    marginRight: 74,
    title: spec.title,
    label: `${spec.title}: ${rows.map((row) => `${row.name} ${format(row.value)}`).join('; ')}`,
    x: { domain: [low - pad, high + pad] },
    y: { type: 'band', domain: rows.map(({ name }) => name), padding: 0.3 },
    ticks: { at: ticks, format: tickLabel, name: spec.axis },
    marks: [
      Plot.gridX([...ticks], { stroke: GRID, strokeOpacity: 1 }),
      ...(line === null ? [] : [Plot.ruleX([line], { stroke: INK, strokeWidth: 1.5 })]),
      Plot.ruleY(shown, { x1: 'low', x2: 'high', y: 'name', stroke: 'paint', strokeWidth: 3 }),
      Plot.dot(shown, {
        x: 'value',
        y: 'name',
        r: 5,
        fill: (row: IntervalRow) => (row.isHollow === true ? CARD : row.paint),
        stroke: 'paint',
        strokeWidth: 2,
      }),
      rowNames(rows.map((row) => row.name)),
      Plot.text(rows, {
        frameAnchor: 'right',
        y: 'name',
        text: (row: IntervalRow) => format(row.value),
        textAnchor: 'end',
        dx: 70,
        fill: MUTED,
      }),
    ],
  };
}
