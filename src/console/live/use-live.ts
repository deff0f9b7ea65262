import { useEffect, useState } from 'preact/hooks';
import type { LiveFrame } from '../../proxy/console/contract.ts';
import { EMPTY_FEED, withEarlier, withEnded, type Feed } from '../decisions/feed.ts';
import { targetChanges } from '../overview/target-changes.ts';
import type { ConsoleApi } from '../session/console-api.ts';
import type { RecentRequest } from '../../proxy/console/contract.ts';
import { followLive, type Connection } from './live-stream.ts';

/** What the proxy last said of itself. */
export interface Live {
  readonly connection: Connection;
  /** Null before the first. */
  readonly frame: LiveFrame | null;
  /** When it came, on the clock of `performance.now()`, ms. */
  readonly seenAtMs: number;
  readonly feed: Feed;
  /** What changed of the targets last, for whoever listens to the page. */
  readonly change: string;
}

const NOTHING: Live = { connection: 'connecting', frame: null, seenAtMs: 0, feed: EMPTY_FEED, change: '' };

/** Follows the proxy as long as the component is there. */
export function useLive(api: ConsoleApi, expire: () => void): Live {
  const [live, setLive] = useState(NOTHING);
  useEffect(() => {
    const ending = new AbortController();
    // What ended before one looked.
    api.get<{ readonly requests: readonly RecentRequest[] }>('/requests', ending.signal).then(
      ({ requests }) => setLive((now) => ({ ...now, feed: withEarlier(now.feed, requests) })),
      () => undefined,
    );
    const hangUp = followLive({
      frame: (frame, isFirst) => setLive((now) => withFrame(now, frame, isFirst)),
      connection: (connection) => setLive((now) => (now.connection === connection ? now : { ...now, connection })),
      expired: expire,
    });
    return () => {
      ending.abort();
      hangUp();
    };
  }, [api, expire]);
  return live;
}

function withFrame(live: Live, frame: LiveFrame, isFirst: boolean): Live {
  const change = targetChanges(live.frame?.status.targets ?? null, frame.status.targets);
  return {
    ...live,
    frame,
    seenAtMs: performance.now(),
    feed: withEnded(live.feed, frame.requests, isFirst ? null : frame.endedSinceLast),
    change: change === '' ? live.change : change,
  };
}
