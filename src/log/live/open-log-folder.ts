/** Opens the folder of a live log for reading, whether or not a server is writing to it. Nothing in it is changed. */
import { existsSync } from 'node:fs';
import { resolve, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { BadInput } from '../../config/bad-input.ts';
import { forbidFiles, isLocked, openingTrouble, openInMemory, sortingRoom, type DatabaseFile } from '../log-file.ts';
import { databaseSource, lackingTables, parquetSource, type LogSource, type OpenLogSources } from '../log-source.ts';
import { LOG_FORMAT_VERSION, MARK_TABLE } from '../schema.ts';
import { sqlText } from '../sql-text.ts';
import { isHeldHere } from './held-folders.ts';
import { emptyManifest, readManifest, segmentSources, type Manifest } from './manifest.ts';
import { createIngestion } from './owner/ingest.ts';
import { createLiveTables, liveDatabase, type LiveState } from './owner/live-database.ts';
import { DATABASE_NAME, spoolNumbers } from './spool-files.ts';
import {
  ADVICE_TO_READER,
  requireDatabase,
  requireManifest,
  requirePolicies,
  requireSegments,
  requireSpool,
} from './whole-folder.ts';

/** Name under which `current.duckdb` is attached. */
const CURRENT = 'current_rows';

/**
 * Closed segments, then the rows of `current.duckdb`, then what stands in the spool of a server that was killed.
 * While a server holds the folder only the segments can be read, and a note says so.
 *
 * @throws BadInput when the folder is no live log, one of its files is missing, or a server holds it and has closed no
 *   segment yet
 */
export async function openLogFolder(folder: string, writable: string | null): Promise<OpenLogSources> {
  const databasePath = join(folder, DATABASE_NAME);
  if (!existsSync(databasePath)) {
    if ((await readManifest(folder)) !== null) requireDatabase(folder, ADVICE_TO_READER);
    throw new BadInput(
      `${folder}: is not a file, nor the folder of a live log (no ${DATABASE_NAME} in it); name a log`,
    );
  }
  const file = await openInMemory(sortingRoom());
  try {
    const isHeld = isHeldHere(folder) || !(await attach(file.connection, databasePath));
    const notes: string[] = [];
    // Read only now: no server closes a segment while the database is open here.
    const found = await readManifest(folder);
    if (isHeld) {
      const manifest = await settledManifest(folder, found ?? emptyManifest(''));
      if (manifest.generations.length === 0) throw new BadInput(heldMessage(folder));
      requirePolicies(folder, manifest);
      const sources = segmentSources(folder, manifest);
      const last = manifest.generations.at(-1)!.closedAtMs;
      notes.push(`a server holds ${folder}: rows since ${new Date(last).toISOString()} are not in its closed segments`);
      if (manifest.policies !== null) sources.push(parquetSource({ policies: [join(folder, manifest.policies)] }));
      await forbid(file.connection, folder, writable);
      return { coreVersion: manifest.coreVersion, notes, isHeld, file, sources };
    }
    const coreVersion = await currentVersion(file.connection, databasePath);
    const place = await currentPlace(file.connection);
    requireManifest(folder, found, place.generation, ADVICE_TO_READER);
    requireSpool(folder, place.spoolFile, place.spoolOffset);
    const manifest = found ?? emptyManifest('');
    requireSegments(folder, manifest);
    const sources = segmentSources(folder, manifest);
    sources.push(...(await currentSources(file, folder, manifest, place, coreVersion, notes)));
    await forbid(file.connection, folder, writable);
    return { coreVersion, notes, isHeld, file, sources };
  } catch (error) {
    file.close();
    throw error;
  }
}

async function forbid(connection: DuckDBConnection, folder: string, writable: string | null): Promise<void> {
  await forbidFiles(connection, { paths: writable === null ? [] : [writable], folders: [folder, resolve(folder)] });
}

/**
 * The list of a running server, with all of its segments there. The server may delete an old one at any time, but never
 * before it has left it out of the list, so what is missing is looked for in a newer list.
 */
async function settledManifest(folder: string, manifest: Manifest): Promise<Manifest> {
  try {
    requireSegments(folder, manifest);
    return manifest;
  } catch {
    const newer = (await readManifest(folder)) ?? emptyManifest('');
    requireSegments(folder, newer);
    return newer;
  }
}

/** False when another process holds the file. */
async function attach(connection: DuckDBConnection, path: string): Promise<boolean> {
  try {
    await connection.run(`ATTACH ${sqlText(path)} AS ${CURRENT} (READ_ONLY)`);
    return true;
  } catch (error) {
    if (isLocked(error)) return false;
    throw new BadInput(`${path}: ${openingTrouble(error)}`, { cause: error });
  }
}

async function currentVersion(connection: DuckDBConnection, path: string): Promise<string> {
  const row = await connection
    .runAndReadAll(`SELECT format_version, core_version FROM ${CURRENT}.${MARK_TABLE}`)
    .then((reader) => reader.getRows()[0])
    .catch(() => undefined);
  if (row === undefined) throw new BadInput(`${path}: is not the database of a live log`);
  if (row[0] !== LOG_FORMAT_VERSION) {
    throw new BadInput(`${path}: log format ${String(row[0])}, this version reads ${LOG_FORMAT_VERSION}`);
  }
  return String(row[1]);
}

/** Where the rows of the database stand among the segments, and in the spool. */
type CurrentPlace = Pick<LiveState, 'generation' | 'spoolFile' | 'spoolOffset'>;

async function currentPlace(connection: DuckDBConnection): Promise<CurrentPlace> {
  const state = await connection.runAndReadAll(
    `SELECT generation, spool_file, spool_offset FROM ${CURRENT}.live_log_state`,
  );
  const [generation, spoolFile, spoolOffset] = (state.getRows()[0] ?? []).map(Number);
  return { generation: generation!, spoolFile: spoolFile!, spoolOffset: spoolOffset! };
}

async function currentSources(
  file: DatabaseFile,
  folder: string,
  manifest: Manifest,
  { generation, spoolFile, spoolOffset }: CurrentPlace,
  coreVersion: string,
  notes: string[],
): Promise<LogSource[]> {
  const { connection } = file;
  const attached = databaseSource(CURRENT, await lackingTables(connection, CURRENT));
  // A rotation was cut short between naming its segment and emptying the tables: the rows are in the segment.
  const isClosed = manifest.lastGeneration >= generation;
  const current: LogSource = isClosed
    ? { from: (table) => (table === 'policies' ? attached.from(table) : null) }
    : attached;
  const files = (await spoolNumbers(folder)).filter((number) => number >= spoolFile);
  if (files.length === 0) return [current];
  await createLiveTables(connection, coreVersion);
  const database = await liveDatabase(file);
  await database.commit({ ...database.state, spoolFile, spoolOffset });
  const ingestion = createIngestion(folder, database, null);
  for (const damage of await ingestion.advance(Infinity, Infinity)) {
    notes.push(`${folder}: spool file ${damage.file} is ${damage.problem} at byte ${damage.offset}`);
  }
  if (ingestion.records > 0) notes.push(`${ingestion.records} records were read from the spool of a stopped server`);
  return [current, databaseSource('memory.main')];
}

function heldMessage(folder: string): string {
  return `${folder}: a server holds it and has closed no segment yet; stop the server, or ask its GET /admin/explain/REQUEST or GET /admin/log`;
}
