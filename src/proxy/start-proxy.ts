/** The live proxy from its configuration: log, core, connections and HTTP server, and how they end together. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { Server } from 'node:http';
import { BadInput } from '../config/bad-input.ts';
import { mebibytes } from '../config/gateway-schema.ts';
import type { Gateway } from '../config/load-gateway.ts';
import { openLiveLog, type LiveLog } from '../log/live/live-log.ts';
import type { SpoolDevice } from '../log/live/spool-device.ts';
import { proxyErrorAnswer, type ListedModel } from '../protocols/openai/index.ts';
import { ANY_MODEL, type PoolDefinition } from '../router/index.ts';
import { leftWhileWaiting } from './attempt-outcome.ts';
import { createClientAccess, type ClientAccess } from './client-access.ts';
import { Driver } from './driver.ts';
import { Exchange, type ExchangeSurroundings } from './exchange.ts';
import { createLiveClock } from './live-clock.ts';
import { answer, openAiRoutes } from './openai-routes.ts';
import { watchTogether, type ProxyWatcher } from './proxy-events.ts';
import { createRequestIds } from './request-ids.ts';
import { loadSessionSalt } from './session-salt.ts';
import { differsFrom, startRouter } from './start-router.ts';
import { connectTargets } from './target-connections.ts';
import { createUpstreamClient, type AttemptTimeouts } from './upstream/index.ts';

export interface ProxySettings {
  readonly gateway: Gateway;
  /** Reads the configuration again, for a reload. @throws BadInput: the old one then stays */
  loadAgain(): Gateway;
  /** One line for the operator. */
  warn(line: string): void;
  /** See `LiveClock.speed`; 1 when left out. */
  readonly speed?: number;
  /** For tests: what the log's spool is written to. */
  readonly logDevice?: SpoolDevice;
}

export interface Proxy {
  /** `http://host:port` */
  readonly url: string;
  readonly log: LiveLog;
  readonly driver: Driver;
  /**
   * Goes on with the configuration as it is now; all of it or, when any of it is wrong, nothing.
   *
   * @throws BadInput with what is wrong
   */
  reload(): { readonly policyHash: string; readonly targets: number };
  /** Takes nothing in any more, waits for what is under way (`server.drainTime` at most), and writes the log out. */
  close(): Promise<void>;
}

/** How often it is looked whether the log can be written. */
const LOG_CHECK_MS = 250;

/** @throws BadInput when the configuration cannot be used, the log is held by another proxy, or the port is taken */
export async function startProxy(settings: ProxySettings): Promise<Proxy> {
  const { gateway: first, loadAgain, warn, speed = 1 } = settings;
  const startedAtMs = Date.now();
  let gateway = first;
  let connections = connectTargets(gateway);
  let clients: ClientAccess = createClientAccess(gateway.form.clientKeys);
  let models = listedModels(gateway.pool);
  let isDraining = false;
  let isLogFailing = false;

  const log = await openLiveLog(gateway.logFolder, {
    ...logOptions(gateway, () => driver.configured('restored')),
    ...(settings.logDevice === undefined ? {} : { device: settings.logDevice }),
  });
  for (const warning of log.recovered.warnings) warn(warning);
  const starting = await startRouter(gateway, log);
  if (starting.warning !== null) warn(starting.warning);

  const watchers: ProxyWatcher[] = [];
  const watcher = watchTogether(watchers);
  const driver: Driver = new Driver({
    router: starting.router,
    policy: starting.policy,
    seed: gateway.form.seed,
    nextSequence: log.recovered.nextSequence,
    clock: createLiveClock(starting.latestMs, speed),
    log,
    watcher,
  });
  driver.configured(starting.start);
  for (const { request, attempt, phase } of starting.openRequests) {
    driver.forget({ ...leftWhileWaiting(request.requestId, 0), attempt: phase === 'sent' ? attempt : 0 });
  }
  if (differsFrom(driver.router.snapshot(), gateway)) driver.reconfigure(gateway.pool, gateway.policy);

  let timeouts = onTheWall(gateway.policy.policy.timeouts, speed);
  const upstream = createUpstreamClient({ bodyBytesMax: mebibytes(gateway.form.server.answerMebibytesMax) });
  const open = new Set<Exchange>();
  const around: ExchangeSurroundings = {
    driver,
    upstream,
    watcher,
    connectionOf(target) {
      const connection = connections.get(target);
      if (connection === undefined) throw new Error(`the core chose ${target}, which is not configured`);
      return connection;
    },
    timeouts: () => timeouts,
    whenLogged: (then) => log.whenFlushed(then),
    closed: (exchange) => open.delete(exchange),
  };
  const app = createApp(gateway);
  openAiRoutes(app, {
    around,
    ids: createRequestIds((id) => driver.isOpen(id)),
    sessionSalt: await loadSessionSalt(gateway.logFolder),
    startedEpochSeconds: Math.floor(startedAtMs / 1_000),
    clients: () => clients,
    models: () => models,
    refusal: () => (isDraining ? 'shutting_down' : isLogFailing ? 'log_unavailable' : null),
    opened: (exchange) => open.add(exchange),
  });

  const logCheck = setInterval(() => {
    isLogFailing = gateway.form.log.onFailure === 'refuse' && log.health().state === 'failing';
  }, LOG_CHECK_MS);
  logCheck.unref();

  const url = await listen(app, gateway).catch(async (error: unknown) => {
    clearInterval(logCheck);
    upstream.close();
    await log.close();
    throw error;
  });

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    isDraining = true;
    const server = app.server as Server;
    const closed = app.close();
    server.closeIdleConnections();
    await drained(open, gateway.form.server.drainTime);
    for (const exchange of open) exchange.giveUp();
    await log.flushed().catch(() => undefined);
    const lingering = setTimeout(() => server.closeAllConnections(), 1_000);
    await closed;
    clearTimeout(lingering);
    clearInterval(logCheck);
    upstream.close();
    driver.stop();
    await log.close();
  };

  return {
    url,
    log,
    driver,
    reload() {
      const next = loadAgain();
      const nextConnections = connectTargets(next);
      refuseFixedChanges(gateway, next);
      // From here on nothing can fail.
      driver.reconfigure(next.pool, next.policy);
      gateway = next;
      // Targets that are gone may still be asked for by nobody: the core has them as disabled.
      connections = nextConnections;
      clients = createClientAccess(next.form.clientKeys);
      models = listedModels(next.pool);
      timeouts = onTheWall(next.policy.policy.timeouts, speed);
      return { policyHash: next.policy.hash, targets: next.pool.targets.length };
    },
    close: () => (closing ??= close()),
  };
}

function logOptions({ form }: Gateway, onResumed: () => void) {
  const { log } = form;
  return {
    onFailure: log.onFailure,
    fsync: log.fsync,
    rotateBytes: mebibytes(log.rotateMebibytes),
    rotateAgeMs: log.rotateAge,
    retentionDays: log.retentionDays,
    retentionBytes: log.retentionMebibytes === null ? null : mebibytes(log.retentionMebibytes),
    onResumed,
  };
}

function createApp({ form }: Gateway): FastifyInstance {
  const { bodyMebibytesMax, connectionsMax } = form.server;
  const app = Fastify({
    logger: false,
    bodyLimit: mebibytes(bodyMebibytesMax),
    // Answers of models may take minutes; a client that sends its own request so slowly has no such reason.
    connectionTimeout: 0,
    requestTimeout: 120_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
  });
  app.server.maxConnections = connectionsMax;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json\b/i, { parseAs: 'buffer' }, (_call, body, done) => {
    done(null, body);
  });
  // Anything else is read so that it can be refused in the API's own words.
  app.addContentTypeParser('*', (_call, payload, done) => {
    payload.resume();
    done(null, undefined);
  });
  app.setNotFoundHandler((_call, reply) => answer(reply, proxyErrorAnswer('unknown_url')));
  app.setErrorHandler((error: { readonly statusCode?: number }, _call, reply) => {
    const code =
      error.statusCode === 413 ? 'body_too_large' : error.statusCode === 415 ? 'unsupported_media_type' : null;
    return answer(reply, proxyErrorAnswer(code ?? 'internal_error'));
  });
  return app;
}

async function listen(app: FastifyInstance, { path, form }: Gateway): Promise<string> {
  const { host, port } = form.server;
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'is taken; choose another port' : `cannot be used (${code})`;
    throw new BadInput(`${path}: server: ${host}:${port} ${reason}`);
  }
}

/** Timeouts that the core's time gives, in ms on the wall. */
function onTheWall(timeouts: AttemptTimeouts, speed: number): AttemptTimeouts {
  const { connectMs, firstTokenMs, idleMs, totalMs } = timeouts;
  return {
    connectMs: connectMs / speed,
    firstTokenMs: firstTokenMs / speed,
    idleMs: idleMs / speed,
    totalMs: totalMs / speed,
  };
}

/** What clients may ask for. */
function listedModels(pool: PoolDefinition): ListedModel[] {
  return [
    ...pool.targets.map(({ model, provider }) => ({ id: model, ownedBy: provider })),
    ...Object.keys(pool.modelAliases).map((alias) => ({ id: alias, ownedBy: 'tokenpool' })),
    { id: ANY_MODEL, ownedBy: 'tokenpool' },
  ];
}

/** A reload changes pool, policy and client keys; the rest needs a restart, and is not ignored in silence. */
function refuseFixedChanges(before: Gateway, after: Gateway): void {
  for (const section of ['server', 'log', 'seed'] as const) {
    if (JSON.stringify(before.form[section]) === JSON.stringify(after.form[section])) continue;
    throw new BadInput(`${after.path}: ${section}: cannot be changed while the proxy runs; restart it for that`);
  }
}

function drained(open: ReadonlySet<unknown>, timeMs: number): Promise<void> {
  return new Promise((resolve) => {
    const untilMs = performance.now() + timeMs;
    const look = (): void => {
      if (open.size === 0 || performance.now() >= untilMs) resolve();
      else setTimeout(look, 20);
    };
    look();
  });
}
