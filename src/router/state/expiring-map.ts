/**
 * Entries that all live equally long after their last use, at most so many of them. They are kept in the order of their
 * use, which is the order in which they expire.
 */
export interface Expiring {
  readonly expiresAtMs: number;
}

/** An entry between those that were used before and after it. */
interface Place<K, V> {
  readonly key: K;
  entry: V;
  older: Place<K, V> | null;
  newer: Place<K, V> | null;
}

/**
 * The order is a chain of its own: to move an entry to the end of a `Map` is to delete it and to put it in again, which
 * leaves a hole, and every so many holes V8 makes the whole table anew. Prefixes of long prompts are moved by the dozen.
 */
export class ExpiringMap<K, V extends Expiring> {
  private readonly places = new Map<K, Place<K, V>>();
  private readonly entriesMax: number;
  private oldest: Place<K, V> | null = null;
  private newest: Place<K, V> | null = null;

  constructor(entriesMax: number) {
    this.entriesMax = entriesMax;
  }

  get size(): number {
    return this.places.size;
  }

  /** The entry while it lives. */
  get(key: K, nowMs: number): V | null {
    const entry = this.places.get(key)?.entry;
    return entry !== undefined && entry.expiresAtMs > nowMs ? entry : null;
  }

  /** The entry becomes the last to expire; `evict` must follow once all are put. */
  put(key: K, entry: V): void {
    let place = this.places.get(key);
    if (place === undefined) {
      place = { key, entry, older: null, newer: null };
      this.places.set(key, place);
    } else {
      place.entry = entry;
      if (place === this.newest) return;
      this.unchain(place);
    }
    this.chain(place);
  }

  delete(key: K): void {
    const place = this.places.get(key);
    if (place === undefined) return;
    this.places.delete(key);
    this.unchain(place);
  }

  /** Drops what has expired, and what is beyond the most that are kept. */
  evict(nowMs: number): void {
    for (let { oldest } = this; oldest !== null; oldest = this.oldest) {
      if (oldest.entry.expiresAtMs > nowMs && this.places.size <= this.entriesMax) return;
      this.delete(oldest.key);
    }
  }

  save(): readonly (readonly [K, V])[] {
    const saved: (readonly [K, V])[] = [];
    for (let place = this.oldest; place !== null; place = place.newer) saved.push([place.key, place.entry]);
    return saved;
  }

  load(saved: readonly (readonly [K, V])[]): void {
    this.places.clear();
    this.oldest = null;
    this.newest = null;
    for (const [key, entry] of saved) this.put(key, entry);
  }

  private chain(place: Place<K, V>): void {
    place.older = this.newest;
    if (this.newest === null) this.oldest = place;
    else this.newest.newer = place;
    this.newest = place;
  }

  private unchain(place: Place<K, V>): void {
    const { older, newer } = place;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
    place.older = null;
    place.newer = null;
  }
}
