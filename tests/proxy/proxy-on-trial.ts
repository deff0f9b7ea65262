/**
 * A proxy without its gateway: the real driver, router and live log, everything that watches them, and the operators'
 * routes on a free port. Tests play the gateway: they say how each attempt ends.
 */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { openLiveLog, type LiveLog, type LiveLogHealth } from '../../src/log/live/live-log.ts';
import { createAdminLogin, operatorRoutes, type AdminContext } from '../../src/proxy/admin/index.ts';
import { consoleRoutes, type ConsoleContext } from '../../src/proxy/console/index.ts';
import { PolicyLifecycle } from '../../src/policies/lifecycle.ts';
import type { PromotionStore } from '../../src/policies/promotion-store.ts';
import { policyStanding } from '../../src/policies/standing.ts';
import { Driver, type PolicyInForce, type RequestOwner } from '../../src/proxy/driver.ts';
import { createPolicyHost } from '../../src/proxy/policy-host.ts';
import { watchTogether } from '../../src/proxy/proxy-events.ts';
import { createServiceLogger, watchProxy, type ProxyView, type ProxyWatch } from '../../src/proxy/watch/index.ts';
import { TargetTallies } from '../../src/proxy/watch/target-usage.ts';
import {
  createRouter,
  type AttemptOutcome,
  type PoolDefinition,
  type RejectCommand,
  type Router,
  type RouterRequest,
  type SendCommand,
} from '../../src/router/index.ts';
import { outcomeOf, policyWith, requestOf, type PolicyChanges } from '../router/small-pool.ts';

export const ADMIN_TOKEN = 'operators-only-3f9c';
export const START_MS = Date.UTC(2026, 0, 15, 10, 30);

export interface TrialOptions {
  readonly pool: PoolDefinition;
  readonly policy?: PolicyChanges;
  /** For the log; without it there is none. */
  readonly folder?: string;
  readonly context?: Partial<AdminContext>;
  readonly view?: Partial<Pick<ProxyView, 'isDraining' | 'refusesWithoutLog' | 'canary' | 'policyStanding'>>;
  readonly processMetrics?: boolean;
  readonly secrets?: () => readonly string[];
  readonly console?: Partial<Omit<ConsoleContext, 'admin' | 'login'>>;
}

/** A request that the test has in hand. */
export interface OpenRequest {
  readonly request: RouterRequest;
  readonly sends: readonly SendCommand[];
  readonly rejection: RejectCommand | null;
  /** Ends the attempt under way. */
  end(facts?: Partial<AttemptOutcome>): void;
}

export interface ProxyOnTrial {
  readonly driver: Driver;
  readonly watch: ProxyWatch;
  readonly view: ProxyView;
  /** The lines of the proxy's own log. */
  readonly lines: string[];
  readonly logger: Logger;
  readonly log: LiveLog | null;
  readonly admin: AdminContext;
  /** Every route, as `GET /health`. */
  readonly routes: readonly string[];
  /** What the log says of itself from now on, in place of the truth. */
  logSays: Partial<LiveLogHealth>;
  /** The core's time. */
  nowMs: number;
  /** The machine's time, for who may try to log in. */
  wallMs: number;
  begin(requestId: string, facts?: Partial<RouterRequest>): OpenRequest;
  /** Begins a request and ends its attempts one after the other as told; the last way holds for all further ones. */
  serve(requestId: string, facts?: Partial<RouterRequest>, ...ends: Partial<AttemptOutcome>[]): OpenRequest;
  /** Other targets and another policy from now on, as after a reload. */
  replaceRouter(pool: PoolDefinition, policy: PolicyInForce): void;
  /** Calls the routes, over HTTP, with the admin token unless another is given. */
  get(path: string, token?: string | null): Promise<Response>;
  post(path: string, body?: unknown, token?: string | null): Promise<Response>;
  readonly port: number;
  stop(): Promise<void>;
}

const SILENT_LOG: LiveLogHealth = {
  state: 'ok',
  reason: null,
  pendingBytes: 0,
  behindBytes: 0,
  droppedRecords: 0,
  lastFlushMs: 0,
  databaseTrouble: null,
};
const NO_LOG = {
  input: () => undefined,
  commands: () => undefined,
  outcome: () => undefined,
  policy: () => undefined,
  snapshot: () => undefined,
  shadow: () => undefined,
  transition: () => undefined,
};

const EMPTY_STORE: PromotionStore = {
  state: { formatVersion: 1, fileHash: null, open: null, active: [], past: [] },
  stageRecord: null,
  save: () => undefined,
  saveStage: () => undefined,
};

export async function startTrial(options: TrialOptions): Promise<ProxyOnTrial> {
  const lines: string[] = [];
  const logger = createServiceLogger({
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
  });
  const log = options.folder === undefined ? null : await openLiveLog(options.folder, { sessionSalt: 'salt' });
  const policy = { name: 'trial', policy: policyWith(options.policy), hash: 'a1b2' };
  const present: { router: Router | null; pool: PoolDefinition; policy: PolicyInForce } = {
    router: null,
    pool: options.pool,
    policy,
  };
  const router = createRouter(options.pool, policy.policy, { seed: 7, explain: true });
  const owners = new Set<OpenRequest>();

  const view: ProxyView = {
    version: '0.0.0-trial',
    startedAtMs: START_MS,
    isDraining: false,
    refusesWithoutLog: false,
    get router() {
      return present.router ?? router;
    },
    get policy() {
      return present.policy;
    },
    canary: null,
    get pool() {
      return present.pool;
    },
    get openRequests() {
      return owners.size;
    },
    nowMs: () => trial.nowMs,
    policyStanding: () => policyStanding(policies),
    lastFailureOf: () => null,
    usageOf: () => new TargetTallies(() => true).usageOf(''),
    logHealth: () => ({ ...(log?.health() ?? SILENT_LOG), ...trial.logSays }),
    upstreamCounts: () => ({ open: 5, idle: 2, waiting: 1, attempts: 3 }),
    ...options.view,
  };
  const watch = watchProxy(view, { logger, processMetrics: options.processMetrics ?? false });
  const watcher = watchTogether(watch.watchers);
  const driver = new Driver({
    router,
    policy,
    seed: 7,
    nextSequence: 0,
    clock: { speed: 1, nowMs: () => trial.nowMs },
    log: log ?? NO_LOG,
    watcher,
  });

  const host = createPolicyHost({
    driver: () => driver,
    gateway: () => ({ pool: present.pool, adapted: (other) => other }),
    logger,
  });
  const policies = new PolicyLifecycle(host, EMPTY_STORE, policy);

  // A client's connection that no call came over yet counts as busy, so closing would wait for it.
  const app: FastifyInstance = fastify({ forceCloseConnections: true });
  const context: AdminContext = {
    view,
    watch,
    log: log ?? { explain: refuse, arrow: refuse, rotate: refuse },
    logger,
    adminTokenHash: createHash('sha256').update(ADMIN_TOKEN).digest('hex'),
    adminTokenAdvice: 'set server.adminTokenEnv',
    metricsFor: 'open',
    order: (order) => driver.order(order),
    reload: () => Promise.resolve({ changed: [] }),
    policies,
    ...options.context,
  };
  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url }) => void routes.push(...[method].flat().map((each) => `${each} ${url}`)));
  const adminLogin = createAdminLogin(context, { nowMs: () => trial.wallMs });
  await app.register(operatorRoutes(context, adminLogin));
  const consoleContext = {
    ...options.console,
    admin: context,
    login: adminLogin,
    get isOn() {
      return options.console?.isOn ?? true;
    },
  };
  await app.register(consoleRoutes(consoleContext));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
  const login = (token: string | null): Record<string, string> =>
    token === null ? {} : { authorization: `Bearer ${token}` };

  const trial: ProxyOnTrial = {
    driver,
    watch,
    view,
    lines,
    logger,
    log,
    admin: context,
    routes,
    logSays: {},
    nowMs: START_MS,
    wallMs: START_MS,
    port,
    begin(requestId, facts) {
      const request = requestOf(requestId, facts);
      const sends: SendCommand[] = [];
      let rejection: RejectCommand | null = null;
      const over = (ending: 'completed' | 'rejected' | 'cancelled', status: number): void => {
        owners.delete(open);
        watcher.ended(request, ending, rejection, status, trial.nowMs);
      };
      const owner: RequestOwner = {
        request,
        send: (command) => void sends.push(command),
        wait: () => undefined,
        reject(command) {
          rejection = command;
          over('rejected', command.status);
        },
      };
      const open: OpenRequest = {
        request,
        sends,
        get rejection() {
          return rejection;
        },
        end(facts) {
          const sent = sends.at(-1);
          const outcome = outcomeOf(requestId, sent?.attempt ?? 0, sent === undefined ? { kind: 'cancelled' } : facts);
          driver.observe(owner, outcome, sent?.targetIndex ?? -1, sent?.target ?? null);
          if (outcome.kind === 'success') over('completed', 200);
          if (outcome.kind === 'cancelled') over('cancelled', 499);
        },
      };
      owners.add(open);
      driver.begin(owner);
      return open;
    },
    serve(requestId, facts, ...ends) {
      const open = trial.begin(requestId, facts);
      for (let ended = 0; ended < open.sends.length; ended++) {
        open.end(ends[ended] ?? ends.at(-1));
        // A backoff is waited for.
        if (open.sends.length === ended + 1 && open.rejection === null && owners.has(open)) {
          trial.nowMs = Math.max(trial.nowMs, driver.router.nextWakeAtMs);
          wake(driver);
        }
      }
      return open;
    },
    replaceRouter(pool, next) {
      present.pool = pool;
      present.policy = next;
      present.router = createRouter(pool, next.policy, { seed: 7, explain: true });
      watcher.reconfigured(trial.nowMs);
    },
    get: (path, token = ADMIN_TOKEN) => fetch(url(path), { headers: login(token) }),
    post: (path, body, token = ADMIN_TOKEN) =>
      fetch(url(path), {
        method: 'POST',
        headers: { ...login(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    async stop() {
      await app.close();
      driver.stop();
      await log?.close();
    },
  };
  driver.configured('fresh');
  return trial;
}

/** The driver's timer sleeps in real time, while a trial has its own. */
function wake(driver: Driver): void {
  (driver as unknown as { wake(): void }).wake();
}

function refuse(): never {
  throw new Error('this trial has no log');
}
