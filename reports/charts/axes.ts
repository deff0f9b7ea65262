/** The grammar of the charts: axes, grid, headings and labels, the same on reports and on the pages of notebooks. */
import * as Plot from '@observablehq/plot';
import { formatTick, type Formatter } from '../format.ts';
import { CARD, GRID, MUTED } from '../palette.ts';

export type Mark = Plot.Markish;

/** Labels of the charts, CSS pixels. */
export const FONT_SIZE = 11.5;
/** Mean width of a letter at that size, for layout without a text engine; on the safe side. */
export const LETTER_WIDTH = 6.4;

/** What stands above a plot. */
export interface Heading {
  readonly marginLeft: number;
  readonly marginTop: number;
  /** Bold, top left; `null` for none. */
  readonly title: string | null;
  /** Colour of the swatch in front of the title. */
  readonly titlePaint: string | null;
  /** What the vertical axis counts, under the title; `null` for none. */
  readonly unit: string | null;
}

/** Title, its swatch and the unit of the vertical axis, above the plot. */
export function heading(spec: Heading): Mark[] {
  const marks: Mark[] = [];
  const top = { frameAnchor: 'top-left', textAnchor: 'start' } as const;
  if (spec.title !== null) {
    const indent = spec.titlePaint === null ? 0 : 14;
    if (spec.titlePaint !== null) {
      marks.push(
        Plot.dot([0], {
          frameAnchor: 'top-left',
          dx: 5 - spec.marginLeft,
          dy: 8.5 - spec.marginTop,
          r: 4.5,
          symbol: 'square',
          fill: spec.titlePaint,
        }),
      );
    }
    marks.push(
      Plot.text([spec.title], {
        ...top,
        dx: indent - spec.marginLeft,
        dy: 2 - spec.marginTop,
        lineAnchor: 'top',
        fontSize: 13,
        fontWeight: 600,
      }),
    );
  }
  if (spec.unit !== null) {
    const dy = (spec.title === null ? 2 : 21) - spec.marginTop;
    marks.push(Plot.text([spec.unit], { ...top, dx: -spec.marginLeft, dy, lineAnchor: 'top', fill: MUTED }));
  }
  return marks;
}

/** Height above the plot that title and unit take, CSS pixels. */
export function headingHeight(spec: { readonly title: string | null; readonly unit: string | null }): number {
  return (spec.title === null ? 0 : 21) + (spec.unit === null ? 0 : 18) + 6;
}

/** Horizontal grid with labels at these values. */
export function axisY(ticks: readonly number[], format: Formatter): Mark[] {
  return [
    Plot.gridY([...ticks], { stroke: GRID, strokeOpacity: 1 }),
    Plot.axisY([...ticks], {
      text: (value: number) => formatTick(value, format),
      tickSize: 0,
      tickPadding: 6,
      label: null,
      fill: MUTED,
    }),
  ];
}

/**
 * Labels under the plot, each with a small tick, and the axis' name below them. The labels are a text channel
 * because a tick format of one's own is ignored by Plot on logarithmic axes for all but powers of ten.
 */
export function axisX(ticks: readonly number[], format: (value: number) => string, name: string): Mark[] {
  return [
    Plot.axisX([...ticks], {
      text: (value: number) => format(value),
      tickSize: 4,
      tickPadding: 3,
      label: null,
      color: MUTED,
    }),
    Plot.text([name], { frameAnchor: 'bottom', dy: 34, lineAnchor: 'bottom', fill: MUTED }),
  ];
}

/** Text with a halo of the card's colour, readable over lines and areas. */
export const HALO = { stroke: CARD, strokeWidth: 3.5, paintOrder: 'stroke' } as const;
