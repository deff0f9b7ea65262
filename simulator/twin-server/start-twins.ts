/** The twins of a scenario as HTTP servers on loopback: one port for each provider, and one for watching. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BadInput } from '../../src/config/bad-input.ts';
import type { Scenario } from '../scenario.ts';
import { createFleet } from '../twins/fleet.ts';
import { errorBody } from './error-answer.ts';
import { sendJson, type Exchange } from './exchange.ts';
import { createProviderRequests, type ProviderRequests } from './provider-requests.ts';
import { createTwinDirectory } from './twin-directory.ts';
import { startTwinRun, type TwinRun } from './twin-run.ts';
import { twinStatus, type TwinStatus } from './twin-status.ts';

export interface TwinSettings {
  readonly scenario: Scenario;
  /** Base of the fleet's draws, a safe integer. */
  readonly seed: number;
  /** Scenario ms for each ms on the wall, > 0: at 60 a minute of the scenario takes a second. */
  readonly speed: number;
  /** Of the watching server; the providers get the ports after it. 0 or none: any that are free. */
  readonly port?: number;
  /** Frames of a stream follow each other no closer than this, ms on the wall; tokens are batched. Default 10. */
  readonly chunkGapMs?: number;
  /** In place of {@link createFleet}, for plans that no scenario makes. */
  readonly fleetOf?: typeof createFleet;
}

export interface Twins {
  /** `GET` it for the status as JSON; `POST` to `/twins/reset` below the same origin begins anew. */
  readonly statusUrl: string;
  /** In the order of the pool. */
  readonly providers: readonly {
    readonly id: string;
    /** Ends in `/v1`. */
    readonly baseUrl: string;
    readonly models: readonly string[];
    readonly keys: readonly { readonly alias: string; readonly secret: string }[];
  }[];
  status(): TwinStatus;
  /** A new fleet with the same seed, scenario time 0, counts 0. Answers under way end as they were planned. */
  reset(): void;
  /** Ends all answers under way, closes every socket and frees the ports. */
  stop(): Promise<void>;
}

const CHUNK_GAP_MS = 10;
/** Bound on sockets of one provider; further ones are dropped by Node. */
const CONNECTIONS_MAX = 16_384;
/** Longer than clients keep idle connections, so that none is closed under a request on its way. */
const KEEP_ALIVE_MS = 65_000;
const HOST = '127.0.0.1';

/**
 * Starts them all; scenario time begins when the last one listens.
 *
 * @throws BadInput when a target has no twin or a port is taken
 */
export async function startTwins(settings: TwinSettings): Promise<Twins> {
  const { scenario, seed, speed, port = 0, chunkGapMs = CHUNK_GAP_MS, fleetOf = createFleet } = settings;
  const directory = createTwinDirectory(scenario);
  const { targetIds, providers } = directory;
  const open = new Set<Exchange>();
  const begin = (): TwinRun => startTwinRun(scenario, targetIds, seed, speed, fleetOf);
  let run = begin();
  let baseUrls: readonly string[] = [];
  const status = (): TwinStatus => twinStatus(scenario, directory, baseUrls, run, open.size);
  const reset = (): void => {
    run = begin();
  };

  const watch = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { method, url } = request;
    if (url === '/twins' && method === 'GET') sendJson(response, 200, {}, JSON.stringify(status()));
    else if (url === '/twins/reset' && method === 'POST') {
      reset();
      sendJson(response, 200, {}, JSON.stringify(status()));
    } else return false;
    request.resume();
    return true;
  };
  const requestsOf = providers.map((provider) =>
    createProviderRequests({ provider, targetIds, currentRun: () => run, open, chunkGapMs }),
  );
  const servers = [null, ...requestsOf].map((requests) => createTwinServer(watch, requests));
  const stop = async (): Promise<void> => {
    for (const exchange of open) exchange.stop();
    await Promise.all(servers.map(closeServer));
  };

  try {
    for (const [place, server] of servers.entries()) await listen(server, port === 0 ? 0 : port + place);
  } catch (error) {
    await stop();
    throw error;
  }
  const origins = servers.map((server) => `http://${HOST}:${(server.address() as AddressInfo).port}`);
  baseUrls = origins.slice(1).map((origin) => `${origin}/v1`);
  reset();
  return {
    statusUrl: `${origins[0]}/twins`,
    providers: providers.map(({ id, models, keys }, place) => ({
      id,
      baseUrl: baseUrls[place]!,
      models,
      keys: keys.map(({ alias, secret }) => ({ alias, secret })),
    })),
    status,
    reset,
    stop,
  };
}

function createTwinServer(
  watch: (request: IncomingMessage, response: ServerResponse) => boolean,
  requests: ProviderRequests | null,
): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: 65_536 }, (request, response) => {
    if (watch(request, response)) return;
    if (requests !== null) void requests(request, response);
    else {
      request.resume();
      sendJson(response, 404, {}, errorBody(404, 'Watch the twins at GET /twins; begin anew with POST /twins/reset.'));
    }
  });
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const isTaken = error.code === 'EADDRINUSE';
      const reason = isTaken ? 'is taken; name another one with --port, or 0 for any' : `cannot be used: ${error.code}`;
      reject(new BadInput(`twins: port ${port} of ${HOST} ${reason}`));
    };
    server.once('error', failed);
    server.listen(port, HOST, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
