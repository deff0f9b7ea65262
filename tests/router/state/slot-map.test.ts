import { getHeapSpaceStatistics } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotMap } from '../../../src/router/index.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e'];
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key: fc.constantFrom(...KEYS), value: fc.integer() }),
  fc.record({ kind: fc.constant('delete' as const), key: fc.constantFrom(...KEYS) }),
  fc.record({ kind: fc.constant('clear' as const) }),
);

describe('SlotMap', () => {
  it('is to its users what a Map is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new Map<string, number>();
        const slots = new SlotMap<number>();
        for (const each of steps) {
          if (each.kind === 'set') {
            map.set(each.key, each.value);
            slots.set(each.key, each.value);
          } else if (each.kind === 'delete') {
            expect(slots.delete(each.key)).toBe(map.delete(each.key));
          } else {
            map.clear();
            slots.clear();
          }
          expect(slots.size).toBe(map.size);
          for (const key of KEYS) {
            expect(slots.get(key)).toBe(map.get(key));
            expect(slots.has(key)).toBe(map.has(key));
          }
        }
        expect([...slots]).toEqual([...map]);
        expect([...slots.keys()]).toEqual([...map.keys()]);
        expect([...slots.values()]).toEqual([...map.values()]);
        const visited: [string, number][] = [];
        slots.forEach((value, key) => visited.push([key, value]));
        expect(visited).toEqual([...map]);
      }),
      { seed: 1 },
    );
  });

  it('forgets the oldest while it is walked through, as those do who bound it', () => {
    const slots = new SlotMap<number>();
    for (const [value, key] of KEYS.entries()) slots.set(key, value);
    for (const key of slots.keys()) if (slots.size > 2) slots.delete(key);
    expect([...slots]).toEqual([
      ['d', 3],
      ['e', 4],
    ]);
    slots.set('f', 5);
    expect([...slots.keys()]).toEqual(['d', 'e', 'f']);
  });

  it('leaves nothing of what has gone for a full collection', () => {
    // Of the same bytes a `Map` lets most get into the old generation.
    const { oldBytes, throughBytes } = churn(new SlotMap<object>());
    expect(oldBytes / throughBytes).toBeLessThan(0.1);
  });
});

const REQUESTS = 20_000;
const IN_FLIGHT = 64;
const OBJECTS = 48;
/** Of an object with three fields, with its place in a list. */
const OBJECT_BYTES = 56;

/** Lets many values of some kilobytes through a map that is not young any more and holds few at a time. */
function churn(map: Pick<SlotMap<object>, 'set' | 'delete'>): { oldBytes: number; throughBytes: number } {
  for (let request = 0; request < IN_FLIGHT; request += 1) map.set(`r${request}`, value(request));
  // Small collections come and go, until what the map consists of counts as old.
  for (let request = 0; request < REQUESTS; request += 1) value(request);
  const before = oldGeneration();
  for (let request = IN_FLIGHT; request < REQUESTS; request += 1) {
    map.set(`r${request}`, value(request));
    map.delete(`r${request - IN_FLIGHT}`);
  }
  return { oldBytes: oldGeneration() - before, throughBytes: REQUESTS * OBJECTS * OBJECT_BYTES };
}

function value(request: number): object {
  return Array.from({ length: OBJECTS }, (_, index) => ({ request, index, next: null }));
}

function oldGeneration(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')!.space_used_size;
}
