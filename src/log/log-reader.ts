import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { BadInput } from '../config/bad-input.ts';
import type { DatabaseFile } from './log-file.ts';
import type { LogSource } from './log-source.ts';
import { openLogSources } from './open-log-sources.ts';
import type { ConfigurePayload, LogInput } from './payload.ts';
import { asReadingTrouble } from './reading-trouble.ts';
import { decodeRows, selectList } from './row-decoding.ts';
import {
  INPUT_KINDS,
  LOG_ORDER,
  type DecisionRow,
  type InputKind,
  type InputRow,
  type LogRows,
  type LogTable,
  type OutcomeRow,
  type ShadowRow,
  type SnapshotRow,
  type TransitionRow,
} from './schema.ts';

/** Sorting holds all rows in memory: a log of millions is taken in stretches of so many inputs. */
const INPUTS_SORTED_AT_ONCE = 250_000;

/** A closed log, open for reading. Any number of streams may run at once. */
export interface LogReader {
  readonly path: string;
  /** `CORE_VERSION` of the core that made the decisions. */
  readonly coreVersion: string;
  /** What a person should know of what is read, one line each: for example that the newest rows are out of reach. */
  readonly notes: readonly string[];
  /** A running server holds the log, and only its closed segments are read. */
  readonly isHeld: boolean;
  count(table: LogTable): Promise<number>;
  /** All inputs in order, payloads parsed; from a sequence on when one is given. */
  inputs(fromSequence?: number): AsyncIterable<LogInput>;
  /** All decisions in order of (sequence, ordinal); from a sequence on when one is given. */
  decisions(fromSequence?: number): AsyncIterable<DecisionRow>;
  /** What shadows would have decided, in the same order. */
  shadows(): AsyncIterable<ShadowRow>;
  /** The steps in the lives of policies, in order of time. */
  transitions(): AsyncIterable<TransitionRow>;
  /** The decisions on one request, or several, in order. */
  decisionsOf(...requestIds: readonly string[]): Promise<readonly DecisionRow[]>;
  /** How the attempts of one request, or several, ended, in order. */
  outcomesOf(...requestIds: readonly string[]): Promise<readonly OutcomeRow[]>;
  /** When a request first began; null when the log does not know it. */
  beganAtMs(requestId: string): Promise<number | null>;
  /** The input with which a request first began; null when the log does not know it. */
  beginOf(requestId: string): Promise<(LogInput & { readonly kind: 'begin' }) | null>;
  /** How the core was configured when it got an input; null when the log does not say. */
  configurationAt(sequence: number): Promise<ConfigurePayload | null>;
  /** The id of some request of the log; null when no decision was made. */
  exampleRequestId(): Promise<string | null>;
  /** The first snapshot of that sequence or a later one. */
  firstSnapshot(fromSequence: number): Promise<SnapshotRow | null>;
  /** The last snapshot before an input; null when there is none. */
  snapshotBefore(sequence: number): Promise<SnapshotRow | null>;
  /** The last snapshot; null when there is none. */
  lastSnapshot(): Promise<SnapshotRow | null>;
  close(): void;
}

/**
 * Opens a log that a run has closed, or the folder of a live log.
 *
 * @throws BadInput when there is nothing, it is no DuckDB file, is no Token Pool log, has another format version, or
 *   is held by another process. Reading a row that no writer of this version wrote throws it too.
 */
export async function openLog(path: string): Promise<LogReader> {
  const { coreVersion, notes, isHeld, file, sources } = await openLogSources(path);
  return createLogReader(path, file, sources, { coreVersion, notes, isHeld, close: () => file.close() });
}

/** What a reader says of itself, and how it ends. */
export interface ReaderFacts {
  readonly coreVersion: string;
  readonly notes: readonly string[];
  readonly isHeld: boolean;
  close(): void;
}

/** Reads rows of one database connection after the other from all sources. */
export function createLogReader(
  path: string,
  file: Pick<DatabaseFile, 'connection' | 'connect'>,
  sources: readonly LogSource[],
  facts: ReaderFacts,
): LogReader {
  async function* stream<T extends LogTable>(
    table: T,
    clause: string,
    values: DuckDBValue[] = [],
  ): AsyncGenerator<LogRows[T]> {
    for (const source of sources) yield* streamRows(path, file, source, table, clause, values);
  }
  const collect = async <T extends LogTable>(
    table: T,
    clause: string,
    value: string | number,
  ): Promise<LogRows[T][]> => {
    const rows: LogRows[T][] = [];
    for await (const row of stream(table, clause, [value])) rows.push(row);
    return rows;
  };
  const collectOf = async <T extends 'decisions' | 'outcomes'>(
    table: T,
    ids: readonly string[],
    order: string,
  ): Promise<LogRows[T][]> => {
    if (ids.length === 0) return [];
    const rows: LogRows[T][] = [];
    const list = ids.map((_, index) => `$${index + 1}`).join(', ');
    for await (const row of stream(table, `WHERE request_id IN (${list}) ORDER BY ${order}`, [...ids])) rows.push(row);
    return rows;
  };
  /** The first value of each source that has one. */
  const values = async (
    table: LogTable,
    expression: string,
    clause = '',
    parameters: DuckDBValue[] = [],
  ): Promise<DuckDBValue[]> => {
    const found: DuckDBValue[] = [];
    for (const source of sources) {
      const from = source.from(table);
      if (from === null) continue;
      const value = await firstValue(file.connection, `SELECT ${expression} FROM ${from} ${clause}`, parameters).catch(
        (error: unknown) => {
          throw asReadingTrouble(path, error);
        },
      );
      if (value !== null) found.push(value);
    }
    return found;
  };
  /** Sequences of the first and the last input of a source; the last before the first when it has none. */
  const sequenceRange = async (source: LogSource): Promise<readonly [number, number]> => {
    const from = source.from('inputs');
    if (from === null) return [0, -1];
    const [row] = (
      await file.connection
        .runAndReadAll(`SELECT min(sequence), max(sequence) FROM ${from}`)
        .catch((error: unknown) => {
          throw asReadingTrouble(path, error, 'inputs');
        })
    ).getRows();
    const [first = null, last = null] = row ?? [];
    return last === null ? [0, -1] : [Number(first), Number(last)];
  };
  return {
    path,
    coreVersion: facts.coreVersion,
    notes: facts.notes,
    isHeld: facts.isHeld,
    async count(table) {
      return (await values(table, 'count(*)')).reduce((sum: number, count) => sum + Number(count), 0);
    },
    async *inputs(fromSequence = 0) {
      for (const source of sources) {
        const [first, last] = await sequenceRange(source);
        for (let start = Math.max(fromSequence, first); start <= last; start += INPUTS_SORTED_AT_ONCE) {
          const clause = 'WHERE sequence >= $1 AND sequence < $2 ORDER BY sequence';
          const rows = streamRows(path, file, source, 'inputs', clause, [start, start + INPUTS_SORTED_AT_ONCE]);
          for await (const row of rows) yield parseInput(path, row);
        }
      }
    },
    decisions: (fromSequence = 0) =>
      stream('decisions', 'WHERE sequence >= $1 ORDER BY sequence, ordinal', [fromSequence]),
    shadows: () => stream('shadows', orderOf('shadows')),
    transitions: () => stream('transitions', orderOf('transitions')),
    decisionsOf: (...ids) => collectOf('decisions', ids, 'sequence, ordinal'),
    outcomesOf: (...ids) => collectOf('outcomes', ids, 'sequence'),
    async beganAtMs(id) {
      const times = await values(
        'inputs',
        'min(at_ms)',
        `WHERE kind = 'begin' AND TRY(json_extract_string(payload, '$.requestId')) = $1`,
        [id],
      );
      return times.length === 0 ? null : Math.min(...times.map(Number));
    },
    async beginOf(id) {
      const clause = `WHERE kind = 'begin' AND TRY(json_extract_string(payload, '$.requestId')) = $1 ORDER BY sequence LIMIT 1`;
      const [row] = await collect('inputs', clause, id);
      const input = row === undefined ? null : parseInput(path, row);
      return input?.kind === 'begin' ? input : null;
    },
    async configurationAt(sequence) {
      const clause = `WHERE kind = 'configure' AND sequence <= $1 ORDER BY sequence DESC LIMIT 1`;
      const row = (await collect('inputs', clause, sequence)).at(-1);
      const input = row === undefined ? null : parseInput(path, row);
      return input?.kind === 'configure' ? input.payload : null;
    },
    async exampleRequestId() {
      const [id] = await values('decisions', 'request_id', 'ORDER BY sequence, ordinal LIMIT 1');
      return typeof id === 'string' ? id : null;
    },
    async firstSnapshot(fromSequence) {
      const clause = 'WHERE sequence >= $1 ORDER BY sequence LIMIT 1';
      return (await collect('snapshots', clause, fromSequence))[0] ?? null;
    },
    async snapshotBefore(sequence) {
      return (
        (await collect('snapshots', 'WHERE sequence < $1 ORDER BY sequence DESC LIMIT 1', sequence)).at(-1) ?? null
      );
    },
    async lastSnapshot() {
      const last = Math.max(-1, ...(await values('snapshots', 'max(sequence)')).map(Number));
      return last < 0 ? null : ((await collect('snapshots', 'WHERE sequence = $1', last)).at(-1) ?? null);
    },
    close: () => facts.close(),
  };
}

function orderOf(table: LogTable): string {
  return `ORDER BY ${LOG_ORDER[table].join(', ')}`;
}

async function firstValue(connection: DuckDBConnection, sql: string, values: DuckDBValue[] = []): Promise<DuckDBValue> {
  return (await connection.runAndReadAll(sql, values)).getRows()[0]?.[0] ?? null;
}

async function* streamRows<T extends LogTable>(
  path: string,
  file: Pick<DatabaseFile, 'connect'>,
  source: LogSource,
  table: T,
  clause: string,
  values: DuckDBValue[],
): AsyncGenerator<LogRows[T]> {
  const from = source.from(table);
  if (from === null) return;
  // One connection can hold one open stream.
  const connection = await file.connect();
  try {
    const result = await connection.stream(`SELECT ${selectList(table)} FROM ${from} ${clause}`, values);
    for await (const chunk of result) {
      yield* decodeRows(table, chunk);
    }
  } catch (error) {
    throw asReadingTrouble(path, error, table);
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
