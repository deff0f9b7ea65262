/**
 * Entries that all live equally long after their last use, at most so many of them. They are kept in the order of their
 * use, which is the order in which they expire.
 */
export interface Expiring {
  readonly expiresAtMs: number;
}

export class ExpiringMap<K, V extends Expiring> {
  private readonly entries = new Map<K, V>();
  private readonly entriesMax: number;
  /** Goes through the entries in the order of expiry, once: a new search for the first would pass all deleted ones. */
  private oldestFirst: Iterator<readonly [K, V]> | null = null;
  private oldest: readonly [key: K, entry: V] | null = null;

  constructor(entriesMax: number) {
    this.entriesMax = entriesMax;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The entry while it lives. */
  get(key: K, nowMs: number): V | null {
    const entry = this.entries.get(key);
    return entry !== undefined && entry.expiresAtMs > nowMs ? entry : null;
  }

  /** The entry becomes the last to expire; `evict` must follow once all are put. */
  put(key: K, entry: V): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
  }

  delete(key: K): void {
    this.entries.delete(key);
  }

  /** Drops what has expired, and what is beyond the most that are kept. */
  evict(nowMs: number): void {
    for (let oldest = this.findOldest(); oldest !== null; oldest = this.findOldest()) {
      if (oldest[1].expiresAtMs > nowMs && this.entries.size <= this.entriesMax) return;
      this.entries.delete(oldest[0]);
    }
  }

  save(): readonly (readonly [K, V])[] {
    return [...this.entries];
  }

  load(saved: readonly (readonly [K, V])[]): void {
    this.entries.clear();
    this.oldestFirst = null;
    this.oldest = null;
    for (const [key, entry] of saved) this.entries.set(key, entry);
  }

  /** The entry that expires first, or null. What was used again since the iterator passed it stands further back. */
  private findOldest(): readonly [key: K, entry: V] | null {
    while (this.entries.size > 0) {
      if (this.oldest !== null && this.entries.get(this.oldest[0]) === this.oldest[1]) return this.oldest;
      this.oldestFirst ??= this.entries.entries();
      const next = this.oldestFirst.next();
      if (next.done === true) this.oldestFirst = null;
      else this.oldest = next.value;
    }
    return null;
  }
}
