/**
 * The requests of one lane that wait for a target: high before normal before low priority, first come first
 * served within one. A request that leaves early is recognised as gone and skipped.
 */
import type { Priority } from '../pool.ts';
import type { PendingRequest } from './pending-request.ts';

const ORDER: readonly Priority[] = ['high', 'normal', 'low'];
const COMPACT_MIN = 64;

/** One stay in the line. A request that comes back after another attempt has a new place, not its old one too. */
interface Place {
  readonly pending: PendingRequest;
  readonly attempts: number;
}

interface Fifo {
  places: Place[];
  head: number;
  /** Places of requests that still wait. */
  waiting: number;
}

export class WaitingLine {
  private readonly fifos: Readonly<Record<Priority, Fifo>> = {
    high: { places: [], head: 0, waiting: 0 },
    normal: { places: [], head: 0, waiting: 0 },
    low: { places: [], head: 0, waiting: 0 },
  };
  /** Requests that really wait. */
  size = 0;

  push(pending: PendingRequest): void {
    const fifo = this.fifos[pending.priority];
    fifo.places.push({ pending, attempts: pending.attempts });
    fifo.waiting++;
    this.size++;
  }

  /** This request waits here no longer; the caller sets its phase to something else at once. */
  left(pending: PendingRequest): void {
    this.fifos[pending.priority].waiting--;
    this.size--;
  }

  /** Everyone who waits, in order of service. */
  inOrder(): PendingRequest[] {
    const found: PendingRequest[] = [];
    for (const priority of ORDER) {
      const fifo = this.fifos[priority];
      trim(fifo);
      for (let index = fifo.head; index < fifo.places.length; index++) {
        const place = fifo.places[index]!;
        if (isTaken(place)) found.push(place.pending);
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
      if (fifo.head < fifo.places.length) return fifo.places[fifo.head]!.pending;
    }
    return null;
  }

  save(): readonly string[] {
    return this.inOrder().map((pending) => pending.request.requestId);
  }
}

function isTaken({ pending, attempts }: Place): boolean {
  return pending.phase === 'queued' && pending.attempts === attempts;
}

/** Drops the empty places from the front, and all of them once they are the larger part. */
function trim(fifo: Fifo): void {
  while (fifo.head < fifo.places.length && !isTaken(fifo.places[fifo.head]!)) fifo.head++;
  if (fifo.places.length > COMPACT_MIN && fifo.places.length > 2 * fifo.waiting) {
    fifo.places = fifo.places.filter(isTaken);
    fifo.head = 0;
  }
}
