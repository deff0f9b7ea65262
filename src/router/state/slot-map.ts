/**
 * A map for entries that come and go all the time while few are in it, such as the requests in flight. `Map` is not made
 * for that: each time deleted entries have filled its table, V8 makes another, and the table that is left behind still
 * names the values of that moment and the table after it. Once one of them has become old, small collections take the
 * whole chain for alive, and move nearly every value that ever went through the map to the old generation, with all
 * that it refers to. In the live proxy, with six such maps, that was a quarter of its CPU. Here the table holds numbers of slots,
 * and an entry that goes empties its slot.
 */
export class SlotMap<V> implements ReadonlyMap<string, V> {
  private readonly slotOf = new Map<string, number>();
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
    return true;
  }

  clear(): void {
    this.slotOf.clear();
    this.slots.length = 0;
    this.free.length = 0;
  }

  /** In the order in which they came, as all that follow. */
  keys(): MapIterator<string> {
    return this.slotOf.keys();
  }

  *values(): MapIterator<V> {
    for (const slot of this.slotOf.values()) yield this.slots[slot]!;
  }

  *entries(): MapIterator<[string, V]> {
    for (const [key, slot] of this.slotOf) yield [key, this.slots[slot]!];
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }
}
