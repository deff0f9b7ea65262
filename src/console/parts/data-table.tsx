import type { ComponentChildren } from 'preact';

export interface Column {
  readonly name: ComponentChildren;
  readonly isNumber?: boolean;
}

export const left = (name: ComponentChildren): Column => ({ name });
export const right = (name: ComponentChildren): Column => ({ name, isNumber: true });

export interface Row {
  readonly key: string;
  /** The first one heads the row. */
  readonly cells: readonly ComponentChildren[];
}

export interface DataTableProps {
  readonly caption: ComponentChildren;
  /** The caption is for screen readers only, as a heading says the same. */
  readonly hidesCaption?: boolean;
  /** For screen readers, of the area that scrolls. */
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** In place of rows, when there are none. */
  readonly empty: string;
  readonly wraps?: boolean;
}

/** A table that scrolls sideways in its own frame, so that the page never does. */
export function DataTable({ caption, hidesCaption, label, columns, rows, empty, wraps }: DataTableProps) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const align = (index: number): string => (columns[index]?.isNumber === true ? 'right' : '');
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table class={wraps === true ? 'wraps' : ''}>
        <caption class={hidesCaption === true ? 'unseen' : ''}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={index} scope="col" class={align(index)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) =>
                index === 0 ? (
                  <th key={index} scope="row" class={align(index)}>
                    {cell}
                  </th>
                ) : (
                  <td key={index} class={align(index)}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
