import { BadInput } from '../config/bad-input.ts';

/** As DuckDB begins its complaints about a file that is damaged, gone or closed to us. */
const COMPLAINT = /^(?:IO|Invalid|Conversion|Parquet|Serialization|Corrupt\w*|Catalog|Binder)\b.*Error:/i;

/**
 * What to throw when rows of a log cannot be read: DuckDB's complaint becomes one line with the log's name, and any
 * other error stays what it is.
 */
export function asReadingTrouble(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BadInput || !COMPLAINT.test(error.message)) return error;
  const [complaint] = error.message.split('\n');
  return new BadInput(`${path}: cannot be read: the log was damaged; put it back from a copy (${complaint})`, {
    cause: error,
  });
}
