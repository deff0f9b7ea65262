/** Rows of coloured strips over time, each with its name above it: states and budget use. */
import * as Plot from '@observablehq/plot';
import { shorten } from '../format.ts';
import { GRID, MUTED, type Paint } from '../palette.ts';
import type { Panel } from './chart.ts';
import { LETTER_WIDTH, type Draw } from './draw-panel.ts';
import { drawTimePanel, timeSpanMs, type TimeFrame } from './time-panel.ts';

const ROW_HEIGHT = 30;
const STRIP_TOP = 17;
const STRIP_BOTTOM = 28;

export interface StripCell {
  readonly x1: number;
  readonly x2: number;
  readonly paint: Paint;
}

export interface StripRow {
  readonly name: string;
  /** A figure at the row's right end, e.g. `out 4.2 %`. */
  readonly note: string;
  readonly cells: readonly StripCell[];
}

/** One panel: a title and a strip for each row. Neighbouring cells of one colour are joined. */
export function stripPanel(
  comparison: TimeFrame,
  draw: Draw,
  spec: {
    readonly width: number;
    readonly title: string | null;
    readonly titlePaint: Paint | null;
    readonly label: string;
    readonly rows: readonly StripRow[];
  },
): Panel {
  const height = spec.rows.length * ROW_HEIGHT + 2;
  const letters = Math.floor((spec.width - 24) / LETTER_WIDTH);
  const spanMs = timeSpanMs(comparison);
  return drawTimePanel(draw, {
    comparison,
    width: spec.width,
    plotHeight: height,
    marginLeft: 4,
    marginRight: 14,
    title: spec.title,
    titlePaint: spec.titlePaint,
    unit: null,
    label: spec.label,
    y: { type: 'linear', domain: [height, 0] },
    marks: spec.rows.flatMap((row, index) => {
      const top = index * ROW_HEIGHT;
      return [
        Plot.rect(joined(row.cells), {
          x1: 'x1',
          x2: 'x2',
          y1: top + STRIP_TOP,
          y2: top + STRIP_BOTTOM,
          fill: 'paint',
          inset: 0,
        }),
        Plot.rect([0], {
          x1: 0,
          x2: spanMs,
          y1: top + STRIP_TOP,
          y2: top + STRIP_BOTTOM,
          fill: 'none',
          stroke: GRID,
          strokeWidth: 0.75,
        }),
        Plot.text([shorten(row.name, letters - row.note.length - 2)], {
          x: [0],
          y: [top + 9],
          textAnchor: 'start',
          dx: 1,
        }),
        Plot.text([row.note], { x: [spanMs], y: [top + 9], textAnchor: 'end', fill: MUTED }),
      ];
    }),
  });
}

function joined(cells: readonly StripCell[]): readonly StripCell[] {
  const runs: StripCell[] = [];
  for (const cell of cells) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.paint === cell.paint && last.x2 === cell.x1)
      runs[runs.length - 1] = { ...last, x2: cell.x2 };
    else runs.push(cell);
  }
  return runs;
}
