/**
 * The folders whose live log this process holds. DuckDB's lock is one of the whole process: it would let a second
 * reader or writer of the same process in, and closing that one would give the lock away.
 */
import { realpathSync } from 'node:fs';
import { BadInput } from '../../config/bad-input.ts';

const held = new Set<string>();

/** @throws BadInput when the process holds the folder already */
export function holdFolder(folder: string): void {
  const real = realpathSync(folder);
  if (held.has(real)) throw new BadInput(`${folder}: this process writes a live log there already; close that first`);
  held.add(real);
}

export function releaseFolder(folder: string): void {
  held.delete(realpathSync(folder));
}

export function isHeldHere(folder: string): boolean {
  return held.has(realpathSync(folder));
}
