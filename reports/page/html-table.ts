import type { Table } from '../tables/table.ts';
import { swatch } from './chart-figure.ts';
import { escapeMarkup } from './escape.ts';

/** A table with caption, column and row headers; wide ones scroll on their own. Empty tables are left out. */
export function htmlTable(table: Table): string {
  if (table.rows.length === 0) return '';
  const caption = escapeMarkup(table.caption);
  const heads = table.columns
    .map((column) => `<th scope="col"${alignClass(column.align)}>${escapeMarkup(column.title)}</th>`)
    .join('');
  const rows = table.rows
    .map((cells, index) => `<tr>${rowCells(table, cells, table.paints[index] ?? null)}</tr>`)
    .join('\n');
  return `<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table id="${table.id}-table"${tableClass(table)}><caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${rows}
</tbody></table></div>`;
}

function tableClass({ id, wraps }: Table): string {
  if (id === 'repeat') return ' class="plain"';
  return wraps === true ? ' class="wraps"' : '';
}

function rowCells(table: Table, cells: readonly string[], paint: string | null): string {
  return cells
    .map((cell, index) => {
      const text = escapeMarkup(cell);
      if (index === 0) return `<th scope="row">${paint === null ? '' : swatch(paint)}${text}</th>`;
      return `<td${alignClass(table.columns[index]?.align ?? 'left')}>${text}</td>`;
    })
    .join('');
}

function alignClass(align: 'left' | 'right'): string {
  return align === 'right' ? ' class="right"' : '';
}
