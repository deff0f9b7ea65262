/** A table as plain data, so that page, Markdown and tests read the same one. */

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

export interface Table {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly Column[];
  /** As many cells as columns; the first is the row's header. */
  readonly rows: readonly (readonly string[])[];
  /** Colour role of each row's header, e.g. a policy's; empty when rows have none. */
  readonly paints: readonly (string | null)[];
  /** Cells are long and may take several lines on the page, at their spaces that may break. */
  readonly wraps?: true;
}

export function leftColumn(title: string): Column {
  return { title, align: 'left' };
}

export function rightColumn(title: string): Column {
  return { title, align: 'right' };
}
