/** The requests that ended while one looks: newest first, so many and no more, with a count of those not shown. */
import type { RecentRequest } from '../../proxy/console/contract.ts';

export const FEED_MAX = 200;

export interface Feed {
  /** Newest first; at most {@link FEED_MAX}. */
  readonly requests: readonly RecentRequest[];
  /** All that ended since one looks, those that came without their story included. */
  readonly ended: number;
}

export const EMPTY_FEED: Feed = { requests: [], ended: 0 };

/**
 * The feed with what ended since.
 *
 * @param news newest first; those that are known already are left out
 * @param endedSince all that ended, of which `news` may be some only; null: it counts what one has seen before too, as
 *   in the first message of a connection
 */
export function withEnded(feed: Feed, news: readonly RecentRequest[], endedSince: number | null): Feed {
  const known = new Set(feed.requests.map(keyOf));
  const fresh = news.filter((request) => !known.has(keyOf(request)));
  if (fresh.length === 0 && (endedSince ?? 0) === 0) return feed;
  return {
    requests: [...fresh, ...feed.requests].slice(0, FEED_MAX),
    ended: feed.ended + Math.max(fresh.length, (endedSince ?? 0) - (news.length - fresh.length)),
  };
}

/**
 * The feed with what had ended before one looked, wherever it belongs.
 *
 * @param earlier may hold requests that the feed has, and later ones that it will be told of by itself: those are left out
 */
export function withEarlier(feed: Feed, earlier: readonly RecentRequest[]): Feed {
  const known = new Set(feed.requests.map(keyOf));
  const latestMs = feed.requests.length === 0 ? Infinity : Math.max(...feed.requests.map(endOf));
  const older = earlier.filter((request) => !known.has(keyOf(request)) && endOf(request) <= latestMs);
  return {
    requests: [...feed.requests, ...older].sort((a, b) => endOf(b) - endOf(a)).slice(0, FEED_MAX),
    ended: feed.ended + older.length,
  };
}

function endOf({ arrivedAtMs, durationMs }: RecentRequest): number {
  return arrivedAtMs + durationMs;
}

/** An id may come back once its request has ended. */
export function keyOf({ requestId, arrivedAtMs }: RecentRequest): string {
  return `${requestId} ${arrivedAtMs}`;
}

export const ENDING_FILTERS = ['all', 'completed', 'retried', 'rejected', 'cancelled'] as const;
/** `retried`: it took more than one attempt, however it ended. */
export type EndingFilter = (typeof ENDING_FILTERS)[number];

export interface FeedFilter {
  /** Id of a target that had an attempt of it; null: any. */
  readonly target: string | null;
  readonly ending: EndingFilter;
}

export const NO_FILTER: FeedFilter = { target: null, ending: 'all' };

export function filtered(requests: readonly RecentRequest[], { target, ending }: FeedFilter): readonly RecentRequest[] {
  return requests.filter(
    (request) =>
      (target === null || request.attempts.some((attempt) => attempt.target === target)) && fits(request, ending),
  );
}

function fits({ ending, attempts }: RecentRequest, wanted: EndingFilter): boolean {
  if (wanted === 'all') return true;
  return wanted === 'retried' ? attempts.length > 1 : ending === wanted;
}

/** Targets that the feed speaks of, sorted. */
export function targetsIn(requests: readonly RecentRequest[]): readonly string[] {
  return [...new Set(requests.flatMap(({ attempts }) => attempts.map(({ target }) => target)))].sort();
}

/** From the client's call to its first token, ms; null: none came, or nobody knows when. */
export function firstTokenOf({ attempts, arrivedAtMs }: RecentRequest): number | null {
  const last = attempts.at(-1);
  if (last === undefined || last.firstTokenMs === null) return null;
  return last.sentAtMs - arrivedAtMs + last.firstTokenMs;
}
