import { describe, expect, it } from 'vitest';
import { PrefixWarmth, type SavedPrefixWarmth } from '../../../src/router/state/prefix-warmth.ts';
import { requestOf } from '../small-pool.ts';

const AFFINITY = { warmTtlMs: 1_000, entriesMax: 100, stick: 'none' as const };

function located(warmth: PrefixWarmth, request: ReturnType<typeof requestOf>, nowMs: number): [number, number] {
  warmth.locate(request, nowMs);
  return [warmth.warmTarget, warmth.warmShare];
}

describe('prefix warmth', () => {
  it('finds the longest known prefix and its share of the blocks', () => {
    const warmth = new PrefixWarmth(AFFINITY);
    warmth.remember(requestOf('a', { prefixBlocks: [1, 2] }), 3, 500, 0);
    warmth.remember(requestOf('b', { prefixBlocks: [1, 2, 30] }), 4, 500, 1);
    expect(located(warmth, requestOf('c', { prefixBlocks: [1, 2, 30, 40] }), 2)).toEqual([4, 0.75]);
    expect(located(warmth, requestOf('d', { prefixBlocks: [1, 2, 31, 41] }), 2)).toEqual([4, 0.5]);
    expect(located(warmth, requestOf('e', { prefixBlocks: [9] }), 2)).toEqual([-1, 0]);
    expect(located(warmth, requestOf('f', { prefixBlocks: [] }), 2)).toEqual([-1, 0]);
  });

  it('takes a session for warm where it was last served, by the tokens it had, never more than all', () => {
    const warmth = new PrefixWarmth(AFFINITY);
    warmth.remember(requestOf('a', { sessionId: 's' }), 2, 600, 0);
    expect(located(warmth, requestOf('b', { sessionId: 's', inputTokens: 800 }), 5)).toEqual([2, 0.75]);
    expect(located(warmth, requestOf('c', { sessionId: 's', inputTokens: 100 }), 5)).toEqual([2, 1]);
    expect(located(warmth, requestOf('d', { sessionId: 's', inputTokens: 0 }), 5)).toEqual([-1, 0]);
    expect(located(warmth, requestOf('e', { sessionId: 'other' }), 5)).toEqual([-1, 0]);
  });

  it('forgets after the lifetime, counted from the last use', () => {
    const warmth = new PrefixWarmth(AFFINITY);
    const request = requestOf('a', { sessionId: 's', inputTokens: 100 });
    warmth.remember(request, 2, 100, 0);
    expect(located(warmth, request, 999)[0]).toBe(2);
    expect(located(warmth, request, 1_000)[0]).toBe(-1);
    warmth.remember(request, 2, 100, 900);
    expect(located(warmth, request, 1_899)[0]).toBe(2);
    const blocks = requestOf('b', { prefixBlocks: [5] });
    warmth.remember(blocks, 3, 100, 2_000);
    expect(located(warmth, blocks, 2_999)[0]).toBe(3);
    expect(located(warmth, blocks, 3_000)[0]).toBe(-1);
  });

  it('does not take a number for a session of that name', () => {
    const warmth = new PrefixWarmth(AFFINITY);
    warmth.remember(requestOf('a', { sessionId: '7' }), 2, 100, 0);
    expect(located(warmth, requestOf('b', { prefixBlocks: [7] }), 1)[0]).toBe(-1);
  });

  it('keeps to its size, dropping the longest unused, and drops the expired', () => {
    const warmth = new PrefixWarmth(AFFINITY);
    for (let session = 0; session < 500; session++) {
      warmth.remember(requestOf('a', { sessionId: `s${session}`, inputTokens: 10 }), 1, 10, session / 10);
      expect(warmth.size).toBeLessThanOrEqual(100);
    }
    expect(located(warmth, requestOf('b', { sessionId: 's400', inputTokens: 10 }), 50)[0]).toBe(1);
    expect(located(warmth, requestOf('b', { sessionId: 's399', inputTokens: 10 }), 50)[0]).toBe(-1);
    warmth.remember(requestOf('c', { sessionId: 'late' }), 1, 10, 10_000);
    expect(warmth.size).toBe(1);
  });

  it('keeps the order of expiry through JSON', () => {
    const warmth = new PrefixWarmth(AFFINITY);
    for (const session of ['a', 'b', 'c', 'a']) warmth.remember(requestOf('r', { sessionId: session }), 1, 10, 0);
    const restored = new PrefixWarmth({ ...AFFINITY, entriesMax: 2, stick: 'none' as const });
    restored.load(JSON.parse(JSON.stringify(warmth.save())) as SavedPrefixWarmth);
    restored.remember(requestOf('r', { sessionId: 'd' }), 1, 10, 1);
    expect(restored.save().map(([key]) => key)).toEqual(['a', 'd']);
  });
});
