import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BadInput } from './bad-input.ts';

/**
 * Makes a folder and those above it that are missing. Each is made by itself: Node's own recursive making never
 * ends on file systems that refuse it in an unusual way, such as /proc.
 *
 * @throws BadInput when that is not possible
 */
export async function makeOutputFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  try {
    for (const folder of missing) await mkdir(folder);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new BadInput(`${path}: cannot make this folder (${reason}); name another one`);
  }
}
