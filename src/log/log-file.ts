import { open, stat } from 'node:fs/promises';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { BadInput } from '../config/bad-input.ts';
import { isDamage } from './reading-trouble.ts';
import { MARK_TABLE } from './schema.ts';
import { spillFolder } from './spill-folder.ts';
import { sqlText } from './sql-text.ts';

/** An open DuckDB file. */
export interface DatabaseFile {
  readonly connection: DuckDBConnection;
  /** A further connection, for a second stream at the same time. */
  connect(): Promise<DuckDBConnection>;
  /** Closes the first connection and the file; a second call does nothing. */
  close(): void;
}

/** What the mark of a log says. */
export interface LogMark {
  readonly formatVersion: number;
  readonly coreVersion: string;
}

// Extensions are built in or not used: nothing may be downloaded because a file asks for it.
const QUIET = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' };
// A log is data from elsewhere; a view in it must not read other files of this machine.
const READ_ONLY = { ...QUIET, access_mode: 'READ_ONLY', enable_external_access: 'false' };
/** What sorting the attempts of a long log may hold in memory; the rest goes to files. With a third of it, it takes three times as long. */
const SORTING_MEMORY = '768MB';

/**
 * Opens an existing file for reading.
 *
 * @param writable a file that its SQL may write all the same, for exports
 * @throws BadInput when there is none, it is no DuckDB file, or another process holds it
 */
export async function openForReading(path: string, writable: string | null = null): Promise<DatabaseFile> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new BadInput(`${path}: no such file; name a log that a run has written`);
  if (!found.isFile()) throw new BadInput(`${path}: is not a file; name a log that a run has written`);
  await refuseOtherFiles(path);
  try {
    const access = writable === null ? READ_ONLY : { ...QUIET, access_mode: 'READ_ONLY' };
    // In this order: without access to files DuckDB takes no folder any more.
    const file = await openDatabase(path, { ...sortingRoom(), ...access });
    if (writable !== null) await forbidFiles(file.connection, { paths: [writable], folders: [] });
    return file;
  } catch (error) {
    throw new BadInput(`${path}: ${openingTrouble(error)}`, { cause: error });
  }
}

/** Parquet files begin with these letters; DuckDB's own have theirs at the ninth byte. */
const PARQUET_MARK = 'PAR1';
const DUCKDB_MARK = 'DUCK';
const DUCKDB_MARK_AT = 8;

/** DuckDB takes other files for damaged ones of its own, or for tables. @throws BadInput naming what the file is */
async function refuseOtherFiles(path: string): Promise<void> {
  const file = await open(path).catch((error: unknown) => {
    throw new BadInput(`${path}: ${openingTrouble(error)}`, { cause: error });
  });
  try {
    const head = Buffer.alloc(DUCKDB_MARK_AT + DUCKDB_MARK.length);
    await file.read(head, 0, head.length, 0);
    if (head.toString('latin1', 0, PARQUET_MARK.length) === PARQUET_MARK) {
      throw new BadInput(`${path}: is a Parquet file, such as a trace; name the decision log itself`);
    }
    if (head.toString('latin1', DUCKDB_MARK_AT) !== DUCKDB_MARK) {
      throw new BadInput(`${path}: is not a DuckDB file; name a log that a run has written`);
    }
  } finally {
    await file.close();
  }
}

/** Creates a file that does not exist yet. */
export async function createDatabase(path: string): Promise<DatabaseFile> {
  return openDatabase(path, QUIET);
}

/** Opens a file to write to, with settings of DuckDB; creates it when it is missing. */
export async function openForWriting(path: string, settings: Record<string, string>): Promise<DatabaseFile> {
  return openDatabase(path, { ...QUIET, ...settings });
}

/**
 * A database of its own that lives in memory; its SQL may read and write any file until {@link forbidFiles}.
 *
 * @param settings of DuckDB, such as {@link sortingRoom}
 */
export async function openInMemory(settings: Readonly<Record<string, string>> = {}): Promise<DatabaseFile> {
  return openDatabase(':memory:', { ...QUIET, ...settings });
}

/** From now on SQL reaches no file but these and those in these folders, for good. */
export async function forbidFiles(
  connection: DuckDBConnection,
  { paths, folders }: { readonly paths: readonly string[]; readonly folders: readonly string[] },
): Promise<void> {
  const list = (texts: readonly string[]): string => `[${texts.map(sqlText).join(', ')}]`;
  await connection.run(`SET allowed_paths = ${list(paths)}`);
  await connection.run(`SET allowed_directories = ${list(folders)}`);
  await connection.run('SET enable_external_access = false');
}

/** The mark of a Token Pool log, or null in any other DuckDB file. */
export async function readMark(connection: DuckDBConnection): Promise<LogMark | null> {
  try {
    const reader = await connection.runAndReadAll(`SELECT format_version, core_version FROM ${MARK_TABLE}`);
    const [formatVersion, coreVersion] = reader.getRows()[0] ?? [];
    if (typeof formatVersion !== 'number' || typeof coreVersion !== 'string') return null;
    return { formatVersion, coreVersion };
  } catch {
    return null;
  }
}

/** Whether the file is a Token Pool log of any version. */
export async function isLogFile(path: string): Promise<boolean> {
  try {
    const file = await openForReading(path);
    try {
      return (await readMark(file.connection)) !== null;
    } finally {
      file.close();
    }
  } catch {
    return false;
  }
}

/** Where a database may put what it sorts: a setting for whoever reads a log, which may be longer than memory. */
export function sortingRoom(): Record<string, string> {
  return { temp_directory: spillFolder() };
}

/** From now on the database of this connection keeps to little memory. Not every query can: try it on a log of a million. */
export async function sortWithin(connection: DuckDBConnection): Promise<void> {
  await connection.run(`SET memory_limit = '${SORTING_MEMORY}'`);
}

async function openDatabase(path: string, options: Record<string, string>): Promise<DatabaseFile> {
  const instance = await DuckDBInstance.create(path, options);
  const connection = await instance.connect();
  let isOpen = true;
  return {
    connection,
    connect: () => instance.connect(),
    close() {
      if (!isOpen) return;
      isOpen = false;
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Whether a file could not be opened because another process holds it. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && /set lock/i.test(error.message);
}

/** Whether a file could not be opened because it is something else. */
export function isForeign(error: unknown): boolean {
  return error instanceof Error && /not a valid DuckDB/i.test(error.message);
}

/** Why DuckDB could not open a file, in plain words with an advice. */
export function openingTrouble(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (isForeign(error)) return 'is not a DuckDB file; name a log that a run has written';
  if (isLocked(error)) return 'another process holds it; wait until that has ended, or copy the file';
  if (/permission denied/i.test(message)) return 'access to it is denied; check its permissions';
  if (isDamage(error)) return 'cannot be opened: the file was damaged or cut short; put it back from a copy';
  return `cannot be opened as a DuckDB file (${message.split('\n')[0]})`;
}
