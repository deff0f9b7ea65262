/** Rows of a log as an Arrow IPC stream, piece by piece: the schema, batches of at most 2,048 rows, the end mark. */
import {
  Bool,
  Field,
  Float64,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
  type DataType,
} from 'apache-arrow';
import type { DatabaseFile } from './log-file.ts';
import type { LogSource } from './log-source.ts';
import { decodeColumns, selectList } from './row-decoding.ts';
import { newestRows, selectRows, type RowSelection, type SelectedRows } from './row-selection.ts';
import { LOG_COLUMNS } from './schema.ts';

/** Of the format: a continuation mark and the length 0. */
const END_BYTES = 8;

/**
 * The rows that a selection asks for, source by source. One piece is in memory at a time.
 *
 * @throws BadInput as `selectRows` does
 */
export async function* arrowStream(
  file: Pick<DatabaseFile, 'connection' | 'connect'>,
  sources: readonly LogSource[],
  selection: RowSelection,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const rows = selectRows(selection);
  const schema = arrowSchema(rows);
  const whole = streamBytes(schema, []);
  const headBytes = whole.length - END_BYTES;
  yield whole.slice(0, headBytes);
  for await (const part of rowParts(file, sources, rows, selection.limit ?? null)) {
    yield streamBytes(schema, [arrowBatch(schema, part)]).slice(headBytes, -END_BYTES);
  }
  yield whole.slice(headBytes);
}

async function* rowParts(
  file: Pick<DatabaseFile, 'connection' | 'connect'>,
  sources: readonly LogSource[],
  rows: SelectedRows,
  limit: number | null,
): AsyncGenerator<Record<string, unknown>[]> {
  const { table, columns, where, order } = rows;
  const newest = limit === null ? null : await newestRows(file.connection, sources, rows, limit);
  let skip = newest?.skip ?? 0;
  const values = newest === null ? rows.values : [...rows.values, newest.from];
  const bound = newest === null ? '' : `${where === '' ? 'WHERE' : 'AND'} ${order[0]} >= $${values.length}`;
  for (const source of sources) {
    const from = source.from(table);
    if (from === null) continue;
    const connection = await file.connect();
    try {
      const result = await connection.stream(
        `SELECT ${selectList(table, columns)} FROM ${from} ${where} ${bound} ORDER BY ${order.join(', ')}`,
        [...values],
      );
      for await (const chunk of result) {
        const part = decodeColumns(columns, chunk).slice(skip);
        skip -= chunk.rowCount - part.length;
        if (part.length > 0) yield part;
      }
    } finally {
      connection.closeSync();
    }
  }
}

function arrowSchema({ table, columns }: SelectedRows): Schema {
  const types: Readonly<Record<string, string>> = LOG_COLUMNS[table];
  return new Schema(
    columns.map((name) => {
      const type = types[name]!;
      return new Field(name, arrowType(type), !type.includes('NOT NULL'));
    }),
  );
}

function arrowType(type: string): DataType {
  if (type.startsWith('BIGINT')) return new Int64();
  if (type.startsWith('INTEGER')) return new Int32();
  if (type.startsWith('DOUBLE')) return new Float64();
  if (type.startsWith('BOOLEAN')) return new Bool();
  return type.startsWith('STRUCT') ? CANDIDATES : new Utf8();
}

const number = (name: string): Field => new Field(name, new Float64(), true);
const text = (name: string): Field => new Field(name, new Utf8(), true);
const TERMS = new Struct(['success', 'first_token', 'speed', 'cache', 'cost', 'load'].map(number));
const CANDIDATE = new Struct([
  ...['target', 'state', 'rejection'].map(text),
  ...['score', 'weight', 'propensity'].map(number),
  new Field('terms', TERMS, true),
]);
const CANDIDATES = new List(new Field('item', CANDIDATE, true));

function arrowBatch(schema: Schema, rows: readonly Record<string, unknown>[]): RecordBatch {
  const children = schema.fields.map(({ name, type }) => {
    const isWhole = type instanceof Int64;
    const values = rows.map((row) => {
      const value = row[name];
      return isWhole && typeof value === 'number' ? BigInt(value) : value;
    });
    return vectorFromArray(values, type).data[0]!;
  });
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows.length, children }));
}

function streamBytes(schema: Schema, batches: readonly RecordBatch[]): Uint8Array<ArrayBuffer> {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  for (const batch of batches) writer.write(batch);
  // A copy, so that it can be handed to another thread.
  return new Uint8Array(writer.finish().toUint8Array(true));
}
