import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/**
 * Runs some work on a DuckDB database of its own, in memory, and closes it afterwards whatever happens.
 *
 * @param settings DuckDB's configuration, for example `memory_limit`
 */
export async function withDatabase<T>(
  work: (connection: DuckDBConnection) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const database = await DuckDBInstance.create(':memory:', { ...settings });
  const connection = await database.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

/** A text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * A path as an SQL literal that DuckDB takes for one file: its readers would expand `*`, `?` and `[` as patterns.
 */
export function sqlPath(path: string): string {
  return sqlText(path.replaceAll(/[*?[]/g, (character) => `[${character}]`));
}
