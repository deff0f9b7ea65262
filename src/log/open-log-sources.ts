import { stat } from 'node:fs/promises';
import { BadInput } from '../config/bad-input.ts';
import { openLogFolder } from './live/open-log-folder.ts';
import { openForReading, readMark } from './log-file.ts';
import { databaseSource, lackingTables, type OpenLogSources } from './log-source.ts';
import { LOG_FORMAT_VERSION } from './schema.ts';

/**
 * Opens a log for reading: a file, or the folder of a live log.
 *
 * @param writable a file that SQL on the connection may write, for exports; every other one is closed to it
 * @throws BadInput as `openLog` says
 */
export async function openLogSources(path: string, writable: string | null = null): Promise<OpenLogSources> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return openLogFolder(path, writable);
  const file = await openForReading(path, writable);
  try {
    const mark = await readMark(file.connection);
    if (mark === null) throw new BadInput(`${path}: is a DuckDB file but not a Token Pool log; name a log`);
    if (mark.formatVersion !== LOG_FORMAT_VERSION) throw new BadInput(versionTrouble(path, mark.formatVersion));
    const source = databaseSource(null, await lackingTables(file.connection));
    return { coreVersion: mark.coreVersion, notes: [], isHeld: false, file, sources: [source] };
  } catch (error) {
    file.close();
    throw error;
  }
}

function versionTrouble(path: string, found: number): string {
  const wanted = `this version reads format ${LOG_FORMAT_VERSION}`;
  const advice = found < LOG_FORMAT_VERSION ? 'record the run again' : 'use a newer Token Pool';
  return `${path}: log format ${found}, but ${wanted}; ${advice}`;
}
