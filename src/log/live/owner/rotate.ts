/**
 * Closes what the database holds into Parquet segments. The order of the steps is what makes a crash harmless: first
 * the files, then the manifest (from here on the segment exists), then the emptying of the database. A rotation that
 * broke off before the manifest is done again from the start; one that broke off after it is only finished.
 */
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { LATER_TABLES, LOG_COLUMNS, type LogTable } from '../../schema.ts';
import { sqlText } from '../../sql-text.ts';
import { writeManifest, type Generation, type Manifest, type SegmentFile } from '../manifest.ts';
import { SEGMENT_FOLDER } from '../spool-files.ts';
import type { LiveDatabase } from './live-database.ts';

/** Steps after which a crash is tried in tests, in their order. */
export const ROTATION_STEPS = ['files-half-written', 'files-written', 'manifest-written', 'tables-emptied'] as const;
export type RotationStep = (typeof ROTATION_STEPS)[number];

const SEGMENT_TABLES = [
  'decisions',
  'outcomes',
  'inputs',
  'snapshots',
  ...LATER_TABLES,
] as const satisfies readonly LogTable[];
const MS_PER_DAY = 86_400_000;
const POLICIES_MAX = 10_000;
/** A group is put together in memory; a decision with its candidates takes a kilobyte or more. */
const ROW_GROUP_ROWS = 20_480;

export interface RotationSettings {
  readonly folder: string;
  readonly coreVersion: string;
  readonly nowMs: number;
  readonly onStep: (step: RotationStep) => void;
}

/** Closes a segment and gives the manifest that names it. */
export async function rotate(
  database: LiveDatabase,
  manifest: Manifest,
  settings: RotationSettings,
): Promise<Manifest> {
  const { folder, coreVersion, nowMs, onStep } = settings;
  const { connection } = database.file;
  const { generation } = database.state;
  const files: SegmentFile[] = [];
  for (const table of SEGMENT_TABLES) {
    files.push(...(await writeTable(connection, folder, table, generation)));
    if (table === 'outcomes') onStep('files-half-written');
  }
  const policies = await writePolicies(connection, folder);
  onStep('files-written');
  const [firstSequence, lastSequence] = await sequenceRange(connection);
  const closed: Generation = { generation, closedAtMs: nowMs, firstSequence, lastSequence, files };
  const next = {
    ...manifest,
    coreVersion,
    policies,
    lastGeneration: generation,
    generations: [...manifest.generations, closed],
  };
  await writeManifest(folder, next);
  onStep('manifest-written');
  await database.startGeneration(generation + 1);
  onStep('tables-emptied');
  // Gives the space back; a query that is under way forbids it, then the next rotation does it.
  await connection.run('CHECKPOINT').catch(() => undefined);
  return next;
}

/** Finishes or undoes what an earlier process had begun. */
export async function settleRotation(database: LiveDatabase, manifest: Manifest, folder: string): Promise<void> {
  if (manifest.lastGeneration >= database.state.generation) {
    await database.startGeneration(manifest.lastGeneration + 1);
    await database.file.connection.run('CHECKPOINT');
  }
  const known = new Set(manifest.generations.flatMap(({ files }) => files.map(({ path }) => path)));
  if (manifest.policies !== null) known.add(manifest.policies);
  for (const path of await filesBelow(folder, SEGMENT_FOLDER)) {
    if (!known.has(path)) await removeFile(folder, path);
  }
}

/** Removes a file of a segment, and its folder when it was the last one in it. */
export async function removeFile(folder: string, path: string): Promise<void> {
  await rm(join(folder, path), { force: true });
  await rmdir(dirname(join(folder, path))).catch(() => undefined);
}

async function writeTable(
  connection: DuckDBConnection,
  folder: string,
  table: LogTable,
  generation: number,
): Promise<SegmentFile[]> {
  const dayOf = `CAST(floor(CASE WHEN isfinite(at_ms) THEN at_ms ELSE 0 END / ${MS_PER_DAY}) AS BIGINT)`;
  const hasSequences = 'sequence' in LOG_COLUMNS[table];
  const ends = hasSequences ? 'min(sequence), max(sequence)' : 'NULL, NULL';
  const days = await connection.runAndReadAll(
    `SELECT ${dayOf} AS day, count(*), ${ends} FROM ${stagedName(table)} GROUP BY day ORDER BY day`,
  );
  const files: SegmentFile[] = [];
  for (const [dayNumber, rows, first, last] of days.getRows()) {
    const day = new Date(Number(dayNumber) * MS_PER_DAY).toISOString().slice(0, 10);
    const number = String(generation).padStart(8, '0');
    const name = hasSequences ? `${number}-${String(first)}-${String(last)}.parquet` : `${number}.parquet`;
    const path = join(SEGMENT_FOLDER, table, `day=${day}`, name);
    const columns = Object.keys(LOG_COLUMNS[table])
      .map((column) => `"${column}"`)
      .join(', ');
    // The rows stand in the order in which they came already, and one thread keeps it.
    const bytes = await writeParquet(
      connection,
      join(folder, path),
      `SELECT ${columns} FROM ${table} WHERE ${dayOf} = ${String(dayNumber)}`,
    );
    files.push({ table, day, path, rows: Number(rows), bytes });
  }
  return files;
}

/** Counting needs no words. */
function stagedName(table: LogTable): string {
  return table === 'decisions' || table === 'outcomes' ? `staged_${table}` : table;
}

/** All policies there ever were, as one file that replaces the one before. */
async function writePolicies(connection: DuckDBConnection, folder: string): Promise<string> {
  const path = join(SEGMENT_FOLDER, 'policies.parquet');
  await connection.run(
    `DELETE FROM policies WHERE rowid NOT IN (SELECT rowid FROM policies ORDER BY rowid DESC LIMIT ${POLICIES_MAX})`,
  );
  await writeParquet(connection, join(folder, path), 'SELECT * FROM policies');
  return path;
}

async function writeParquet(connection: DuckDBConnection, path: string, select: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  await connection.run(
    `COPY (${select}) TO ${sqlText(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
  );
  const file = await open(temporary, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return (await stat(path)).size;
}

async function sequenceRange(connection: DuckDBConnection): Promise<[number | null, number | null]> {
  const reader = await connection.runAndReadAll('SELECT min(sequence), max(sequence) FROM inputs');
  const [first, last] = reader.getRows()[0] ?? [];
  return [first === null ? null : Number(first), last === null ? null : Number(last)];
}

async function filesBelow(folder: string, below: string): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, path)));
    else if (/\.parquet(?:\.tmp)?$/.test(entry.name)) found.push(path);
  }
  return found;
}
