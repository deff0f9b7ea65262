/**
 * The requests of one lane that wait for a target: high before normal before low priority, first come first
 * served within one. A request that leaves early is recognised as gone and skipped.
 */
import type { Priority } from '../pool.ts';
import type { PendingRequest } from './pending-request.ts';

const ORDER: readonly Priority[] = ['high', 'normal', 'low'];
const COMPACT_MIN = 64;

interface Fifo {
  items: PendingRequest[];
  head: number;
}

export class WaitingLine {
  private readonly fifos: Readonly<Record<Priority, Fifo>> = {
    high: { items: [], head: 0 },
    normal: { items: [], head: 0 },
    low: { items: [], head: 0 },
  };
  /** Requests that really wait. */
  size = 0;

  push(pending: PendingRequest): void {
    this.fifos[pending.priority].items.push(pending);
    this.size++;
  }

  /** The caller has set the phase of a waiting request to something else: it no longer waits here. */
  left(): void {
    this.size--;
  }

  /** The first `most` waiting requests in order of service. */
  first(most: number): PendingRequest[] {
    const found: PendingRequest[] = [];
    for (const priority of ORDER) {
      const fifo = this.fifos[priority];
      trim(fifo);
      for (let index = fifo.head; index < fifo.items.length && found.length < most; index++) {
        if (fifo.items[index]!.phase === 'queued') found.push(fifo.items[index]!);
      }
    }
    return found;
  }

  /** The next request to be served, or null. */
  peek(): PendingRequest | null {
    if (this.size === 0) return null;
    for (const priority of ORDER) {
      const fifo = this.fifos[priority];
      trim(fifo);
      if (fifo.head < fifo.items.length) return fifo.items[fifo.head]!;
    }
    return null;
  }

  save(): readonly string[] {
    return ORDER.flatMap((priority) =>
      this.fifos[priority].items
        .slice(this.fifos[priority].head)
        .filter((pending) => pending.phase === 'queued')
        .map((pending) => pending.request.requestId),
    );
  }
}

/** Drops what no longer waits from the front, and from everywhere once that is the larger part. */
function trim(fifo: Fifo): void {
  while (fifo.head < fifo.items.length && fifo.items[fifo.head]!.phase !== 'queued') fifo.head++;
  if (fifo.head > COMPACT_MIN && fifo.head * 2 > fifo.items.length) {
    fifo.items = fifo.items.slice(fifo.head);
    fifo.head = 0;
  }
}
