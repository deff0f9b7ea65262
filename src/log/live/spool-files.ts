/** Names of the files of a live log's folder. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export const DATABASE_NAME = 'current.duckdb';
export const MANIFEST_NAME = 'segments.json';
export const SPOOL_FOLDER = 'spool';
export const SEGMENT_FOLDER = 'segments';

const SPOOL_NAME = /^(\d{12})\.spool$/;

export function spoolPath(folder: string, number: number): string {
  return join(folder, SPOOL_FOLDER, `${String(number).padStart(12, '0')}.spool`);
}

/** Numbers of the spool files there are, ascending; none when the folder is missing. */
export async function spoolNumbers(folder: string): Promise<readonly number[]> {
  const names = await readdir(join(folder, SPOOL_FOLDER)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const numbers = names.flatMap((name) => SPOOL_NAME.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b);
}
