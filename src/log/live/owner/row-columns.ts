/** Rows on their way from the spool to DuckDB, column by column. */
import { DuckDBDataChunk, type DuckDBAppender, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import { LOG_COLUMNS } from '../../schema.ts';
import { CHUNK_ROWS_MAX } from '../../table-chunk.ts';
import { PLAIN_TABLES, STAGED_DECISION_COLUMNS, STAGED_OUTCOME_COLUMNS } from './live-tables.ts';

/** One table's rows; each column holds as many values as there are rows. */
export interface TableColumns {
  readonly table: string;
  readonly columns: readonly DuckDBValue[][];
}

/** The rows of all tables that a batch brings. */
export interface RowColumns {
  readonly decisions: TableColumns;
  readonly outcomes: TableColumns;
  readonly inputs: TableColumns;
  readonly policies: TableColumns;
  readonly snapshots: TableColumns;
  readonly shadows: TableColumns;
  readonly transitions: TableColumns;
  readonly words: TableColumns;
}

export function createRowColumns(): RowColumns {
  const plain = PLAIN_TABLES.map((table) => [table, emptyColumns(table, Object.keys(LOG_COLUMNS[table]).length)]);
  return {
    ...(Object.fromEntries(plain) as Pick<RowColumns, (typeof PLAIN_TABLES)[number]>),
    decisions: emptyColumns('staged_decisions', STAGED_DECISION_COLUMNS.length),
    outcomes: emptyColumns('staged_outcomes', STAGED_OUTCOME_COLUMNS.length),
    words: emptyColumns('words', 2),
  };
}

/** Appends all rows, inside of the transaction that is open; {@link clearColumns} afterwards. */
export async function appendColumns(connection: DuckDBConnection, rows: RowColumns): Promise<void> {
  for (const { table, columns } of Object.values(rows) as TableColumns[]) {
    if (columns[0]!.length === 0) continue;
    const appender = await connection.createAppender(table);
    try {
      appendTable(appender, columns);
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
  }
}

export function clearColumns(rows: RowColumns): void {
  for (const { columns } of Object.values(rows) as TableColumns[]) {
    for (const column of columns) column.length = 0;
  }
}

function appendTable(appender: DuckDBAppender, columns: readonly DuckDBValue[][]): void {
  const types = Array.from({ length: appender.columnCount }, (_, index) => appender.columnType(index));
  const rows = columns[0]!.length;
  for (let from = 0; from < rows; from += CHUNK_ROWS_MAX) {
    const to = Math.min(rows, from + CHUNK_ROWS_MAX);
    const chunk = DuckDBDataChunk.create(types, to - from);
    columns.forEach((column, index) => chunk.setColumnValues(index, column.slice(from, to)));
    appender.appendDataChunk(chunk);
  }
}

function emptyColumns(table: string, count: number): TableColumns {
  return { table, columns: Array.from({ length: count }, () => []) };
}
