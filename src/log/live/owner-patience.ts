/**
 * When the owner takes the spool in. What is in the spool is safe, so the database can wait: for more rows, because a
 * commit costs as much as hundreds of them, and for a calm moment, because while the thread that serves requests has
 * no time to spare, taking in would take it from the requests where both share a core. Only so much is put off, so
 * that the spool stays small, and a restart short.
 */
import { performance } from 'node:perf_hooks';

/** So much is worth a commit; less waits until its first byte is this old. */
const WORTH_BYTES = 4 * 1024 * 1024;
const WAIT_MS_MAX = 2_000;
/** Share of the time in which the event loop was busy, from which on it has none to spare. */
const BUSY_SHARE = 0.9;

/** Time and load of this thread; a test has its own. */
export interface ThreadView {
  nowMs(): number;
  /** Share of the time since the last call in which the event loop was busy. */
  busyShare(): number;
}

export class OwnerPatience {
  private readonly bytesMax: number;
  private readonly thread: ThreadView;
  private waitingBytes = 0;
  private waitingSinceMs = 0;

  /** @param bytesMax what may be put off */
  constructor(bytesMax: number, thread: ThreadView = thisThread()) {
    this.bytesMax = bytesMax;
    this.thread = thread;
  }

  /** So many bytes more stand in the spool. */
  written(bytes: number): void {
    if (this.waitingBytes === 0) this.waitingSinceMs = this.thread.nowMs();
    this.waitingBytes += bytes;
  }

  /** Whether what has come since the last `true` is to be taken in now. To be asked every now and then. */
  isDue(): boolean {
    const isBusy = this.thread.busyShare() > BUSY_SHARE;
    const isWorthIt = this.waitingBytes >= WORTH_BYTES || this.thread.nowMs() - this.waitingSinceMs >= WAIT_MS_MAX;
    if (this.waitingBytes < this.bytesMax && (isBusy || !isWorthIt)) return false;
    this.waitingBytes = 0;
    return true;
  }
}

function thisThread(): ThreadView {
  let last = performance.eventLoopUtilization();
  return {
    nowMs: () => performance.now(),
    busyShare() {
      const { utilization } = performance.eventLoopUtilization(last);
      last = performance.eventLoopUtilization();
      return utilization;
    },
  };
}
