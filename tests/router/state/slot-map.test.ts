import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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
    expect(oldShareOf('slots')).toBeLessThan(0.1);
    expect(oldShareOf('map')).toBeGreaterThan(0.3);
  });
});

const CHURN = fileURLToPath(new URL('churn.ts', import.meta.url));

/** Of the bytes that go through a map, the share that gets into the old generation. */
function oldShareOf(map: 'map' | 'slots'): number {
  const args = ['--no-allocation-site-pretenuring', '--import', 'tsx', CHURN, map];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}
