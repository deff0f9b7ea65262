import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { BadInput } from '../config/bad-input.ts';
import type { LogSource } from './log-source.ts';
import { LOG_COLUMNS, LOG_ORDER, LOG_TABLES, type LogTable } from './schema.ts';

/** Which rows of a table are wanted. */
export interface RowSelection {
  readonly table: LogTable;
  /** All when left out. */
  readonly columns?: readonly string[] | undefined;
  /** Rows with `sinceMs <= at_ms < untilMs`; of policies, `since` is the time. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Of decisions and shadows the chosen target, of outcomes the one that was sent to. */
  readonly target?: string | undefined;
  readonly requestId?: string | undefined;
  /** At most so many rows, the newest ones; they come in the order of the log. */
  readonly limit?: number | undefined;
}

/** A selection in SQL. All that a user chose freely stands in `values`. */
export interface SelectedRows {
  readonly table: LogTable;
  readonly columns: readonly string[];
  /** `WHERE ...` or nothing. */
  readonly where: string;
  readonly values: readonly DuckDBValue[];
  /** What the rows are ordered by; the first is what a limit counts back from. */
  readonly order: readonly [string, ...string[]];
}

const TARGET_COLUMNS: Readonly<Partial<Record<LogTable, string>>> = {
  decisions: 'chosen_target',
  outcomes: 'target',
  shadows: 'chosen_target',
};

/** @throws BadInput for a table, column or filter that there is not */
export function selectRows(selection: RowSelection): SelectedRows {
  const { table } = selection;
  if (!LOG_TABLES.includes(table)) {
    throw new BadInput(`table: there is no "${table as string}" in a log; one of ${LOG_TABLES.join(', ')}`);
  }
  const known = Object.keys(LOG_COLUMNS[table]);
  const columns = selection.columns ?? known;
  const stranger = columns.find((column) => !known.includes(column));
  if (stranger !== undefined) throw new BadInput(`columns: ${table} has no "${stranger}"; it has ${known.join(', ')}`);
  if (columns.length === 0) throw new BadInput('columns: name at least one');
  const time = table === 'policies' ? 'since' : 'at_ms';
  const conditions: [string, DuckDBValue | undefined][] = [
    [`${time} >= `, finite('since', selection.sinceMs)],
    [`${time} < `, finite('until', selection.untilMs)],
    [equals(table, TARGET_COLUMNS[table], 'target', selection.target), selection.target],
    [
      equals(table, table in TARGET_COLUMNS ? 'request_id' : undefined, 'requestId', selection.requestId),
      selection.requestId,
    ],
  ];
  const used = conditions.filter(([, value]) => value !== undefined);
  const where = used.length === 0 ? '' : `WHERE ${used.map(([text], index) => `${text}$${index + 1}`).join(' AND ')}`;
  const values = used.map(([, value]) => value as DuckDBValue);
  return { table, columns, where, values, order: LOG_ORDER[table] };
}

/** From where on, in the first column of the order, the newest `limit` rows are, and how many before them are not. */
export async function newestRows(
  connection: DuckDBConnection,
  sources: readonly LogSource[],
  rows: SelectedRows,
  limit: number,
): Promise<{ readonly from: number; readonly skip: number }> {
  const [column] = rows.order;
  const parts = sources.flatMap((source) => {
    const from = source.from(rows.table);
    return from === null ? [] : [`SELECT ${column} FROM ${from} ${rows.where}`];
  });
  if (parts.length === 0) return { from: 0, skip: 0 };
  const union = parts.join(' UNION ALL ');
  const newest = `SELECT ${column} FROM (${union}) ORDER BY ${column} DESC LIMIT ${Math.trunc(limit)}`;
  const reader = await connection.runAndReadAll(
    `WITH least AS (SELECT min(${column}) AS least FROM (${newest}))
     SELECT max(least), count(*) FROM (${union}), least WHERE ${column} >= least`,
    [...rows.values],
  );
  const [from, count] = reader.getRows()[0] ?? [];
  if (typeof from !== 'number' && typeof from !== 'bigint') return { from: Infinity, skip: 0 };
  return { from: Number(from), skip: Math.max(0, Number(count) - limit) };
}

function equals(table: LogTable, column: string | undefined, filter: string, value: unknown): string {
  if (value !== undefined && column === undefined) throw new BadInput(`${filter}: rows of ${table} have none`);
  return `${column ?? ''} = `;
}

function finite(name: string, value: number | undefined): number | undefined {
  if (value !== undefined && !Number.isFinite(value)) throw new BadInput(`${name}: must be a time in ms`);
  return value;
}
