/**
 * `segments.json`: which closed segments a live log has. A segment exists from the moment at which the manifest
 * names it; files that it does not name are left over from a rotation that was cut short, and are removed.
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInput } from '../../config/bad-input.ts';
import { parquetSource, type LogSource } from '../log-source.ts';
import { LOG_FORMAT_VERSION, type LogTable } from '../schema.ts';
import { MANIFEST_NAME } from './spool-files.ts';

/** One Parquet file; its path is relative to the log's folder. */
export interface SegmentFile {
  readonly table: LogTable;
  /** UTC day of its rows, `2026-11-22`. */
  readonly day: string;
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What one rotation closed. */
export interface Generation {
  readonly generation: number;
  readonly closedAtMs: number;
  /** Of its inputs; null when it has none. */
  readonly firstSequence: number | null;
  readonly lastSequence: number | null;
  readonly files: readonly SegmentFile[];
}

export interface Manifest {
  readonly formatVersion: number;
  readonly coreVersion: string;
  /** Path of the file with all policies; null before the first rotation. */
  readonly policies: string | null;
  /** The number of the last generation that was closed, kept or deleted since; -1 when there was none. */
  readonly lastGeneration: number;
  /** In order. */
  readonly generations: readonly Generation[];
}

export function emptyManifest(coreVersion: string): Manifest {
  return { formatVersion: LOG_FORMAT_VERSION, coreVersion, policies: null, lastGeneration: -1, generations: [] };
}

/** The manifest of a folder; null when it has none. @throws BadInput when it cannot be read */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const path = join(folder, MANIFEST_NAME);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const manifest = parse(path, text);
  if (manifest.formatVersion !== LOG_FORMAT_VERSION) {
    throw new BadInput(`${path}: log format ${manifest.formatVersion}, this version reads ${LOG_FORMAT_VERSION}`);
  }
  return manifest;
}

/** Puts a manifest in the place of the one before, in one step, and on disk before it returns. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, MANIFEST_NAME);
  const temporary = join(folder, `.${MANIFEST_NAME}.tmp`);
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(`${JSON.stringify(manifest)}\n`);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** One source a generation; the policies are not among them. */
export function segmentSources(folder: string, manifest: Manifest): LogSource[] {
  return manifest.generations.map(({ files }) => {
    const paths: Partial<Record<LogTable, string[]>> = {};
    for (const { table, path } of files) (paths[table] ??= []).push(join(folder, path));
    return parquetSource(paths);
  });
}

function parse(path: string, text: string): Manifest {
  try {
    const value = JSON.parse(text) as Manifest;
    if (typeof value.formatVersion === 'number' && Array.isArray(value.generations)) return value;
  } catch {
    // Said below.
  }
  throw new BadInput(`${path}: is not the list of segments of a live log; it was damaged`);
}
