import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { BadInput } from '../config/bad-input.ts';
import { openForReading, readMark, type DatabaseFile } from './log-file.ts';
import type { LogInput } from './payload.ts';
import { decodeRows, selectList } from './row-decoding.ts';
import {
  INPUT_KINDS,
  LOG_FORMAT_VERSION,
  type DecisionRow,
  type InputKind,
  type InputRow,
  type LogRows,
  type LogTable,
  type OutcomeRow,
} from './schema.ts';

/** A closed log, open for reading. Any number of streams may run at once. */
export interface LogReader {
  readonly path: string;
  /** `CORE_VERSION` of the core that made the decisions. */
  readonly coreVersion: string;
  count(table: LogTable): Promise<number>;
  /** All inputs in order, payloads parsed. */
  inputs(): AsyncIterable<LogInput>;
  /** All decisions in order of (sequence, ordinal). */
  decisions(): AsyncIterable<DecisionRow>;
  /** The decisions on one request, in order. */
  decisionsOf(requestId: string): Promise<readonly DecisionRow[]>;
  /** How the attempts of one request ended, in order. */
  outcomesOf(requestId: string): Promise<readonly OutcomeRow[]>;
  /** When a request first began; null when the log does not know it. */
  beganAtMs(requestId: string): Promise<number | null>;
  /** The id of some request of the log; null when no decision was made. */
  exampleRequestId(): Promise<string | null>;
  close(): void;
}

/**
 * Opens a log that a run has closed.
 *
 * @throws BadInput when the file is missing, is no DuckDB file, is no Token Pool log, has another format
 *   version, or is held by another process. Reading a row that no writer of this version wrote throws it too.
 */
export async function openLog(path: string): Promise<LogReader> {
  const file = await openForReading(path);
  try {
    const mark = await readMark(file.connection);
    if (mark === null) throw new BadInput(`${path}: is a DuckDB file but not a Token Pool log; name a log`);
    if (mark.formatVersion !== LOG_FORMAT_VERSION) throw new BadInput(versionTrouble(path, mark.formatVersion));
    return reader(path, mark.coreVersion, file);
  } catch (error) {
    file.close();
    throw error;
  }
}

function reader(path: string, coreVersion: string, file: DatabaseFile): LogReader {
  const collect = async <T extends LogTable>(table: T, clause: string, requestId: string): Promise<LogRows[T][]> => {
    const rows: LogRows[T][] = [];
    for await (const row of streamRows(path, file, table, clause, [requestId])) rows.push(row);
    return rows;
  };
  return {
    path,
    coreVersion,
    async count(table) {
      return Number((await firstValue(file.connection, `SELECT count(*) FROM ${table}`)) ?? 0);
    },
    async *inputs() {
      for await (const row of streamRows(path, file, 'inputs', 'ORDER BY sequence')) yield parseInput(path, row);
    },
    decisions: () => streamRows(path, file, 'decisions', 'ORDER BY sequence, ordinal'),
    decisionsOf: (id) => collect('decisions', 'WHERE request_id = $1 ORDER BY sequence, ordinal', id),
    outcomesOf: (id) => collect('outcomes', 'WHERE request_id = $1 ORDER BY sequence', id),
    async beganAtMs(id) {
      const atMs = await firstValue(
        file.connection,
        `SELECT min(at_ms) FROM inputs WHERE kind = 'begin' AND TRY(json_extract_string(payload, '$.requestId')) = $1`,
        [id],
      );
      return typeof atMs === 'number' ? atMs : null;
    },
    async exampleRequestId() {
      const id = await firstValue(
        file.connection,
        'SELECT request_id FROM decisions ORDER BY sequence, ordinal LIMIT 1',
      );
      return typeof id === 'string' ? id : null;
    },
    close: () => file.close(),
  };
}

async function firstValue(connection: DuckDBConnection, sql: string, values: DuckDBValue[] = []): Promise<DuckDBValue> {
  return (await connection.runAndReadAll(sql, values)).getRows()[0]?.[0] ?? null;
}

async function* streamRows<T extends LogTable>(
  path: string,
  file: DatabaseFile,
  table: T,
  clause: string,
  values: DuckDBValue[] = [],
): AsyncGenerator<LogRows[T]> {
  // One connection can hold one open stream.
  const connection = await file.connect();
  try {
    const result = await connection
      .stream(`SELECT ${selectList(table)} FROM ${table} ${clause}`, values)
      .catch((error: unknown) => {
        throw new BadInput(`${path}: the table ${table} cannot be read (${firstLine(error)})`, { cause: error });
      });
    for await (const chunk of result) {
      yield* decodeRows(table, chunk);
    }
  } finally {
    connection.closeSync();
  }
}

function parseInput(path: string, { sequence, at_ms: atMs, kind, payload }: InputRow): LogInput {
  if (!isInputKind(kind)) throw new BadInput(`${path}: input ${sequence} has the unknown kind ${String(kind)}`);
  try {
    return { sequence, atMs, kind, payload: JSON.parse(payload) } as LogInput;
  } catch {
    throw new BadInput(`${path}: the payload of input ${sequence} (${kind}) is not JSON; the log was damaged`);
  }
}

function isInputKind(kind: string): kind is InputKind {
  return (INPUT_KINDS as readonly string[]).includes(kind);
}

function versionTrouble(path: string, found: number): string {
  const wanted = `this version reads format ${LOG_FORMAT_VERSION}`;
  const advice = found < LOG_FORMAT_VERSION ? 'record the run again' : 'use a newer Token Pool';
  return `${path}: log format ${found}, but ${wanted}; ${advice}`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
