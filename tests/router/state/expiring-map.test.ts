import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpiringMap, type Expiring } from '../../../src/router/state/expiring-map.ts';

const ENTRIES_MAX = 4;
const TTL_MS = 10;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const step = fc.record({
  kind: fc.constantFrom('put' as const, 'put' as const, 'put' as const, 'delete' as const, 'reload' as const),
  key: fc.constantFrom(...KEYS),
  passMs: fc.integer({ min: 0, max: 6 }),
});

/** The same with a plain `Map`, whose order is that of insertion. */
class Plain {
  readonly map = new Map<string, Expiring>();

  put(key: string, entry: Expiring, nowMs: number): void {
    this.map.delete(key);
    this.map.set(key, entry);
    for (const [oldest, { expiresAtMs }] of this.map) {
      if (expiresAtMs > nowMs && this.map.size <= ENTRIES_MAX) break;
      this.map.delete(oldest);
    }
  }
}

describe('ExpiringMap', () => {
  it('keeps what was used last, in that order, and as many as it may', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let kept = new ExpiringMap<string, Expiring>(ENTRIES_MAX);
        const plain = new Plain();
        let nowMs = 0;
        for (const { kind, key, passMs } of steps) {
          nowMs += passMs;
          const entry = { expiresAtMs: nowMs + TTL_MS };
          if (kind === 'put') {
            kept.put(key, entry);
            kept.evict(nowMs);
            plain.put(key, entry, nowMs);
          } else if (kind === 'delete') {
            kept.delete(key);
            plain.map.delete(key);
          } else {
            const saved = kept.save();
            kept = new ExpiringMap(ENTRIES_MAX);
            kept.load(saved);
          }
          expect(kept.save()).toEqual([...plain.map]);
          expect(kept.size).toBe(plain.map.size);
          for (const each of KEYS) {
            const there = plain.map.get(each);
            expect(kept.get(each, nowMs)).toBe(there !== undefined && there.expiresAtMs > nowMs ? there : null);
          }
        }
      }),
      { seed: 1 },
    );
  });

  it('moves the first, the last and the only one to the end', () => {
    const kept = new ExpiringMap<string, Expiring>(3);
    const entry = { expiresAtMs: 100 };
    const order = (): string =>
      kept
        .save()
        .map(([key]) => key)
        .join('');
    for (const key of ['a', 'a', 'b', 'c', 'c', 'a', 'b']) kept.put(key, entry);
    expect(order()).toBe('cab');
    kept.delete('b');
    kept.delete('c');
    kept.put('d', entry);
    expect(order()).toBe('ad');
    kept.evict(100);
    expect(order()).toBe('');
    kept.put('e', entry);
    expect(order()).toBe('e');
  });
});
