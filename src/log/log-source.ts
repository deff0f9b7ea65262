import type { DatabaseFile } from './log-file.ts';
import { LATER_TABLES, LOG_COLUMNS, type LogTable } from './schema.ts';
import { sqlPath, sqlText } from './sql-text.ts';

/**
 * One place where rows of a log are. A log in one file has one; a live log has its closed segments, in order, and
 * what has come since. The sequences of a source are all lower than those of the next.
 */
export interface LogSource {
  /** What to write after FROM; null when the source has no rows of that table. */
  from(table: LogTable): string | null;
}

const NONE: ReadonlySet<LogTable> = new Set();

/**
 * The tables of a database.
 *
 * @param catalog of an attached one; null: the one that is open
 * @param lacking see {@link lackingTables}; none when left out
 */
export function databaseSource(catalog: string | null = null, lacking = NONE): LogSource {
  const prefix = catalog === null ? '' : `${catalog}.`;
  return { from: (table) => (lacking.has(table) ? null : `${prefix}${table}`) };
}

/** Tables that a log has not got because it was written before there were such. */
export async function lackingTables(
  connection: DatabaseFile['connection'],
  catalog: string | null = null,
): Promise<ReadonlySet<LogTable>> {
  const database = catalog === null ? 'current_database()' : sqlText(catalog);
  const found = await connection.runAndReadAll(
    `SELECT table_name FROM duckdb_tables() WHERE database_name = ${database}`,
  );
  const names = new Set(found.getRows().map(([name]) => String(name)));
  return new Set(LATER_TABLES.filter((table) => !names.has(table)));
}

/** Parquet files, by table. */
export function parquetSource(paths: Readonly<Partial<Record<LogTable, readonly string[]>>>): LogSource {
  return {
    from(table) {
      const files = paths[table] ?? [];
      if (files.length === 0) return null;
      return `read_parquet([${files.map(sqlPath).join(', ')}], hive_partitioning = false)`;
    },
  };
}

/** A query for all rows of a table, whether or not any source has some. */
export function allRows(table: LogTable, sources: readonly LogSource[]): string {
  const columns = Object.entries(LOG_COLUMNS[table]);
  const names = columns.map(([name]) => `"${name}"`).join(', ');
  const parts = sources.flatMap((source) => {
    const from = source.from(table);
    return from === null ? [] : [`SELECT ${names} FROM ${from}`];
  });
  if (parts.length > 0) return parts.join(' UNION ALL ');
  const none = columns.map(([name, type]) => `CAST(NULL AS ${type.replace(' NOT NULL', '')}) AS "${name}"`);
  return `SELECT ${none.join(', ')} WHERE false`;
}

/** A log that is open for reading, wherever its rows are. */
export interface OpenLogSources {
  readonly coreVersion: string;
  /** As in `LogReader`. */
  readonly notes: readonly string[];
  /** As in `LogReader`. */
  readonly isHeld: boolean;
  /** To be closed by whoever opened it. */
  readonly file: DatabaseFile;
  readonly sources: readonly LogSource[];
}
