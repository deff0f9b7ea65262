import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noteUnfinished } from '../config/unfinished-files.ts';

/**
 * Makes a folder of its own for what a command needs while it runs; whoever asks for it removes it. Made and noted in one
 * go, so that a command that is told to stop in this moment leaves none behind.
 */
export function makeTemporaryFolder(prefix: string): string {
  return noteUnfinished(mkdtempSync(join(tmpdir(), prefix)));
}
