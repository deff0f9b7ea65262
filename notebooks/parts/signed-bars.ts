/** Bars to both sides of zero, one row a name: where a difference comes from. */
import * as Plot from '@observablehq/plot';
import { differenceTicks } from '../../reports/charts/ticks.ts';
import { formatSigned, formatTick, type Formatter } from '../../reports/format.ts';
import { GRID, INK, MUTED } from '../../reports/palette.ts';
import type { PanelOptions } from './chart-card.ts';
import { rowNames } from './row-names.ts';

export interface SignedPart {
  readonly name: string;
  /** May be negative. */
  readonly value: number;
  readonly paint: string;
}

export interface SignedBars {
  readonly width: number;
  /** Room for the names. */
  readonly marginLeft: number;
  readonly title?: string;
  readonly axis: string;
  readonly format: Formatter;
  /** Rows in their order; several parts of a name stand on one another, each side by itself. */
  readonly parts: readonly SignedPart[];
}

const ROW = 30;

export function signedBars({ width, marginLeft, title, axis, format, parts }: SignedBars): PanelOptions {
  const names = [...new Set(parts.map(({ name }) => name))];
  const totals = names.map((name) => ({ name, ...sides(parts.filter((part) => part.name === name)) }));
  const low = Math.min(0, ...totals.map((total) => total.negative));
  const high = Math.max(0, ...totals.map((total) => total.positive));
  const pad = (high - low || 1) * 0.02;
  const ticks = differenceTicks(low, high, 6);
  return {
    width,
    plotHeight: Math.max(1, names.length) * ROW,
    marginLeft,
    marginRight: 110,
    ...(title === undefined ? {} : { title }),
    label: `${axis}: ${totals.map(({ name, sum }) => `${name} ${formatSigned(sum, format)}`).join('; ')}`,
    x: { domain: [low - pad, high + pad] },
    y: { type: 'band', domain: names, padding: 0.3 },
    ticks: { at: ticks, format: (value) => formatTick(value, (size) => formatSigned(size, format)), name: axis },
    marks: [
      Plot.ruleX([...ticks], { stroke: GRID }),
      Plot.barX(parts, Plot.stackX({ x: 'value', y: 'name', fill: 'paint', order: null })),
      Plot.ruleX([0], { stroke: INK, strokeWidth: 1.5 }),
      rowNames(names),
      Plot.text(totals, {
        x: (total: { positive: number }) => Math.max(0, total.positive),
        y: 'name',
        text: (total: { sum: number }) => formatSigned(total.sum, format),
        textAnchor: 'start',
        dx: 8,
        fill: MUTED,
        fontWeight: 600,
      }),
    ],
  };
}

function sides(parts: readonly SignedPart[]): {
  readonly positive: number;
  readonly negative: number;
  readonly sum: number;
} {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const values = parts.map(({ value }) => value);
  return {
    positive: sum(values.filter((value) => value > 0)),
    negative: sum(values.filter((value) => value < 0)),
    sum: sum(values),
  };
}
