import type { Table } from '../tables/table.ts';
import { markdownText } from './markdown-text.ts';

/** A pipe table under its caption; empty tables give an empty text. */
export function markdownTable(table: Table): string {
  if (table.rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `**${markdownText(table.caption)}**`,
    '',
    line(table.columns.map((column) => markdownText(column.title))),
    line(table.columns.map((column) => (column.align === 'right' ? '---:' : '---'))),
    ...table.rows.map((cells) => line(cells.map(markdownText))),
  ].join('\n');
}
