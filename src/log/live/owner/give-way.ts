import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Steps behind the other threads: this one gets a tenth of a core that another one wants for itself. */
const STEPS_BEHIND = 10;
const NICENESS_MAX = 19;

/**
 * Lets the threads that answer clients go before this one where cores are short. Taking rows in can wait: they are
 * safe in the spool by then. On Linux a thread has a priority of its own; elsewhere nothing is changed.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(threadId, Math.min(NICENESS_MAX, getPriority() + STEPS_BEHIND));
  } catch {
    // A container may hide /proc or forbid it; then both go on as equals.
  }
}
