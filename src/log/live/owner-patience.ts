/**
 * When the owner takes the spool in. What is in the spool is safe, so the database can wait: while the thread that
 * serves requests has no time to spare, taking in would take it from the requests where both share a core, and is put
 * off to the next calm moment. Only so much is put off, so that the spool stays small, and a restart short.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';

/** Share of the time in which the event loop was busy, from which on it has none to spare. */
const BUSY_SHARE = 0.9;

export interface OwnerPatience {
  /** So many bytes more stand in the spool. */
  written(bytes: number): void;
  /** Whether what has come since the last `true` is to be taken in now. To be asked every now and then. */
  isDue(): boolean;
}

/**
 * @param bytesMax what may be put off
 * @param utilization since the last reading; of this thread's event loop unless a test says otherwise
 */
export function createOwnerPatience(
  bytesMax: number,
  utilization: (since: EventLoopUtilization) => number = busyShare,
): OwnerPatience {
  let waitingBytes = 0;
  let last = performance.eventLoopUtilization();
  return {
    written(bytes) {
      waitingBytes += bytes;
    },
    isDue() {
      const share = utilization(last);
      last = performance.eventLoopUtilization();
      if (share > BUSY_SHARE && waitingBytes < bytesMax) return false;
      waitingBytes = 0;
      return true;
    },
  };
}

function busyShare(since: EventLoopUtilization): number {
  return performance.eventLoopUtilization(since).utilization;
}
