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
  /** The heap: when, and in which slot. */
  private times = new Float64Array(INITIAL_CAPACITY);
  private places = new Int32Array(INITIAL_CAPACITY);
  /** By slot, looked at only for events of equal time, so that the heap moves as little as possible. */
  private kinds = new Uint8Array(INITIAL_CAPACITY);
  private sequences = new Float64Array(INITIAL_CAPACITY);
  size = 0;

  /** The earliest event; valid while `size > 0`. */
  get timeMs(): number {
    return this.times[0]!;
  }
  get kind(): EventKind {
    return this.kinds[this.places[0]!] as EventKind;
  }
  get sequence(): number {
    return this.sequences[this.places[0]!]!;
  }
  /** The caller's number for what the event concerns. */
  get slot(): number {
    return this.places[0]!;
  }

  /** @param slot the caller's number, no two of which are in the queue at once; the smaller, the less room it takes */
  push(timeMs: number, kind: EventKind, sequence: number, slot: number): void {
    if (this.size === this.times.length) this.growHeap();
    if (slot >= this.kinds.length) this.growSlots(slot);
    this.kinds[slot] = kind;
    this.sequences[slot] = sequence;
    const { times, places } = this;
    let index = this.size++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const parentMs = times[parent]!;
      if (parentMs < timeMs || (parentMs === timeMs && !this.isBefore(slot, places[parent]!))) break;
      times[index] = parentMs;
      places[index] = places[parent]!;
      index = parent;
    }
    times[index] = timeMs;
    places[index] = slot;
  }

  /** Removes the earliest event. */
  pop(): void {
    const { times, places } = this;
    const last = --this.size;
    if (last === 0) return;
    const timeMs = times[last]!;
    const slot = places[last]!;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= last) break;
      let childMs = times[child]!;
      if (child + 1 < last) {
        const otherMs = times[child + 1]!;
        if (otherMs < childMs || (otherMs === childMs && this.isBefore(places[child + 1]!, places[child]!))) {
          child++;
          childMs = otherMs;
        }
      }
      if (timeMs < childMs || (timeMs === childMs && this.isBefore(slot, places[child]!))) break;
      times[index] = childMs;
      places[index] = places[child]!;
      index = child;
    }
    times[index] = timeMs;
    places[index] = slot;
  }

  /** Which of two events of equal time comes first. */
  private isBefore(slot: number, other: number): boolean {
    if (this.kinds[slot] !== this.kinds[other]) return this.kinds[slot]! < this.kinds[other]!;
    return this.sequences[slot]! < this.sequences[other]!;
  }

  private growHeap(): void {
    const capacity = this.times.length * 2;
    this.times = resized(this.times, new Float64Array(capacity));
    this.places = resized(this.places, new Int32Array(capacity));
  }

  private growSlots(slot: number): void {
    const capacity = Math.max(slot + 1, this.kinds.length * 2);
    this.kinds = resized(this.kinds, new Uint8Array(capacity));
    this.sequences = resized(this.sequences, new Float64Array(capacity));
  }
}

function resized<T extends Float64Array | Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
