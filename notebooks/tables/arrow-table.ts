/** The answer of an SQL query as an Arrow table, which is how a page gets it. */
import { DuckDBDecimalValue, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import { Bool, Float64, Table, tableToIPC, Utf8, vectorFromArray, type DataType, type Vector } from 'apache-arrow';

/** Pages are read by people; more rows than this are a mistake in the query. */
const ROWS_MAX = 50_000;

type Plain = number | string | boolean | null;

/**
 * Runs a query and gives its rows as an Arrow IPC file. Numbers of all kinds become doubles, which is what a page
 * counts with.
 *
 * @throws Error when a column is no number, text or truth value, or there are too many rows for a page
 */
export async function queryArrow(connection: DuckDBConnection, sql: string): Promise<Uint8Array> {
  const reader = await connection.runAndReadAll(sql);
  if (reader.currentRowCount > ROWS_MAX) {
    throw new Error(`${reader.currentRowCount} rows are too many for a page; sum them up, or LIMIT them`);
  }
  const names = reader.columnNames();
  const columns = reader.getColumns();
  const vectors: Record<string, Vector> = {};
  names.forEach((name, index) => {
    const values = (columns[index] ?? []).map((value) => plain(value, name));
    vectors[name] = vectorFromArray(values, typeOf(values, name)) as Vector;
  });
  return tableToIPC(new Table(vectors), 'file');
}

function typeOf(values: readonly Plain[], name: string): DataType {
  const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (kinds.size > 1) throw new Error(`column "${name}" mixes ${[...kinds].join(' and ')}; cast it to one type`);
  if (kinds.has('string')) return new Utf8();
  return kinds.has('boolean') ? new Bool() : new Float64();
}

function plain(value: DuckDBValue, name: string): Plain {
  if (value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') {
    return value;
  }
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof DuckDBDecimalValue) return value.toDouble();
  throw new Error(`column "${name}" is neither number, text nor truth value; take it apart or cast it in the query`);
}
