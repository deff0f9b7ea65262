/** The live proxy from its configuration: log, core, connections and HTTP server, and how they end together. */
import type { Logger } from 'pino';
import { mebibytes } from '../config/gateway-schema.ts';
import type { Gateway } from '../config/load-gateway.ts';
import { openLiveLog, type LiveLog, type LiveLogOptions } from '../log/live/live-log.ts';
import { createAdminLogin, operatorRoutes, type AdminContext } from './admin/index.ts';
import { configure, onTheWall, type Configuration } from './configuration.ts';
import { consoleRoutes } from './console/index.ts';
import { createApp } from './create-app.ts';
import { Driver } from './driver.ts';
import type { Exchange, ExchangeSurroundings } from './exchange.ts';
import { listen } from './listen.ts';
import { PolicyLifecycle } from '../policies/lifecycle.ts';
import { openPromotionStore } from '../policies/promotion-store.ts';
import { policyStanding } from '../policies/standing.ts';
import { createPolicyHost } from './policy-host.ts';
import { createLiveClock } from './live-clock.ts';
import { openAiRoutes } from './openai-routes.ts';
import { watchTogether, type ProxyWatcher } from './proxy-events.ts';
import { createRequestIds } from './request-ids.ts';
import { createReload, type Reloaded } from './reload.ts';
import { RetiredTargets } from './retired-targets.ts';
import { loadSessionSalt } from './session-salt.ts';
import { SlotSet } from './slot-set.ts';
import { createShutdown } from './shutdown.ts';
import { forgetLastRun, startRouter } from './start-router.ts';
import { createUpstreamClient } from './upstream/index.ts';
import {
  createServiceLogger,
  LastFailures,
  TargetTallies,
  watchProxy,
  type HitLineOptions,
  type ProxyView,
} from './watch/index.ts';

export interface ProxySettings {
  readonly gateway: Gateway;
  /** Reads the configuration again, for a reload. @throws BadInput: the old one then stays */
  loadAgain(): Gateway;
  /** One line for the operator. */
  warn(line: string): void;
  /** See `LiveClock.speed`; 1 when left out. */
  readonly speed?: number;
  /** For the log of the service, which is not that of decisions; silent when left out. */
  readonly logger?: Logger;
  /** Of Token Pool, for whoever asks. */
  readonly version?: string;
  /** Metrics of the whole process; false when several proxies share one. */
  readonly processMetrics?: boolean;
  /** Where a line for each hit of a route goes; nowhere when left out. */
  readonly hitLines?: HitLineOptions | undefined;
  /** For tests: a disk that fails, and how much memory may wait for it. */
  readonly logOptions?: Pick<LiveLogOptions, 'device' | 'pendingBytesMax'>;
}

export interface Proxy {
  /** `http://host:port` */
  readonly url: string;
  readonly log: LiveLog;
  readonly driver: Driver;
  readonly policies: PolicyLifecycle;
  /**
   * Goes on with the configuration as it is now; all of it or, when any of it is wrong, nothing.
   *
   * @throws BadInput with what is wrong
   */
  reload(): Reloaded;
  /**
   * Takes nothing in any more, waits for what is under way (`server.drainTime` at most), and writes the log out.
   *
   * @param signal that told it to, for the service log
   */
  close(signal?: string): Promise<void>;
}

/** How often it is looked whether the log can be written. */
const LOG_CHECK_MS = 250;
/** How often the guards of a promotion are looked at, ms of the core's time; and on the wall at the most. */
const POLICY_LOOK_MS = 1_000;
const POLICY_LOOK_MS_MIN = 10;

/** @throws BadInput when the configuration cannot be used, the log is held by another proxy, or the port is taken */
export async function startProxy(settings: ProxySettings): Promise<Proxy> {
  const { gateway } = settings;
  const configuration = configure(gateway);
  let resume = (): void => undefined;
  const log = await openLiveLog(gateway.logFolder, {
    ...logOptions(gateway, () => resume()),
    ...settings.logOptions,
  });
  const hasResumed = (then: () => void): void => void (resume = then);
  return startWithLog(settings, configuration, log, hasResumed).catch(async (error: unknown) => {
    // Its thread would keep the process alive, and its folder held; and nobody asked for a log of nothing.
    await log.discard();
    throw error;
  });
}

/** @param hasResumed takes what to do when the log takes records again, see `LiveLogOptions.onResumed` */
async function startWithLog(
  settings: ProxySettings,
  configuration: Configuration,
  log: LiveLog,
  hasResumed: (then: () => void) => void,
): Promise<Proxy> {
  const { speed = 1, logger = createServiceLogger({ level: 'silent' }) } = settings;
  let inForce = configuration;
  const { gateway } = inForce;
  let isDraining = false;
  let isLogFailing = false;

  for (const warning of log.recovered.warnings) settings.warn(warning);
  const starting = await startRouter(gateway, log);
  if (starting.warning !== null) settings.warn(starting.warning);

  const watchers: ProxyWatcher[] = [];
  const watcher = watchTogether(watchers);
  const host = createPolicyHost({ driver: () => driver, gateway: () => inForce.gateway, logger });
  const policies = new PolicyLifecycle(host, openPromotionStore(gateway.logFolder), gateway.policy);
  const driver: Driver = new Driver({
    router: starting.router,
    // The log does not have its name.
    policy: starting.policy.hash === policies.main.hash ? policies.main : starting.policy,
    canary: starting.canary,
    seed: gateway.form.seed,
    nextSequence: log.recovered.nextSequence,
    clock: createLiveClock(starting.latestMs, speed),
    log,
    watcher,
  });
  hasResumed(() => driver.configured('restored'));
  driver.configured(starting.start);
  forgetLastRun(driver, starting.openRequests);
  policies.start();

  const upstream = createUpstreamClient({ bodyBytesMax: mebibytes(gateway.form.server.answerMebibytesMax) });
  const lastFailures = new LastFailures((target) => inForce.connections.has(target));
  const tallies = new TargetTallies((target) => inForce.connections.has(target));
  watchers.push(lastFailures, tallies, policies.watch);
  const view: ProxyView = {
    version: settings.version ?? 'unknown',
    startedAtMs: driver.nowMs(),
    refusesWithoutLog: gateway.form.log.onFailure === 'refuse',
    get isDraining() {
      return isDraining;
    },
    get router() {
      return driver.router;
    },
    get policy() {
      return driver.policy;
    },
    get canary() {
      return driver.canary;
    },
    get pool() {
      return inForce.gateway.pool;
    },
    get openRequests() {
      return driver.openRequests;
    },
    nowMs: () => driver.nowMs(),
    policyStanding: () => policyStanding(policies),
    lastFailureOf: (target) => lastFailures.of(target),
    usageOf: (target) => tallies.usageOf(target),
    logHealth: () => log.health(),
    upstreamCounts: () => upstream.counts(),
  };
  const watch = watchProxy(view, {
    logger,
    processMetrics: settings.processMetrics ?? true,
    hitLines: settings.hitLines,
  });
  watchers.push(...watch.watchers);
  const retired = new RetiredTargets({
    router: () => driver.router,
    nowMs: () => driver.nowMs(),
    isConfigured: (target) => inForce.connections.has(target),
    forget(targets) {
      driver.reconfigure(inForce.gateway.pool, driver.policy, driver.canary);
      logger.info({ event: 'retired', targets }, 'targets that a reload had taken out of the pool are gone');
    },
  });
  watchers.push(retired);

  const reload = createReload({
    driver,
    logger,
    policies,
    load: () => configure(settings.loadAgain()),
    inForce: () => inForce,
    replace: (next) => void (inForce = next),
  });

  const open = new SlotSet<Exchange>();
  const around: ExchangeSurroundings = {
    driver,
    upstream,
    watcher,
    connectionOf(target) {
      const connection = inForce.connections.get(target);
      if (connection === undefined) throw new Error(`the core chose ${target}, which is not configured`);
      return connection;
    },
    pool: () => inForce.gateway.pool,
    timeouts: (arm) => onTheWall(driver.policyOf(arm).policy.timeouts, speed),
    whenLogged: (then) => log.whenFlushed(then),
    closed: (exchange) => open.delete(exchange),
  };
  const app = createApp(gateway, logger);
  openAiRoutes(app, {
    around,
    ids: createRequestIds((id) => driver.isOpen(id)),
    sessionSalt: await loadSessionSalt(gateway.logFolder),
    startedEpochSeconds: Math.floor(Date.now() / 1_000),
    clients: () => inForce.clients,
    models: () => inForce.models,
    steeringWords: () => inForce.steering,
    refusal: () => (isDraining ? 'shutting_down' : isLogFailing ? 'log_unavailable' : null),
    opened: (exchange) => open.add(exchange),
  });
  const admin: AdminContext = {
    view,
    watch,
    log,
    logger,
    get adminTokenHash() {
      return inForce.gateway.adminTokenHash?.toString('hex') ?? null;
    },
    adminTokenAdvice: `set admin.tokenEnv or admin.tokenFile in ${gateway.path}`,
    metricsFor: gateway.form.server.metrics,
    order: (order) => driver.order(order),
    reload: async () => reload(),
    policies,
  };
  const login = createAdminLogin(admin);
  await app.register(operatorRoutes(admin, login));
  await app.register(
    consoleRoutes({
      admin,
      login,
      get isOn() {
        return inForce.gateway.form.admin.console;
      },
    }),
  );

  const logCheck = setInterval(() => {
    isLogFailing = view.refusesWithoutLog && log.health().state === 'failing';
  }, LOG_CHECK_MS);
  logCheck.unref();
  const policyLook = setInterval(() => policies.look(), Math.max(POLICY_LOOK_MS_MIN, POLICY_LOOK_MS / speed));
  policyLook.unref();
  const endTimers = (): void => {
    clearInterval(logCheck);
    clearInterval(policyLook);
  };

  const url = await listen(app, gateway).catch((error: unknown) => {
    endTimers();
    upstream.close();
    driver.stop();
    throw error;
  });

  const close = createShutdown({
    app,
    log,
    logger,
    open,
    drainTimeMs: gateway.form.server.drainTime,
    begin() {
      isDraining = true;
      retired.stop();
      // What goes by a policy goes on with it to the end.
      clearInterval(policyLook);
      policies.stop();
    },
    end() {
      endTimers();
      upstream.close();
      driver.stop();
    },
  });

  return { url, log, driver, policies, reload, close };
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
