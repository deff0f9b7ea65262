import { describe, expect, it } from 'vitest';
import { SlotSet } from '../../src/proxy/slot-set.ts';

describe('SlotSet', () => {
  const item = (name: string): { name: string; slot: number } => ({ name, slot: -1 });
  const names = (set: SlotSet<{ name: string; slot: number }>): string[] => [...set].map(({ name }) => name).toSorted();

  it('holds each thing once', () => {
    const set = new SlotSet<ReturnType<typeof item>>();
    const [a, b] = [item('a'), item('b')];
    set.add(a);
    set.add(b);
    set.add(a);
    expect(set.size).toBe(2);
    expect(names(set)).toEqual(['a', 'b']);
    set.delete(a);
    set.delete(a);
    expect(set.size).toBe(1);
    expect(names(set)).toEqual(['b']);
  });

  it('uses the place of what has gone again', () => {
    const set = new SlotSet<ReturnType<typeof item>>();
    const [a, b, c] = [item('a'), item('b'), item('c')];
    set.add(a);
    set.add(b);
    set.delete(a);
    set.add(c);
    expect([c.slot, b.slot, a.slot]).toEqual([0, 1, -1]);
    expect(names(set)).toEqual(['b', 'c']);
  });

  it('is walked through while its things leave', () => {
    const set = new SlotSet<ReturnType<typeof item>>();
    const all = ['a', 'b', 'c'].map(item);
    for (const each of all) set.add(each);
    const met: string[] = [];
    for (const each of set) {
      met.push(each.name);
      for (const other of all) set.delete(other);
    }
    expect(met).toEqual(['a']);
    expect(set.size).toBe(0);
  });
});
