/** What a `SlotSet` can hold: it knows its own place, and belongs to one such set at most. */
export interface Slotted {
  /** Written by the set alone; -1 outside of it. */
  slot: number;
}

/**
 * A set of things that come and go all the time, such as attempts under way. A `Set` would keep what has gone alive for
 * longer than it is good for collecting garbage; `SlotMap` of the core tells why.
 */
export class SlotSet<T extends Slotted> implements Iterable<T> {
  private readonly slots: (T | null)[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.slots.length - this.free.length;
  }

  add(item: T): void {
    if (item.slot >= 0) return;
    item.slot = this.free.pop() ?? this.slots.length;
    this.slots[item.slot] = item;
  }

  delete(item: T): void {
    if (item.slot < 0) return;
    this.slots[item.slot] = null;
    this.free.push(item.slot);
    item.slot = -1;
  }

  /** In no particular order; what leaves meanwhile is passed over. */
  *[Symbol.iterator](): Iterator<T> {
    for (const item of this.slots) if (item !== null) yield item;
  }
}
