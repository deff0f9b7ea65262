/** What a chart is: one question, its answer as the title, and panels that are finished SVG drawings. */

export interface Panel {
  /** Content of the `<svg>` element, without the element itself; colours are roles of the palette. */
  readonly body: string;
  /** Size in CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** What a screen reader says of it. */
  readonly label: string;
}

export interface LegendItem {
  readonly label: string;
  readonly paint: string;
  readonly mark: 'square' | 'line';
  /** SVG dash pattern of a line; `none` for a solid one. */
  readonly dash: string;
}

export interface Chart {
  /** Kebab-case; also the name of the PNG. */
  readonly id: string;
  /** The answer, in words computed from the data. */
  readonly title: string;
  /** How to read it, one or two sentences. */
  readonly sentence: string;
  readonly legend: readonly LegendItem[];
  readonly panels: readonly Panel[];
  /** The same drawn for a phone, where a panel is too wide to shrink; empty when `panels` serve as they are. */
  readonly narrowPanels: readonly Panel[];
  /** Panels side by side in the PNG and on a wide screen. */
  readonly columns: number;
}

/** Widths of a panel that has the page to itself, CSS pixels. */
export const WIDE = 1_060;
export const NARROW = 430;

export function square(label: string, paint: string): LegendItem {
  return { label, paint, mark: 'square', dash: 'none' };
}

/** Width of one of `count` small multiples, CSS pixels, and how many stand side by side. */
export function multiples(count: number): { readonly width: number; readonly columns: number } {
  if (count <= 1) return { width: 660, columns: 1 };
  if (count === 2 || count === 4) return { width: 500, columns: 2 };
  return { width: 400, columns: 3 };
}
