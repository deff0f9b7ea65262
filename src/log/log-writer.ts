import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DuckDBAppender } from '@duckdb/node-api';
import { BadInput } from '../config/bad-input.ts';
import { noteUnfinished } from '../config/unfinished-files.ts';
import { createDatabase, isLogFile, type DatabaseFile } from './log-file.ts';
import { createRecorder, type LogRecorder } from './recorder.ts';
import { createLogStatements, LOG_TABLES, type LogRows, type LogTable } from './schema.ts';
import { CHUNK_ROWS_MAX, tableChunk } from './table-chunk.ts';

export interface LogWriterOptions {
  /** `CORE_VERSION` of the core whose decisions are written. */
  readonly coreVersion: string;
  /** See `createRecorder`; '' when left out: simulated sessions are no secret, and equal runs give equal logs. */
  readonly sessionSalt?: string | null;
  /** Replace an existing file even when it is not a Token Pool log. */
  readonly replaceAnything?: boolean;
}

/** A recorder whose rows end up in a DuckDB file. */
export interface LogWriter extends LogRecorder {
  /** Writes out the rows gathered so far; await it between batches, it is what bounds the memory. */
  drain(): Promise<void>;
  /** Writes out everything and gives the file its name. The writer is used up. */
  close(): Promise<void>;
  /** Gives up: removes what was written and leaves an older file of that name as it was. Nothing after `close`. */
  abandon(): Promise<void>;
}

/**
 * Starts a log of a run in one go, such as a simulated one. It grows in a temporary folder beside
 * its place and gets its own name at `close`, so that a run that was killed leaves no log that looks whole.
 *
 * @throws BadInput when the folder does not exist, or `path` is taken by something that is no Token Pool log
 */
export async function createLogWriter(path: string, options: LogWriterOptions): Promise<LogWriter> {
  const { coreVersion, sessionSalt = '', replaceAnything = false } = options;
  await requireUsable(path, replaceAnything);
  // A folder, because DuckDB makes more files beside the first one when it likes to: once it is gone, it can make none.
  const folder = noteUnfinished(join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`));
  await mkdir(folder);
  const temporaryPath = join(folder, basename(path));
  const file = await createDatabase(temporaryPath);
  const tables = await createTables(file, coreVersion).catch(async (error: unknown) => {
    await remove(file, folder);
    throw error;
  });

  const writeOut = (): void => {
    for (const table of LOG_TABLES) tables[table].writeOut();
  };
  return {
    ...createRecorder((table, row) => tables[table].rows.push(row), sessionSalt),
    async drain() {
      writeOut();
    },
    async close() {
      try {
        writeOut();
        for (const table of LOG_TABLES) tables[table].appender.closeSync();
        await file.connection.run('COMMIT');
        await file.connection.run('CHECKPOINT');
        file.close();
        // The write-ahead log of a database that was killed here before would be replayed into ours.
        await rm(`${path}.wal`, { force: true });
        await rename(temporaryPath, path);
      } finally {
        await remove(file, folder);
      }
    },
    abandon: () => remove(file, folder),
  };
}

interface TableBuffer<T extends LogTable> {
  readonly rows: LogRows[T][];
  readonly appender: DuckDBAppender;
  writeOut(): void;
}

type TableBuffers = { readonly [T in LogTable]: TableBuffer<T> };

async function createTables(file: DatabaseFile, coreVersion: string): Promise<TableBuffers> {
  for (const statement of createLogStatements(coreVersion)) await file.connection.run(statement);
  // One transaction for the whole run: an unfinished file is worth nothing, so the write-ahead log that
  // would save parts of it only doubles what is written.
  await file.connection.run('BEGIN TRANSACTION');
  const entries: [LogTable, unknown][] = [];
  for (const table of LOG_TABLES)
    entries.push([table, tableBuffer(table, await file.connection.createAppender(table))]);
  return Object.fromEntries(entries) as unknown as TableBuffers;
}

function tableBuffer<T extends LogTable>(table: T, appender: DuckDBAppender): TableBuffer<T> {
  const types = Array.from({ length: appender.columnCount }, (_, index) => appender.columnType(index));
  const rows: LogRows[T][] = [];
  const writeOut = (): void => {
    if (rows.length === 0) return;
    for (let from = 0; from < rows.length; from += CHUNK_ROWS_MAX) {
      appender.appendDataChunk(tableChunk(table, types, rows.slice(from, from + CHUNK_ROWS_MAX)));
    }
    rows.length = 0;
    // Without a flush the appender keeps up to 204,800 rows in memory.
    appender.flushSync();
  };
  return { rows, appender, writeOut };
}

async function requireUsable(path: string, replaceAnything: boolean): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => null);
  if (!folder?.isDirectory())
    throw new BadInput(`${path}: the folder ${dirname(path)} does not exist; create it first`);
  const existing = await stat(path).catch(() => null);
  if (existing === null) return;
  if (!existing.isFile()) throw new BadInput(`${path}: is not a file; choose another name for the log`);
  if (replaceAnything || (await isLogFile(path))) return;
  throw new BadInput(`${path}: exists and is not a Token Pool log; choose another name or remove it first`);
}

async function remove(file: DatabaseFile, folder: string): Promise<void> {
  file.close();
  await rm(folder, { recursive: true, force: true });
}
