/** Observable Plot drawn on the server into a panel: same input, same bytes. */
import * as Plot from '@observablehq/plot';
import { Window } from 'happy-dom';
import { formatTick, type Formatter } from '../format.ts';
import { CARD, GRID, MUTED } from '../palette.ts';
import type { Panel } from './chart.ts';

export type Mark = Plot.Markish;

/** Labels of the charts, CSS pixels. */
export const FONT_SIZE = 11.5;
/** Mean width of a letter at that size, for layout without a text engine; on the safe side. */
export const LETTER_WIDTH = 6.4;

export interface PanelSpec {
  readonly width: number;
  readonly height: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly marginTop: number;
  readonly marginBottom: number;
  /** Bold, top left; `null` for none. */
  readonly title: string | null;
  /** Colour of the swatch in front of the title. */
  readonly titlePaint: string | null;
  /** What the vertical axis counts, under the title; `null` for none. */
  readonly unit: string | null;
  readonly label: string;
  readonly x: Plot.ScaleOptions;
  readonly y: Plot.ScaleOptions;
  readonly marks: readonly Mark[];
}

export type Draw = (spec: PanelSpec) => Panel;

/** A drawing function with a document of its own; `close` frees it. */
export function createDraw(): { readonly draw: Draw; readonly close: () => Promise<void> } {
  const window = new Window();
  return { draw: (spec) => drawPanel(window, spec), close: () => window.happyDOM.close() };
}

function drawPanel(window: Window, spec: PanelSpec): Panel {
  const plot = Plot.plot({
    document: window.document as never,
    width: spec.width,
    height: spec.height,
    marginLeft: spec.marginLeft,
    marginRight: spec.marginRight,
    marginTop: spec.marginTop,
    marginBottom: spec.marginBottom,
    style: { fontSize: `${FONT_SIZE}px` },
    x: { axis: null, ...spec.x },
    y: { axis: null, ...spec.y },
    color: { type: 'identity' },
    marks: [...spec.marks, ...heading(spec)],
  }) as unknown as { querySelector(selector: string): { remove(): void } | null; innerHTML: string };
  plot.querySelector('style')?.remove();
  return { body: shortNumbers(asXml(plot.innerHTML)), width: spec.width, height: spec.height, label: spec.label };
}

function heading(spec: PanelSpec): Mark[] {
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

/** `&nbsp;` is HTML; in XML it is an undeclared entity. Text that spells it out arrives as `&amp;nbsp;`. */
function asXml(markup: string): string {
  return markup.replaceAll('&nbsp;', '\u00a0');
}

/** Two decimals are finer than a pixel and halve the page; only numbers inside tags, never what people read. */
function shortNumbers(svg: string): string {
  return svg.replace(/<[^>]+>/g, (tag) =>
    tag.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(2)) + 0)),
  );
}
