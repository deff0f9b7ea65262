import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BadInput } from '../src/config/bad-input.ts';

/**
 * Writes a file under a temporary name in the same folder and gives it its own name only when it is complete,
 * so that nobody ever meets half a file. The temporary is removed on failure.
 *
 * @throws BadInput when the folder does not exist or the path is a folder
 */
export async function writeWhole<T>(path: string, write: (partialPath: string) => Promise<T>): Promise<T> {
  checkOutputPath(path);
  const partialPath = partialPathOf(path);
  try {
    const result = await write(partialPath);
    await rename(partialPath, path);
    return result;
  } finally {
    await rm(partialPath, { force: true });
  }
}

/** A name beside a file that no other process picks, for what is not complete yet. */
export function partialPathOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`);
}

/** Finds out before long work, rather than after it, that its result has no place to go. */
export function checkOutputPath(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) throw new BadInput(`${path}: the folder ${folder} does not exist; create it first`);
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new BadInput(`${path}: is a folder; name a file to write to`);
  }
}
