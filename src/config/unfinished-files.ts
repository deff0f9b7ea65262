/**
 * What has been begun under a temporary name. Whoever writes removes it himself, on success and on failure; this
 * list is for the one case in which he cannot: the process is told to stop.
 */
import { rmSync } from 'node:fs';

const unfinished = new Set<string>();

/** Notes a temporary file or folder before it is made; what is gone by the time of removal is no matter. */
export function noteUnfinished(path: string): string {
  unfinished.add(path);
  return path;
}

/** Removes all that was noted and is still there. */
export function removeUnfinished(): void {
  // A thread may still be writing into a folder that is being removed.
  for (const path of unfinished) rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}
