import {
  DuckDBDataChunk,
  DuckDBListValue,
  DuckDBStructValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { LOG_COLUMNS, type CandidateRow, type LogRows, type LogTable } from './schema.ts';

/** Most rows that a DuckDB chunk holds. */
export const CHUNK_ROWS_MAX = 2048;

/**
 * A DuckDB chunk with these rows, at most {@link CHUNK_ROWS_MAX}.
 *
 * @param types the table's column types, in its order
 * @throws Error when a count in a row is no whole number
 */
export function tableChunk<T extends LogTable>(
  table: T,
  types: readonly DuckDBType[],
  rows: readonly LogRows[T][],
): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(types, rows.length);
  columnsOf(table).forEach(({ name, encode }, columnIndex) => {
    const values = rows.map((row) => encode(row[name as keyof LogRows[T]]));
    chunk.setColumnValues(columnIndex, values);
  });
  return chunk;
}

interface ColumnEncoder {
  readonly name: string;
  readonly encode: (value: unknown) => DuckDBValue;
}

const ENCODERS = new Map<LogTable, readonly ColumnEncoder[]>();

function columnsOf(table: LogTable): readonly ColumnEncoder[] {
  const known = ENCODERS.get(table);
  if (known !== undefined) return known;
  const columns = Object.entries(LOG_COLUMNS[table]).map(([name, type]) => ({
    name,
    encode: encoderFor(`${table}.${name}`, type),
  }));
  ENCODERS.set(table, columns);
  return columns;
}

function encoderFor(label: string, type: string): ColumnEncoder['encode'] {
  if (type.startsWith('BIGINT')) return (value) => (value === null ? null : wholeNumber(label, value as number));
  if (type.startsWith('STRUCT')) return (value) => encodeCandidates(value as readonly CandidateRow[]);
  return (value) => value as DuckDBValue;
}

function wholeNumber(label: string, value: number): bigint {
  if (!Number.isSafeInteger(value)) throw new Error(`${label} must be a whole number, got ${value}`);
  return BigInt(value);
}

function encodeCandidates(candidates: readonly CandidateRow[]): DuckDBListValue {
  return new DuckDBListValue(candidates.map(encodeCandidate));
}

function encodeCandidate(candidate: CandidateRow): DuckDBStructValue {
  const { target, state, rejection, score, weight, propensity } = candidate;
  const terms = new DuckDBStructValue(candidate.terms as unknown as Record<string, number>);
  return new DuckDBStructValue({ target, state, rejection, score, weight, propensity, terms });
}
