/** A panel of intervals in rows: each with its name above it, a bar from end to end, a dot at the value, the figure at the right. */
import * as Plot from '@observablehq/plot';
import { CARD, GRID, INK, MUTED } from '../palette.ts';
import type { Panel } from './chart.ts';
import { axisX, HALO, headingHeight, type Draw, type Mark } from './draw-panel.ts';
import { differenceTicks } from './ticks.ts';

const MARGIN = 18;
const ROW_HEIGHT = 38;
/** Of the bar, from the top of its row; the name stands above it. */
const BAR_AT = 27;
const NAME_AT = 10;
const BOTTOM = 42;
/** Free space beside the outermost ends, of the range. */
const PAD_SHARE = 0.06;

export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  /** Null: nobody knows the interval, and no bar is drawn. */
  readonly low: number | null;
  readonly high: number | null;
  /** Beside the bar, and for who cannot see it. */
  readonly figure: string;
  readonly spoken: string;
  readonly paint: string;
  /** The interval leaves open what the panel asks. */
  readonly isHollow: boolean;
}

export interface IntervalPanel {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly IntervalRow[];
  /** What the rows are held against, drawn as a line from top to bottom; null: nothing. It is always in the picture. */
  readonly reference: number | null;
  readonly axis: string;
  readonly tickText: (value: number) => string;
  readonly ticks: number;
  /** px, of the panel and of the column of figures. */
  readonly width: number;
  readonly figureWidth: number;
}

export function intervalPanel(panel: IntervalPanel, draw: Draw): Panel {
  const { title, unit, rows, reference, axis, tickText, width, figureWidth } = panel;
  const [low, high] = rangeOf(panel);
  const pad = (high - low || Math.abs(high) || 1) * PAD_SHARE;
  const marginTop = headingHeight({ title, unit });
  const plotHeight = Math.max(1, rows.length) * ROW_HEIGHT + 4;
  const ticks = high > low ? differenceTicks(low, high, panel.ticks) : [low];
  return draw({
    width,
    height: marginTop + plotHeight + BOTTOM,
    marginLeft: MARGIN,
    marginRight: figureWidth,
    marginTop,
    marginBottom: BOTTOM,
    title,
    titlePaint: null,
    unit,
    label: `${title}: ${rows.map(({ spoken }) => spoken).join('; ') || 'nothing to show'}`,
    x: { type: 'linear', domain: [low - pad, high + pad] },
    y: { type: 'linear', domain: [plotHeight, 0] },
    marks: [
      Plot.ruleX(ticks, { stroke: GRID }),
      ...axisX(ticks, tickText, axis),
      ...(reference === null ? [] : [Plot.ruleX([reference], { stroke: INK, strokeWidth: 1.5 })]),
      ...rows.flatMap((row, index) => rowMarks(row, index * ROW_HEIGHT, figureWidth)),
    ],
  });
}

function rangeOf({ rows, reference }: IntervalPanel): readonly [low: number, high: number] {
  const ends = rows.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  if (reference !== null) ends.push(reference);
  return ends.length === 0 ? [0, 1] : [Math.min(...ends), Math.max(...ends)];
}

function rowMarks(
  { name, value, low, high, figure, paint, isHollow }: IntervalRow,
  top: number,
  width: number,
): Mark[] {
  const bar = top + BAR_AT;
  return [
    ...(low === null || high === null
      ? []
      : [Plot.ruleY([bar], { x1: [low], x2: [high], stroke: paint, strokeWidth: 3 })]),
    Plot.dot([value], {
      x: (each: number) => each,
      y: [bar],
      r: 5.5,
      fill: isHollow ? CARD : paint,
      stroke: paint,
      strokeWidth: 2,
    }),
    Plot.text([name], {
      y: [top + NAME_AT],
      frameAnchor: 'left',
      textAnchor: 'start',
      dx: 2 - MARGIN,
      fill: MUTED,
      ...HALO,
    }),
    Plot.text([figure], {
      y: [bar],
      frameAnchor: 'right',
      textAnchor: 'end',
      dx: width - 4,
      fill: paint,
      fontWeight: 600,
    }),
  ];
}
