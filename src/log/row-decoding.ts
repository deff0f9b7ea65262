import { DuckDBListValue, DuckDBStructValue, type DuckDBValue } from '@duckdb/node-api';
import { LOG_COLUMNS, type CandidateRow, type LogRows, type LogTable, type TermsRow } from './schema.ts';

/** Builds the row object from a table's values, given in the order of its columns. */
export function decodeRow<T extends LogTable>(table: T, values: readonly DuckDBValue[]): LogRows[T] {
  const row: Record<string, unknown> = {};
  Object.keys(LOG_COLUMNS[table]).forEach((name, index) => {
    row[name] = decodeValue(values[index] ?? null);
  });
  return row as unknown as LogRows[T];
}

// Whole numbers of a log are safe integers when Token Pool wrote it; anything larger is shown, not hidden.
function decodeValue(value: DuckDBValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof DuckDBListValue) return value.items.map(decodeCandidate);
  return value;
}

function decodeCandidate(value: DuckDBValue): CandidateRow | null {
  if (!(value instanceof DuckDBStructValue)) return null;
  const { terms, ...rest } = value.entries;
  const decoded = terms instanceof DuckDBStructValue ? (terms.entries as unknown as TermsRow) : null;
  return { ...rest, terms: decoded } as unknown as CandidateRow;
}
