/** The live proxy for tests: on a free port, with its configuration and its log in a temporary folder. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { type ClientOptions } from 'openai';
import { poolFragment, secretVariable } from '../../../simulator/twin-server/pool-fragment.ts';
import { startTwins, type Twins } from '../../../simulator/twin-server/start-twins.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { loadGateway } from '../../../src/config/load-gateway.ts';
import type { Environment } from '../../../src/config/policy-override.ts';
import { startProxy, type Proxy, type ProxySettings } from '../../../src/proxy/start-proxy.ts';
import { serveProxy, type ServedProxy } from './served-proxy.ts';
import { startRoughServer, type Behaviour, type RoughServer } from '../upstream/rough-server.ts';
import { until } from './until.ts';

/** Fields of `token-pool.yaml`, and what else a proxy is started with. */
export interface LiveSettings {
  readonly pool: Readonly<Record<string, unknown>>;
  readonly server?: Readonly<Record<string, unknown>>;
  readonly log?: Readonly<Record<string, unknown>>;
  readonly clientKeys?: readonly Readonly<Record<string, unknown>>[];
  readonly admin?: Readonly<Record<string, unknown>>;
  readonly routing?: Readonly<Record<string, unknown>>;
  /** Fields of `policy.yaml`. */
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly environment?: Environment;
  readonly start?: Partial<Pick<ProxySettings, 'speed' | 'logOptions' | 'logger'>>;
  /** Start as `tokenpool serve`, in a process of its own. */
  readonly isServed?: boolean;
  /** Of that process; default `info`. */
  readonly logLevel?: string;
  /** Further options of `serve`. */
  readonly serveOptions?: readonly string[];
}

export interface LiveProxy {
  /** Of the configuration; everything of the test is below it. */
  readonly folder: string;
  readonly configPath: string;
  readonly logFolder: string;
  /** Lines for the operator so far. */
  readonly warnings: readonly string[];
  /** The one that runs in this process. @throws Error when it is {@link served} */
  readonly proxy: Proxy;
  /** The `tokenpool serve` that runs instead. @throws Error when there is none */
  readonly served: ServedProxy;
  readonly url: string;
  /** The official client, which does not repeat anything by itself unless told to. */
  client(options?: ClientOptions, basePath?: string): OpenAI;
  /** Posts a body to a path below `/v1`. */
  post(path: string, body: unknown, options?: PostOptions): Promise<Response>;
  chat(body?: Readonly<Record<string, unknown>>, options?: PostOptions): Promise<Response>;
  /** Writes the files anew with other settings; the proxy is not told. */
  rewrite(changes: Partial<LiveSettings>): void;
  close(): Promise<void>;
  /** Closes it, if it runs, and starts it again on the same folder, in this process. */
  restart(): Promise<void>;
  /** The same in a process of its own. */
  serve(): Promise<void>;
  /** Closes it, whatever stands behind it, and removes the folder. */
  stop(): Promise<void>;
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** @param stopOthers what else ends with it */
export async function startLive(
  first: LiveSettings,
  stopOthers: () => Promise<unknown> = () => Promise.resolve(),
): Promise<LiveProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-proxy-'));
  const { configPath, logFolder } = writeConfiguration(folder, first);
  let settings = first;
  const warnings: string[] = [];
  let proxy: Proxy | null = null;
  let served: ServedProxy | null = null;

  const start = async (): Promise<void> => {
    const load = () => loadGateway(configPath, settings.environment ?? {});
    const warn = (line: string): void => void warnings.push(line);
    proxy = await startProxy({
      gateway: load(),
      loadAgain: load,
      warn,
      processMetrics: false,
      ...settings.start,
    });
  };
  const serve = async (): Promise<void> => {
    served = await serveProxy(configPath, settings.environment ?? {}, [
      '--speed',
      String(settings.start?.speed ?? 1),
      '--log-level',
      settings.logLevel ?? 'info',
      ...(settings.serveOptions ?? []),
    ]);
  };
  const close = async (): Promise<void> => {
    await proxy?.close();
    await served?.end('SIGTERM');
  };
  const live: LiveProxy = {
    folder,
    configPath,
    logFolder,
    warnings,
    get proxy() {
      if (proxy === null) throw new Error('the proxy does not run in this process');
      return proxy;
    },
    get served() {
      if (served === null) throw new Error('the proxy does not run in a process of its own');
      return served;
    },
    get url() {
      return (proxy ?? live.served).url;
    },
    client: (options, basePath = '/openai/v1') =>
      new OpenAI({ baseURL: `${live.url}${basePath}`, apiKey: 'none', maxRetries: 0, ...options }),
    post: (path, body, { headers = {}, signal } = {}) =>
      fetch(`${live.url}/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      }),
    chat: (body = {}, options) => live.post('chat/completions', { ...CHAT_REQUEST, ...body }, options),
    rewrite(changes) {
      settings = { ...settings, ...changes };
      writeConfiguration(folder, settings);
    },
    close,
    async restart() {
      await close();
      served = null;
      await start();
    },
    async serve() {
      await close();
      proxy = null;
      await serve();
    },
    async stop() {
      await close();
      await stopOthers();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await (first.isServed === true ? serve() : start());
  return live;
}

/** A test that fails leaves requests behind, which are not to be waited for as long as in earnest. */
const DRAIN_MS = 5_000;

export const CHAT_REQUEST = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };

/** Writes `token-pool.yaml`, `policy.yaml`; JSON is YAML too. */
export function writeConfiguration(
  folder: string,
  { pool, server, log, clientKeys, admin, routing, policy }: LiveSettings,
): { readonly configPath: string; readonly logFolder: string } {
  const configPath = join(folder, 'token-pool.yaml');
  writeFileSync(join(folder, 'policy.yaml'), JSON.stringify(policy ?? {}));
  const config = {
    server: { port: 0, drainTime: DRAIN_MS, ...server },
    log: { folder: 'log', ...log },
    policy: 'policy.yaml',
    ...(clientKeys === undefined ? {} : { clientKeys }),
    ...(admin === undefined ? {} : { admin }),
    ...(routing === undefined ? {} : { routing }),
    ...pool,
  };
  writeFileSync(configPath, JSON.stringify(config, null, 2));
  return { configPath, logFolder: join(folder, 'log') };
}

/** Twins and a proxy before them; both live at `speed` scenario ms a ms. */
export async function startBeforeTwins(
  scenario: Scenario,
  changes: Partial<LiveSettings> & { readonly speed?: number; readonly endpoints?: readonly string[] } = {},
): Promise<LiveProxy & { readonly twins: Twins }> {
  const { speed = 100, endpoints = ['chat'], ...settings } = changes;
  const twins = await startTwins({ scenario, seed: 1, speed });
  const live = await startLive(
    {
      pool: twinPool(scenario, twins, endpoints),
      start: { speed },
      ...settings,
      environment: { ...twinSecrets(twins), ...settings.environment },
    },
    () => twins.stop(),
  );
  return Object.assign(live, { twins });
}

/** As the pool file that `tokenpool twins` writes, with the headers that twins heed passed on to them. */
export function twinPool(
  scenario: Scenario,
  twins: Pick<Twins, 'providers'>,
  endpoints: readonly string[] = ['chat'],
): Readonly<Record<string, unknown>> {
  const fragment = poolFragment(scenario, twins) as { providers: { models: object[] }[] };
  return {
    ...fragment,
    providers: fragment.providers.map((provider) => ({
      ...provider,
      passHeaders: TWIN_PASS_HEADERS,
      models: provider.models.map((model) => ({ ...model, endpoints })),
    })),
  };
}

const TWIN_PASS_HEADERS = [
  'x-token-pool-request-id',
  'x-token-pool-attempt',
  'x-twin-output-tokens',
  'x-twin-prefix-blocks',
  'x-session-id',
];

export function twinSecrets(twins: Pick<Twins, 'providers'>): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const { id, keys } of twins.providers)
    for (const { alias, secret } of keys) secrets[secretVariable(id, alias)] = secret;
  return secrets;
}

/** A provider of one key and the model `m`, at an address of a test's own. */
export function providerAt(
  id: string,
  origin: string,
  changes: { readonly key?: object; readonly model?: object; readonly provider?: object } = {},
): object {
  return {
    id,
    baseUrl: `${origin}/v1`,
    keys: [{ alias: 'main', secretEnv: 'ROUGH_KEY', ...changes.key }],
    models: [
      {
        id: 'm',
        endpoints: ['chat', 'embeddings'],
        prices: { inputUsdPerMillion: 1, outputUsdPerMillion: 2 },
        ...changes.model,
      },
    ],
    ...changes.provider,
  };
}

export const ROUGH_SECRET = 'sk-rough-provider';

/** Rough servers as the providers `a`, `b`, ... in order, and a proxy before them. */
export async function startBeforeRough(
  behaviours: readonly Behaviour[],
  changes: Partial<LiveSettings> & { readonly provider?: Parameters<typeof providerAt>[2] } = {},
): Promise<LiveProxy & { readonly servers: readonly RoughServer[] }> {
  const { provider, ...settings } = changes;
  const servers: RoughServer[] = [];
  for (const behave of behaviours) servers.push(await startRoughServer(behave));
  const providers = servers.map(({ origin }, place) => providerAt('abcdefgh'[place]!, origin, provider));
  const live = await startLive({ pool: { providers }, environment: { ROUGH_KEY: ROUGH_SECRET }, ...settings }, () =>
    Promise.all(servers.map((server) => server.close())),
  );
  return Object.assign(live, { servers });
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Nothing is left in the core: no request, no attempt in flight, no place in a queue. */
export function isAtRest(proxy: Proxy): boolean {
  const { state, flow } = proxy.driver.router.snapshot();
  const isZero = (count: number): boolean => count === 0;
  return (
    flow.open.requests.length === 0 &&
    state.keys.inFlight.every(isZero) &&
    state.keys.waiting.every(isZero) &&
    proxy.driver.openRequests === 0
  );
}

export const atRest = (live: Pick<LiveProxy, 'proxy'>): Promise<void> =>
  until(() => isAtRest(live.proxy), 'the core at rest');
