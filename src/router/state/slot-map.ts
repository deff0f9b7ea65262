/** A table is left after so many entries have gone through it, */
const GONE_MAX = 128;
/** and so many for each that has to be copied. */
const GONE_SHARE_MAX = 4;

/**
 * A map for entries that come and go all the time while few are in it, such as the requests in flight. `Map` is not made
 * for that: each time deleted entries have filled its table, V8 makes another, and the table that is left behind still
 * names the values of that moment and the table after it. Once one of them has become old, small collections take the
 * whole chain for alive, and move nearly every value that ever went through the map to the old generation, with all
 * that it refers to. In the live proxy, with six such maps, that was a quarter of its CPU. Here the table holds numbers of slots,
 * and an entry that goes empties its slot. And that table is left for a new one before it grows old: those that V8 makes
 * of an old one are old from the start, and each takes fresh memory.
 */
export class SlotMap<V> implements ReadonlyMap<string, V> {
  private slotOf = new Map<string, number>();
  /** Entries that have gone through the table. */
  private gone = 0;
  private readonly slots: (V | undefined)[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.slotOf.size;
  }

  has(key: string): boolean {
    return this.slotOf.has(key);
  }

  get(key: string): V | undefined {
    const slot = this.slotOf.get(key);
    return slot === undefined ? undefined : this.slots[slot];
  }

  /** A new key becomes the last in order; one that is there keeps its place. */
  set(key: string, value: V): this {
    let slot = this.slotOf.get(key);
    if (slot === undefined) {
      slot = this.free.pop() ?? this.slots.length;
      this.slotOf.set(key, slot);
    }
    this.slots[slot] = value;
    return this;
  }

  /** @returns whether there was such an entry */
  delete(key: string): boolean {
    const slot = this.slotOf.get(key);
    if (slot === undefined) return false;
    this.slotOf.delete(key);
    this.slots[slot] = undefined;
    this.free.push(slot);
    this.gone += 1;
    if (this.gone >= GONE_MAX && this.gone > GONE_SHARE_MAX * this.slotOf.size) {
      this.slotOf = new Map(this.slotOf);
      this.gone = 0;
    }
    return true;
  }

  clear(): void {
    this.slotOf = new Map();
    this.gone = 0;
    this.slots.length = 0;
    this.free.length = 0;
  }

  /** In the order in which they came, as all that follow. Those that come meanwhile may be passed over. */
  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  *entries(): MapIterator<[string, V]> {
    for (const key of this.slotOf.keys()) {
      // The table may have been left for another, which alone knows who has gone since.
      const slot = this.slotOf.get(key);
      if (slot !== undefined) yield [key, this.slots[slot]!];
    }
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }
}
