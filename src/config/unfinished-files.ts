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

/** What a thread has begun in the moment of the removal it ends within this time, ms. */
const SETTLED_AFTER_MS = 50;

/** Removes all that was noted and is still there; for the end of the process, which it holds up for a moment. */
export function removeUnfinished(): void {
  removeNoted();
  if (unfinished.size === 0) return;
  // A file that another thread was just about to make is there only now.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SETTLED_AFTER_MS);
  removeNoted();
}

function removeNoted(): void {
  // A thread may still be writing into a folder that is being removed.
  for (const path of unfinished) rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}
