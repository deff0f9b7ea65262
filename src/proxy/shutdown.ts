/** How a proxy ends: what is under way comes to its end, or is given up, and the log has it all. */
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { LiveLog } from '../log/live/live-log.ts';
import type { Exchange } from './exchange.ts';
import type { SlotSet } from './slot-set.ts';

export interface ShutdownParts {
  readonly app: FastifyInstance;
  readonly log: Pick<LiveLog, 'flushed' | 'close'>;
  readonly logger: Logger;
  /** What is under way. */
  readonly open: SlotSet<Exchange>;
  /** How long that is waited for. */
  readonly drainTimeMs: number;
  /** Takes nothing in any more. */
  begin(): void;
  /** Ends what nobody needs once the server is closed, before the log is. */
  end(): void;
}

const LOOK_EVERY_MS = 20;
const LINGER_MS = 1_000;

/** @returns ends the proxy, once however often it is called; it takes the signal that told it to */
export function createShutdown(parts: ShutdownParts): (signal?: string) => Promise<void> {
  let closing: Promise<void> | null = null;
  return (signal) => (closing ??= shutDown(parts, signal ?? null));
}

async function shutDown(parts: ShutdownParts, signal: string | null): Promise<void> {
  const { app, log, logger, open, drainTimeMs } = parts;
  const startedMs = performance.now();
  const fields = { event: 'shutdown', signal };
  logger.info({ ...fields, requests: open.size, drainMs: drainTimeMs }, `draining ${open.size} requests`);
  // Still listening, so that whoever comes meanwhile is told to go elsewhere.
  parts.begin();
  await drained(open, drainTimeMs);
  const givenUp = open.size;
  // Those that wait go first: one that ends makes room, and they would be sent for nothing.
  for (const exchange of open) if (exchange.isWaiting) exchange.giveUp();
  for (const exchange of open) exchange.giveUp();
  await log.flushed().catch(() => undefined);
  const server = app.server as Server;
  const closed = app.close();
  server.closeIdleConnections();
  const lingering = setTimeout(() => server.closeAllConnections(), LINGER_MS);
  await closed;
  clearTimeout(lingering);
  parts.end();
  await log.close();
  const durationMs = Math.round(performance.now() - startedMs);
  logger.info({ ...fields, givenUp, durationMs }, `stopped after ${durationMs} ms; ${givenUp} requests were given up`);
}

function drained(open: { readonly size: number }, timeMs: number): Promise<void> {
  return new Promise((resolve) => {
    const untilMs = performance.now() + timeMs;
    const look = (): void => {
      if (open.size === 0 || performance.now() >= untilMs) resolve();
      else setTimeout(look, LOOK_EVERY_MS);
    };
    look();
  });
}
