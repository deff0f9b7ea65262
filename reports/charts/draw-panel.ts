/** Observable Plot drawn on the server into a panel: same input, same bytes. */
import * as Plot from '@observablehq/plot';
import { Window } from 'happy-dom';
import { FONT_SIZE, heading, type Mark } from './axes.ts';
import type { Panel } from './chart.ts';

export { axisX, axisY, FONT_SIZE, HALO, headingHeight, LETTER_WIDTH, type Mark } from './axes.ts';

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
