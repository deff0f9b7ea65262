import { BadInput } from '../config/bad-input.ts';
import type { LogTable } from './schema.ts';

/** As DuckDB begins its complaints about a file that is damaged, gone or closed to us. */
const COMPLAINT = /^(?:IO|Invalid|Conversion|Parquet|Serialization|Corrupt\w*|Catalog|Binder)\b.*Error:/i;

/** As it complains of a query for a column that a table does not have. */
const LACKING_COLUMN =
  /^Binder Error: (?:Referenced column "([^"]+)" not found|Table "[^"]+" does not have a column named "([^"]+)")/;

/** Whether DuckDB complains of what stands in a file. Its words are for programmers, so they are not passed on. */
export function isDamage(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof BadInput) && COMPLAINT.test(error.message);
}

function columnLacking(message: string): string | undefined {
  const found = LACKING_COLUMN.exec(message);
  return found?.[1] ?? found?.[2];
}

/**
 * What to throw when rows of a log cannot be read: DuckDB's complaint becomes one line with the log's name, or with
 * that of the file in it which DuckDB complains of, and any other error stays what it is.
 *
 * @param table what was being read, where that is known
 */
export function asReadingTrouble(path: string, error: unknown, table: LogTable | null = null): unknown {
  if (!isDamage(error)) return error;
  const file = /["']([^"'\n]+)["']/.exec(error.message)?.[1];
  const named = file?.startsWith(`${path}/`) === true ? file : path;
  const what = table === null ? '' : `the table ${table} `;
  const column = columnLacking(error.message);
  if (column !== undefined) {
    return new BadInput(
      `${named}: ${what}has no column ${column}: it is not as Token Pool writes it; use a log that was not edited`,
      { cause: error },
    );
  }
  return new BadInput(`${named}: ${what}cannot be read: it was damaged or cut short; put it back from a copy`, {
    cause: error,
  });
}
