/** All connections of the proxy to its providers. */
import { buildConnector } from 'undici';
import { Attempt, type AttemptBounds } from './attempt.ts';
import type { AttemptListener, UpstreamAttempt, UpstreamCall } from './attempt-result.ts';
import { BodyMemory } from './body-memory.ts';
import type { ConnectionSettings, Connector } from './connection.ts';
import { SlotSet } from '../slot-set.ts';
import { ConnectionPool, type PoolCounts } from './connection-pool.ts';

export interface UpstreamOptions {
  /** Most connections to one origin, each for one attempt at a time; those beyond wait up to `connectMs`. */
  readonly connectionsMax?: number;
  /**
   * Time after which an idle connection is closed, ms. Below the 5 s that many servers wait without telling: a
   * request that meets their closing is lost.
   */
  readonly keepAliveMs?: number;
  /** Largest answer that is not streamed, bytes. It is held in memory until it is whole. */
  readonly bodyBytesMax?: number;
  /** For `net.connect` and `tls.connect`: for example `ca`, for a provider with a certificate of its own, or `lookup`. */
  readonly connect?: buildConnector.BuildOptions;
}

export interface UpstreamCounts extends PoolCounts {
  readonly attempts: number;
}

export interface UpstreamClient {
  /**
   * Memory for the body of one call, of so many bytes. After the call it is lent to another, unless the provider may
   * not have read all of it yet.
   */
  readonly lendBody: (bytes: number) => Buffer;
  /**
   * Makes one attempt. Whatever happens to it is told to the listener, always after this function has returned;
   * nothing is thrown.
   */
  start(call: UpstreamCall, listener: AttemptListener): UpstreamAttempt;
  /** Over all origins. */
  counts(): UpstreamCounts;
  /** Ends what still runs as failures with code `proxy_closed`, then closes every connection. */
  close(): void;
}

const DEFAULT_CONNECTIONS_MAX = 4_096;
const DEFAULT_KEEP_ALIVE_MS = 4_000;
const DEFAULT_BODY_BYTES_MAX = 33_554_432;

export function createUpstreamClient(options: UpstreamOptions = {}): UpstreamClient {
  const pools = new Map<string, ConnectionPool>();
  const running = new SlotSet<Attempt>();
  const bodies = new BodyMemory();
  const connectionsMax = options.connectionsMax ?? DEFAULT_CONNECTIONS_MAX;
  const bounds: AttemptBounds = { bodyBytesMax: options.bodyBytesMax ?? DEFAULT_BODY_BYTES_MAX };
  // Shared, as it keeps the TLS sessions. The attempt's clock ends a connection that takes too long.
  const connector = buildConnector({ ...options.connect, timeout: 0 }) as Connector;
  const settings: ConnectionSettings = { connector, keepAliveMs: options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS };

  /** Origins come from the configuration, so there are few. */
  function poolOf(origin: string): ConnectionPool {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = new ConnectionPool(origin, settings, connectionsMax);
      pools.set(origin, pool);
    }
    return pool;
  }

  function forget(attempt: Attempt): void {
    running.delete(attempt);
  }

  return {
    lendBody: (bytes) => bodies.lend(bytes),
    start(call, listener) {
      const attempt = new Attempt(call, listener, poolOf(call.origin), bodies, bounds, forget);
      running.add(attempt);
      // Later, as undici can find fault with a request at once.
      process.nextTick(enter, attempt);
      return attempt;
    },
    counts() {
      const sum = { open: 0, idle: 0, waiting: 0, attempts: running.size };
      for (const { counts } of pools.values()) {
        sum.open += counts.open;
        sum.idle += counts.idle;
        sum.waiting += counts.waiting;
      }
      return sum;
    },
    close() {
      // Each leaves the set as it ends, which the walk through a set takes well.
      for (const attempt of running) attempt.close();
      for (const pool of pools.values()) pool.close();
    },
  };
}

function enter(attempt: Attempt): void {
  attempt.enter();
}
