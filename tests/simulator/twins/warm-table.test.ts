import { describe, expect, it } from 'vitest';
import {
  claimWarm,
  countWarm,
  createWarmTable,
  findWarm,
  WARM,
  WARM_FIELDS,
} from '../../../simulator/twins/warm-table.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';

describe('warm table', () => {
  it('behaves as a plain map while it can grow, through renewals, expiry and early ends', () => {
    const table = createWarmTable(2 ** 18);
    const reference = new Map<number, number>();
    let wrong = 0;
    for (let step = 0; step < 300_000; step++) {
      const nowMs = step * 2;
      const key = Math.floor(drawUniform(1, step, 0, 1) * 20_000) - 10_000;
      const place = findWarm(table, key, 3, nowMs);
      const expected = reference.get(key) ?? -Infinity;
      if (place >= 0 ? table.untilMs[place] !== expected : expected > nowMs) wrong++;
      if (step % 5 === 0) {
        if (place >= 0) table.untilMs[place] = nowMs;
        reference.set(key, nowMs);
      } else {
        const untilMs = nowMs + Math.floor(drawUniform(1, step, 0, 2) * 200_000);
        const claimed = claimWarm(table, key, 3, nowMs);
        table.untilMs[claimed] = untilMs;
        reference.set(key, untilMs);
      }
    }
    expect(wrong).toBe(0);
    const live = [...reference.values()].filter((untilMs) => untilMs > 600_000).length;
    expect(countWarm(table, 600_000)).toBe(live);
    expect(live).toBeGreaterThan(5_000);
    expect(table.capacity).toBeLessThanOrEqual(2 ** 15);
  });

  it('hands out clean new places, and the same place for a live key', () => {
    const table = createWarmTable(1_024);
    const place = claimWarm(table, 42, 1, 0);
    table.untilMs[place] = 10;
    table.fields.fill(7, place * WARM_FIELDS + 1, (place + 1) * WARM_FIELDS);
    expect(claimWarm(table, 42, 1, 9)).toBe(place);
    expect(table.fields[place * WARM_FIELDS + WARM.tokensAfter]).toBe(7);
    const again = claimWarm(table, 42, 1, 10);
    expect([...table.fields.subarray(again * WARM_FIELDS, (again + 1) * WARM_FIELDS)]).toEqual([1, -1, Infinity, 0, 0]);
  });

  it('tells owners apart', () => {
    const table = createWarmTable(1_024);
    table.untilMs[claimWarm(table, 42, 1, 0)] = 10;
    expect(findWarm(table, 42, 1, 0)).toBeGreaterThanOrEqual(0);
    expect(findWarm(table, 42, 2, 0)).toBe(-1);
  });

  it('at its limit gives up what would expire first', () => {
    const table = createWarmTable(1_024);
    for (let key = 0; key < 10_000; key++) table.untilMs[claimWarm(table, key, 0, 0)] = 1_000 + key;
    expect(table.capacity).toBe(1_024);
    expect(countWarm(table, 0)).toBe(1_024);
    const kept = Array.from({ length: 10_000 }, (_, key) => findWarm(table, key, 0, 0) >= 0);
    expect(kept.slice(9_900).every(Boolean)).toBe(true);
    expect(kept.slice(0, 5_000).filter(Boolean).length).toBe(0);
  });
});
