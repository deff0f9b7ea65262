import { describe, expect, it } from 'vitest';
import {
  EMPTY_FEED,
  FEED_MAX,
  filtered,
  firstTokenOf,
  NO_FILTER,
  targetsIn,
  withEarlier,
  withEnded,
} from '../../../src/console/decisions/feed.ts';
import type { RecentAttempt, RecentRequest } from '../../../src/proxy/console/contract.ts';

type Changes = Partial<Omit<RecentRequest, 'attempts'>> & { readonly targets?: readonly string[] };

function request(requestId: string, { targets = ['a.main.m'], ...changes }: Changes = {}): RecentRequest {
  const attempts = targets.map((target, index): Partial<RecentAttempt> => ({
    attempt: index + 1,
    target,
    sentAtMs: 1_050,
    firstTokenMs: 200,
  }));
  return {
    requestId,
    arrivedAtMs: 1_000,
    durationMs: 0,
    ending: 'completed',
    ...changes,
    attempts,
  } as unknown as RecentRequest;
}
const idsOf = (requests: readonly RecentRequest[]): string[] => requests.map(({ requestId }) => requestId);

describe('the feed', () => {
  it('has the newest first, each once, and counts those that it was not told of', () => {
    const first = withEnded(EMPTY_FEED, [request('b'), request('a')], null);
    const second = withEnded(first, [request('d'), request('c'), request('b')], 812);
    expect(idsOf(second.requests)).toEqual(['d', 'c', 'b', 'a']);
    // One of the 812 was known.
    expect(second.ended).toBe(813);
  });

  it('does not count again what the first message of a new connection repeats', () => {
    const before = withEnded(EMPTY_FEED, [request('b'), request('a')], 2);
    expect(withEnded(before, [request('b'), request('a')], null)).toBe(before);
    expect(withEnded(before, [request('c'), request('b')], null).ended).toBe(3);
  });

  it('takes an id that came back for another request', () => {
    const feed = withEnded(EMPTY_FEED, [request('a')], 1);
    expect(withEnded(feed, [request('a', { arrivedAtMs: 9_000 })], 1).requests).toHaveLength(2);
  });

  it('takes what had ended before where it belongs, whether it comes before the first message or after', () => {
    const at = (requestId: string, arrivedAtMs: number) => request(requestId, { arrivedAtMs });
    const earlier = [at('d', 4_000), at('c', 3_000), at('b', 2_000), at('a', 1_000)];
    expect(idsOf(withEarlier(EMPTY_FEED, earlier).requests)).toEqual(['d', 'c', 'b', 'a']);
    const told = withEnded(EMPTY_FEED, [at('c', 3_000), at('a', 1_000)], null);
    const whole = withEarlier(told, earlier);
    // What ended since the message was sent comes with the next one.
    expect([idsOf(whole.requests), whole.ended]).toEqual([['c', 'b', 'a'], 3]);
  });

  it('is bounded', () => {
    const many = Array.from({ length: FEED_MAX + 50 }, (_, index) => request(`r${index}`));
    const feed = withEnded(EMPTY_FEED, many, many.length);
    expect([feed.requests.length, feed.ended]).toEqual([FEED_MAX, FEED_MAX + 50]);
  });

  it('shows what one chooses', () => {
    const all = [
      request('well'),
      request('again', { targets: ['a.main.m', 'b.main.m'] }),
      request('no', { ending: 'rejected', targets: [] }),
    ];
    expect(filtered(all, NO_FILTER)).toEqual(all);
    expect(idsOf(filtered(all, { target: 'b.main.m', ending: 'all' }))).toEqual(['again']);
    expect(idsOf(filtered(all, { target: null, ending: 'retried' }))).toEqual(['again']);
    expect(idsOf(filtered(all, { target: null, ending: 'rejected' }))).toEqual(['no']);
    expect(filtered(all, { target: 'a.main.m', ending: 'rejected' })).toEqual([]);
    expect(targetsIn(all)).toEqual(['a.main.m', 'b.main.m']);
  });

  it("times the first token from the client's call", () => {
    expect(firstTokenOf(request('a'))).toBe(250);
    expect(firstTokenOf(request('b', { targets: [] }))).toBeNull();
  });
});
