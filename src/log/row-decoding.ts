import {
  DuckDBBigIntVector,
  DuckDBListVector,
  DuckDBStructVector,
  type DuckDBDataChunk,
  type DuckDBVector,
} from '@duckdb/node-api';
import { LOG_COLUMNS, type LogRows, type LogTable } from './schema.ts';

/**
 * What to select so that {@link decodeRows} can read it: the columns of the table, and no list that is NULL.
 *
 * @param columns some of the table's columns; all when left out
 */
export function selectList(table: LogTable, columns: readonly string[] = Object.keys(LOG_COLUMNS[table])): string {
  return columns
    .map((name) => (name === 'candidates' ? 'coalesce(candidates, []) AS candidates' : `"${name}"`))
    .join(', ');
}

/** The rows of a chunk whose columns are those of {@link selectList}. */
export function decodeRows<T extends LogTable>(table: T, chunk: DuckDBDataChunk): LogRows[T][] {
  return decodeColumns(Object.keys(LOG_COLUMNS[table]), chunk) as unknown as LogRows[T][];
}

/** As {@link decodeRows}, of the columns that were selected. */
export function decodeColumns(names: readonly string[], chunk: DuckDBDataChunk): Record<string, unknown>[] {
  const columns = names.map((name, index) => [name, valueReader(chunk.getColumnVector(index))] as const);
  return Array.from({ length: chunk.rowCount }, (_, index) => {
    const row: Record<string, unknown> = {};
    for (const [name, read] of columns) row[name] = read(index);
    return row;
  });
}

type ValueReader = (index: number) => unknown;

/** Reads nested values in place; `getItem` of a list would copy its part of every vector below it. */
function valueReader(vector: DuckDBVector): ValueReader {
  if (vector instanceof DuckDBListVector) return listReader(vector);
  if (vector instanceof DuckDBStructVector) return structReader(vector);
  if (vector instanceof DuckDBBigIntVector) {
    return (index) => {
      const value = vector.getItem(index);
      return value === null ? null : Number(value);
    };
  }
  return (index) => vector.getItem(index);
}

function listReader(vector: DuckDBListVector): ValueReader {
  const readItem = valueReader(vector.childVector);
  return (index) => {
    const offset = vector.getEntryOffset(index);
    return Array.from({ length: vector.getEntryLength(index) }, (_, position) => readItem(offset + position));
  };
}

function structReader(vector: DuckDBStructVector): ValueReader {
  const entries = vector.type.entryNames.map(
    (name, index) => [name, valueReader(vector.entryVectorAt(index))] as const,
  );
  return (index) => {
    if (!vector.isItemValid(index)) return null;
    const value: Record<string, unknown> = {};
    for (const [name, read] of entries) value[name] = read(index);
    return value;
  };
}
