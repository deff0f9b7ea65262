/** Databases that the SQL cells of a notebook ask, each by its name: a log, or tables made of a result. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { openInMemory } from '../../src/log/log-file.ts';
import { allRows } from '../../src/log/log-source.ts';
import { openLogSources } from '../../src/log/open-log-sources.ts';
import type { LogTable } from '../../src/log/schema.ts';
import { sqlPath } from '../../src/log/sql-text.ts';

export interface NotebookDatabase {
  readonly connection: DuckDBConnection;
  /** What a person should know of what is in it, one line each. */
  readonly notes: readonly string[];
  close(): void;
}

/** Columns of a table with their DuckDB types, and its rows. */
export interface RowTable {
  readonly columns: Readonly<Record<string, 'VARCHAR' | 'DOUBLE' | 'BOOLEAN'>>;
  readonly rows: readonly Readonly<Record<string, string | number | boolean | null>>[];
}

const LOG_VIEWS: readonly LogTable[] = ['decisions', 'outcomes', 'policies'];

/**
 * A log, a file or a folder, under the names of its tables.
 *
 * @throws BadInput when it is no log
 */
export async function logDatabase(path: string): Promise<NotebookDatabase> {
  const { file, sources, notes } = await openLogSources(path);
  try {
    for (const table of LOG_VIEWS) {
      await file.connection.run(`CREATE TEMP VIEW logged_${table} AS ${allRows(table, sources)}`);
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return { connection: file.connection, notes, close: () => file.close() };
}

/**
 * Tables of rows in memory, under their names.
 *
 * @param folder where the rows may stand for a moment, as JSON
 */
export async function rowsDatabase(
  tables: Readonly<Record<string, RowTable>>,
  folder: string,
): Promise<NotebookDatabase> {
  const file = await openInMemory();
  try {
    for (const [name, { columns, rows }] of Object.entries(tables)) {
      const path = join(folder, `${name}.json`);
      await writeFile(path, JSON.stringify(rows));
      const types = Object.entries(columns).map(([column, type]) => `"${column}": '${type}'`);
      await file.connection.run(
        `CREATE TABLE ${name} AS FROM read_json(${sqlPath(path)}, format = 'array', columns = {${types.join(', ')}}, maximum_object_size = 268435456)`,
      );
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return { connection: file.connection, notes: [], close: () => file.close() };
}

/** The same tables, without rows. */
export function emptyTables(tables: Readonly<Record<string, RowTable>>): Readonly<Record<string, RowTable>> {
  return Object.fromEntries(Object.entries(tables).map(([name, { columns }]) => [name, { columns, rows: [] }]));
}
