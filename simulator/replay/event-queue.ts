/**
 * What happens next: a binary heap in typed arrays, ordered by (time, kind, sequence). The sequence comes from
 * the request that an event concerns, not from the order of insertion, so events of equal time come out in the
 * same order however they went in.
 */

/** Kinds in the order in which events of equal time happen: what ends makes room for what begins. */
export const EVENT = { end: 0, wake: 1, arrival: 2, leave: 3 } as const;
export type EventKind = (typeof EVENT)[keyof typeof EVENT];

const INITIAL_CAPACITY = 1_024;

export class EventQueue {
  private times = new Float64Array(INITIAL_CAPACITY);
  private kinds = new Uint8Array(INITIAL_CAPACITY);
  private sequences = new Float64Array(INITIAL_CAPACITY);
  private slots = new Int32Array(INITIAL_CAPACITY);
  size = 0;

  /** The earliest event; valid while `size > 0`. */
  get timeMs(): number {
    return this.times[0]!;
  }
  get kind(): EventKind {
    return this.kinds[0] as EventKind;
  }
  get sequence(): number {
    return this.sequences[0]!;
  }
  /** The caller's number for what the event concerns. */
  get slot(): number {
    return this.slots[0]!;
  }

  push(timeMs: number, kind: EventKind, sequence: number, slot: number): void {
    if (this.size === this.times.length) this.grow();
    let index = this.size++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(timeMs, kind, sequence, parent)) break;
      this.copy(parent, index);
      index = parent;
    }
    this.place(index, timeMs, kind, sequence, slot);
  }

  /** Removes the earliest event. */
  pop(): void {
    const last = --this.size;
    if (last === 0) return;
    const timeMs = this.times[last]!;
    const kind = this.kinds[last] as EventKind;
    const sequence = this.sequences[last]!;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= last) break;
      if (
        child + 1 < last &&
        this.isBefore(this.times[child + 1]!, this.kinds[child + 1]!, this.sequences[child + 1]!, child)
      ) {
        child++;
      }
      if (this.isBefore(timeMs, kind, sequence, child)) break;
      this.copy(child, index);
      index = child;
    }
    this.place(index, timeMs, kind, sequence, this.slots[last]!);
  }

  private isBefore(timeMs: number, kind: number, sequence: number, other: number): boolean {
    if (timeMs !== this.times[other]!) return timeMs < this.times[other]!;
    if (kind !== this.kinds[other]!) return kind < this.kinds[other]!;
    return sequence < this.sequences[other]!;
  }

  private copy(from: number, to: number): void {
    this.place(to, this.times[from]!, this.kinds[from] as EventKind, this.sequences[from]!, this.slots[from]!);
  }

  private place(index: number, timeMs: number, kind: EventKind, sequence: number, slot: number): void {
    this.times[index] = timeMs;
    this.kinds[index] = kind;
    this.sequences[index] = sequence;
    this.slots[index] = slot;
  }

  private grow(): void {
    const capacity = this.times.length * 2;
    this.times = resized(this.times, new Float64Array(capacity));
    this.kinds = resized(this.kinds, new Uint8Array(capacity));
    this.sequences = resized(this.sequences, new Float64Array(capacity));
    this.slots = resized(this.slots, new Int32Array(capacity));
  }
}

function resized<T extends Float64Array | Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
