/** Rows on their way from the spool to DuckDB, column by column. */
import { DuckDBDataChunk, type DuckDBConnection, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { CHUNK_ROWS_MAX } from '../../table-chunk.ts';
import { PLAIN_TABLES } from './live-tables.ts';

/** One table's rows on their way. */
export interface TableColumns {
  readonly table: string;
  /** Of the table. */
  readonly types: readonly DuckDBType[];
  /** The latest rows; each column holds as many values as there are of them. */
  readonly columns: readonly DuckDBValue[][];
  /** The rows before them, outside of the JavaScript heap. */
  readonly packed: DuckDBDataChunk[];
  /** Chunks to be filled again: of those that are dropped, the memory comes back with some collection, some day. */
  readonly spare: DuckDBDataChunk[];
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

/**
 * From so many rows on a table's rows are packed. A whole batch as JavaScript values outlives several collections, each
 * of which copies it, and those cost more than the rows do.
 */
const PACKED_ROWS_MIN = 512;

/** For the tables of an open database. */
export async function createRowColumns(connection: DuckDBConnection): Promise<RowColumns> {
  const columnsOf = async (table: string): Promise<TableColumns> => {
    const appender = await connection.createAppender(table);
    const types = Array.from({ length: appender.columnCount }, (_, index) => appender.columnType(index));
    appender.closeSync();
    return { table, types, columns: types.map(() => []), packed: [], spare: [] };
  };
  const plain: [string, TableColumns][] = [];
  for (const table of PLAIN_TABLES) plain.push([table, await columnsOf(table)]);
  return {
    ...(Object.fromEntries(plain) as Pick<RowColumns, (typeof PLAIN_TABLES)[number]>),
    decisions: await columnsOf('staged_decisions'),
    outcomes: await columnsOf('staged_outcomes'),
    words: await columnsOf('words'),
  };
}

/** To be called every now and then while rows come. */
export function packColumns(rows: RowColumns, rowsMin = PACKED_ROWS_MIN): void {
  for (const each of Object.values(rows) as TableColumns[]) {
    if (each.columns[0]!.length >= rowsMin) pack(each);
  }
}

/** Appends all rows, inside of the transaction that is open; {@link clearColumns} afterwards. */
export async function appendColumns(connection: DuckDBConnection, rows: RowColumns): Promise<void> {
  packColumns(rows, 1);
  for (const { table, packed } of Object.values(rows) as TableColumns[]) {
    if (packed.length === 0) continue;
    const appender = await connection.createAppender(table);
    try {
      for (const chunk of packed) appender.appendDataChunk(chunk);
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
  }
}

export function clearColumns(rows: RowColumns): void {
  for (const { columns, packed, spare } of Object.values(rows) as TableColumns[]) {
    for (const column of columns) column.length = 0;
    spare.push(...packed.splice(0));
  }
}

function pack({ types, columns, packed, spare }: TableColumns): void {
  const rows = columns[0]!.length;
  for (let from = 0; from < rows; from += CHUNK_ROWS_MAX) {
    const to = Math.min(rows, from + CHUNK_ROWS_MAX);
    const chunk = spare.pop() ?? DuckDBDataChunk.create(types);
    chunk.reset();
    chunk.rowCount = to - from;
    columns.forEach((column, index) => chunk.setColumnValues(index, column.slice(from, to)));
    // Once more, for it then forgets the values, which it would keep beside its own memory.
    chunk.rowCount = to - from;
    packed.push(chunk);
  }
  for (const column of columns) column.length = 0;
}
