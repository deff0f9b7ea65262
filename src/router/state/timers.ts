/**
 * When a waiting request must be looked at again: a binary heap by (time, sequence of arrival). Timers are not
 * removed when a wait ends early; they are recognised as stale, skipped, and swept once they are the majority.
 */
export interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly requestId: string;
}

const SWEEP_MIN = 64;

export class Timers {
  private heap: Timer[] = [];
  private stale = 0;
  private readonly isLive: (timer: Timer) => boolean;

  constructor(isLive: (timer: Timer) => boolean) {
    this.isLive = isLive;
  }

  add(timer: Timer): void {
    this.heap.push(timer);
    this.siftUp(this.heap.length - 1);
  }

  /** Says that one timer in the heap no longer counts. */
  retire(): void {
    this.stale++;
    if (this.stale > SWEEP_MIN && this.stale * 2 > this.heap.length) this.sweep();
  }

  /** Time of the earliest live timer, Infinity when there is none. */
  get nextAtMs(): number {
    this.dropStale();
    return this.heap[0]?.atMs ?? Infinity;
  }

  /** Takes the earliest live timer that is due, or null. */
  takeDue(nowMs: number): Timer | null {
    this.dropStale();
    const first = this.heap[0];
    if (first === undefined || first.atMs > nowMs) return null;
    this.removeFirst();
    return first;
  }

  get size(): number {
    return this.heap.length;
  }

  /** In order of time, so that equal states give equal snapshots. */
  save(): readonly Timer[] {
    return this.heap.filter((timer) => this.isLive(timer)).sort(compare);
  }

  load(saved: readonly Timer[]): void {
    this.heap = [...saved].sort(compare);
    this.stale = 0;
  }

  private sweep(): void {
    this.load(this.save());
  }

  private dropStale(): void {
    while (this.heap.length > 0 && !this.isLive(this.heap[0]!)) {
      this.removeFirst();
      this.stale = Math.max(0, this.stale - 1);
    }
  }

  private removeFirst(): void {
    const last = this.heap.pop()!;
    if (this.heap.length === 0) return;
    this.heap[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < this.heap.length && compare(this.heap[left]!, this.heap[least]!) < 0) least = left;
      if (right < this.heap.length && compare(this.heap[right]!, this.heap[least]!) < 0) least = right;
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }

  private siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (compare(this.heap[index]!, this.heap[parent]!) >= 0) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private swap(a: number, b: number): void {
    const held = this.heap[a]!;
    this.heap[a] = this.heap[b]!;
    this.heap[b] = held;
  }
}

function compare(a: Timer, b: Timer): number {
  return a.atMs - b.atMs || a.sequence - b.sequence;
}
