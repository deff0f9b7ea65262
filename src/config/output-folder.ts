import { existsSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BadInput } from './bad-input.ts';

/**
 * Makes a folder and those above it that are missing. Each is made by itself: Node's own recursive making never
 * ends on file systems that refuse it in an unusual way, such as /proc.
 *
 * @param asked what the user named, when this folder only stands in for it
 * @returns the folders that were made, the outermost first
 * @throws BadInput when that is not possible; what was made until then is gone again
 */
export async function makeOutputFolder(path: string, asked = path): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  const made: string[] = [];
  try {
    for (const folder of missing) {
      await mkdir(folder);
      made.push(folder);
    }
    return made;
  } catch (error) {
    await removeEmptyFolders(made);
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new BadInput(`${asked}: cannot make this folder (${reason}); name another one`);
  }
}

/** Takes back what {@link makeOutputFolder} made, as far as nothing stands in it. */
export async function removeEmptyFolders(made: readonly string[]): Promise<void> {
  for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
}
