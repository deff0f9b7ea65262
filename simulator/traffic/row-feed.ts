import type { TraceRow, TraceSource } from '../../datasets/trace.ts';

/**
 * The rows of a trace one by one, the next batch being read while this one is sent, so that a schedule seldom has to
 * wait for the disk.
 */
export class RowFeed {
  private readonly batches: AsyncIterator<readonly TraceRow[]>;
  private ahead: Promise<IteratorResult<readonly TraceRow[]>> | null;
  private batch: readonly TraceRow[] = [];
  private place = 0;
  private left: number;

  /** @param rowsMax at most so many rows, from the first */
  constructor(trace: TraceSource, rowsMax: number) {
    this.batches = trace.batches()[Symbol.asyncIterator]();
    this.ahead = this.readAhead();
    this.left = rowsMax;
  }

  /** The next row, which stays the next until {@link take}; `null` when {@link fill} is needed or all is over. */
  get next(): TraceRow | null {
    return this.left > 0 ? (this.batch[this.place] ?? null) : null;
  }

  take(): void {
    this.place += 1;
    this.left -= 1;
  }

  /** Waits for the next batch. False when there is no row left. */
  async fill(): Promise<boolean> {
    while (this.left > 0 && this.ahead !== null) {
      const result = await this.ahead;
      if (result.done === true) {
        this.ahead = null;
        return false;
      }
      this.batch = result.value;
      this.place = 0;
      this.ahead = this.readAhead();
      if (this.batch.length > 0) return true;
    }
    return false;
  }

  /** Stops reading; to be called in any case. */
  async close(): Promise<void> {
    await this.ahead?.catch(() => undefined);
    await this.batches.return?.();
  }

  /** A failure is seen by whoever waits for the batch, and by nobody before. */
  private readAhead(): Promise<IteratorResult<readonly TraceRow[]>> {
    const promise = this.batches.next();
    promise.catch(() => undefined);
    return promise;
  }
}
