/** Blocks of a page that are not charts: the verdict on top, figures in a row, tables, and what is not there. */
import { htmlTable } from '../../reports/page/html-table.ts';
import { escapeMarkup, escapeProse } from '../../reports/page/escape.ts';
import type { Table } from '../../reports/tables/table.ts';
import { markup, type PageElement } from './page-element.ts';

/** The page's answer in a sentence or two. */
export function verdictBlock(text: string): PageElement {
  return markup('p', 'verdict', escapeProse(text));
}

export interface FigureItem {
  readonly name: string;
  readonly value: string;
  /** What stands under it; empty for nothing. */
  readonly note: string;
  /** Colour of the value: a role of the palette, or none. */
  readonly paint?: string;
}

/** Figures side by side. */
export function figureRow(items: readonly FigureItem[]): PageElement {
  const cells = items.map(({ name, value, note, paint }) => {
    const style = paint === undefined ? '' : ` style="color:${paint}"`;
    return `<li><h2>${escapeMarkup(name)}</h2><p class="answer"${style}>${escapeMarkup(value)}</p><p>${escapeMarkup(note)}</p></li>`;
  });
  return markup('ul', 'answers tight', cells.join(''));
}

export function tableBlock(table: Table): PageElement {
  return markup('div', 'table', htmlTable(table));
}

/** Says that something is not there, and how it would be. */
export function absentBlock(text: string): PageElement {
  return markup('p', 'absent', escapeMarkup(text));
}
