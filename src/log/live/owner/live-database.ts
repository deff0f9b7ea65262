/** `current.duckdb`: opened by the owner alone. Rows and the place of the spool that they came from are one commit. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { BadInput } from '../../../config/bad-input.ts';
import { isForeign, isLocked, openForWriting, openingTrouble, readMark, type DatabaseFile } from '../../log-file.ts';
import { asReadingTrouble } from '../../reading-trouble.ts';
import { LOG_FORMAT_VERSION, MARK_TABLE } from '../../schema.ts';
import { sqlText } from '../../sql-text.ts';
import { DATABASE_NAME } from '../spool-files.ts';
import {
  dropRowTableStatements,
  lastingTableStatements,
  laterTableStatements,
  rowTableStatements,
} from './live-tables.ts';
import { appendColumns, clearColumns, createRowColumns, type RowColumns } from './row-columns.ts';
import type { DatabaseWords } from './record-decoder.ts';

/** The row of `live_log_state`. */
export interface LiveState {
  /** Number of the segment that the rows in here will become. */
  readonly generation: number;
  readonly spoolFile: number;
  readonly spoolOffset: number;
  readonly nextSequence: number;
  /** Bytes of spool that the rows in here took. */
  readonly stagedBytes: number;
  /** When the first of them came; null when there are none. */
  readonly stagedSinceMs: number | null;
}

export interface LiveDatabase {
  readonly file: DatabaseFile;
  readonly state: LiveState;
  /** Rows for the next {@link commit}. */
  readonly rows: RowColumns;
  readonly words: DatabaseWords;
  /** Commits the gathered rows together with the state that follows from them. */
  commit(state: LiveState): Promise<void>;
  /** Empties the tables that a rotation has closed, and goes on as the next generation. */
  startGeneration(generation: number): Promise<void>;
  close(): void;
}

// One thread: the rest of the machine serves requests. Checkpoints are dear, and rotation empties the file anyway.
const SETTINGS = { threads: '1', memory_limit: '256MB', checkpoint_threshold: '1GB' };

/** @throws BadInput when another process holds the file or it is no live log of this version */
export async function openLiveDatabase(folder: string, coreVersion: string): Promise<LiveDatabase> {
  const path = join(folder, DATABASE_NAME);
  await mkdir(join(folder, 'tmp'), { recursive: true });
  const file = await openForWriting(path, { ...SETTINGS, temp_directory: join(folder, 'tmp') }).catch(
    (cause: unknown) => {
      throw new BadInput(`${path}: ${troubleOfServer(cause)}`, { cause });
    },
  );
  try {
    await prepare(file.connection, path, coreVersion);
    return await liveDatabase(file);
  } catch (error) {
    file.close();
    throw asReadingTrouble(path, error);
  }
}

/** As for readers, but a server can do something else about it. */
function troubleOfServer(cause: unknown): string {
  if (isLocked(cause))
    return 'another process holds it; a live log has one server, and readers must let go of it first';
  return isForeign(cause) ? 'is not a DuckDB file; choose another folder for the log' : openingTrouble(cause);
}

/** The tables of a live log, in a database that has none yet. */
export async function createLiveTables(connection: DuckDBConnection, coreVersion: string): Promise<void> {
  const statements = [
    ...lastingTableStatements(),
    `CREATE TABLE ${MARK_TABLE} (format_version INTEGER NOT NULL, core_version VARCHAR NOT NULL)`,
    `INSERT INTO ${MARK_TABLE} VALUES (${LOG_FORMAT_VERSION}, ${sqlText(coreVersion)})`,
  ];
  await inTransaction(connection, async () => {
    for (const statement of statements) await connection.run(statement);
  });
}

async function prepare(connection: DuckDBConnection, path: string, coreVersion: string): Promise<void> {
  const tables = await connection.runAndReadAll('SELECT count(*) FROM duckdb_tables()');
  if (Number(tables.getRows()[0]?.[0]) === 0) {
    await createLiveTables(connection, coreVersion);
    return;
  }
  const mark = await readMark(connection);
  if (mark === null) throw new BadInput(`${path}: is not the database of a live log; choose another folder`);
  if (mark.formatVersion !== LOG_FORMAT_VERSION) {
    throw new BadInput(`${path}: log format ${mark.formatVersion}, this version writes ${LOG_FORMAT_VERSION}`);
  }
  for (const statement of laterTableStatements()) await connection.run(statement);
  await connection.run(`UPDATE ${MARK_TABLE} SET core_version = $1`, [coreVersion]);
}

/** On tables that are there: of the open file, or in memory for a reader. */
export async function liveDatabase(file: DatabaseFile): Promise<LiveDatabase> {
  const { connection } = file;
  let state = await readState(connection);
  const rows = await createRowColumns(connection);
  const words = await loadWords(connection, rows);
  const commit = async (next: LiveState): Promise<void> => {
    await inTransaction(connection, async () => {
      await appendColumns(connection, rows);
      await writeState(connection, next);
    });
    clearColumns(rows);
    state = next;
  };
  return {
    file,
    get state() {
      return state;
    },
    rows,
    words,
    commit,
    async startGeneration(generation) {
      const next = { ...state, generation, stagedBytes: 0, stagedSinceMs: null };
      await inTransaction(connection, async () => {
        for (const statement of [...dropRowTableStatements(), ...rowTableStatements()]) await connection.run(statement);
        await writeState(connection, next);
      });
      words.forget();
      state = next;
    },
    close: () => file.close(),
  };
}

async function loadWords(connection: DuckDBConnection, rows: RowColumns): Promise<DatabaseWords & { forget(): void }> {
  const found = await connection.runAndReadAll('SELECT word FROM words ORDER BY word_index');
  const indexes = new Map(found.getRows().map(([word], index) => [String(word), index + 1]));
  return {
    indexOf(word) {
      const known = indexes.get(word);
      if (known !== undefined) return known;
      const index = indexes.size + 1;
      indexes.set(word, index);
      rows.words.columns[0]!.push(index);
      rows.words.columns[1]!.push(word);
      return index;
    },
    forget: () => indexes.clear(),
  };
}

async function readState(connection: DuckDBConnection): Promise<LiveState> {
  const reader = await connection.runAndReadAll(
    'SELECT generation, spool_file, spool_offset, next_sequence, staged_bytes, staged_since_ms FROM live_log_state',
  );
  const [generation, spoolFile, spoolOffset, nextSequence, stagedBytes, stagedSinceMs] = reader.getRows()[0] ?? [];
  return {
    generation: Number(generation),
    spoolFile: Number(spoolFile),
    spoolOffset: Number(spoolOffset),
    nextSequence: Number(nextSequence),
    stagedBytes: Number(stagedBytes),
    stagedSinceMs: typeof stagedSinceMs === 'number' ? stagedSinceMs : null,
  };
}

async function writeState(connection: DuckDBConnection, state: LiveState): Promise<void> {
  await connection.run(
    `UPDATE live_log_state SET generation = $1::BIGINT, spool_file = $2::BIGINT, spool_offset = $3::BIGINT,
       next_sequence = $4::BIGINT, staged_bytes = $5::BIGINT, staged_since_ms = $6::DOUBLE`,
    [state.generation, state.spoolFile, state.spoolOffset, state.nextSequence, state.stagedBytes, state.stagedSinceMs],
  );
}

async function inTransaction(connection: DuckDBConnection, work: () => Promise<void>): Promise<void> {
  await connection.run('BEGIN TRANSACTION');
  try {
    await work();
    await connection.run('COMMIT');
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
