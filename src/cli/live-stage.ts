/** A scenario's twins and a proxy before them, on loopback: a small production on which traffic can be sent in parts. */
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { TraceSource } from '../../datasets/index.ts';
import type { Scenario } from '../../simulator/scenario.ts';
import { runTraffic } from '../../simulator/traffic/run-traffic.ts';
import type { TrafficResult } from '../../simulator/traffic/traffic-result.ts';
import { poolFragment, secretVariable } from '../../simulator/twin-server/pool-fragment.ts';
import { startTwins, type Twins } from '../../simulator/twin-server/start-twins.ts';
import { loadGateway, type Gateway } from '../config/load-gateway.ts';
import type { NamedPolicy } from '../config/load-policy.ts';
import { makeOutputFolder } from '../config/output-folder.ts';
import type { BudgetRule } from '../router/index.ts';
import { startProxy, type Proxy } from '../proxy/start-proxy.ts';
import { readVersion } from './version.ts';

export interface LiveStageSettings {
  /** Everything that is going to be sent: its client keys get their secrets. */
  readonly trace: TraceSource;
  readonly scenario: Scenario;
  /** What the configuration names; a promotion may put another one in force. */
  readonly policy: NamedPolicy;
  readonly seed: number;
  /** Scenario time in time on the wall: of twins, proxy and traffic alike. */
  readonly speed: number;
  /** Gets the proxy's configuration and its log. */
  readonly folder: string;
}

export interface LiveStage {
  readonly logFolder: string;
  /** The configuration with which the proxy is started. */
  readonly configPath: string;
  /** For the admin API of the proxy. */
  readonly adminToken: string;
  /**
   * Starts the proxy; it goes on where its log ended. Nothing else may hold the log.
   *
   * @returns its address, `http://host:port`
   */
  startProxy(): Promise<string>;
  /** Sends requests from their first on, in a scenario that begins anew. The proxy must run. */
  send(trace: TraceSource, onProgress: (rows: number) => void, requestsMax?: number): Promise<TrafficResult>;
  /** The log is then whole, and free for readers. */
  stopProxy(): Promise<void>;
  /** Stops whatever runs. */
  close(): Promise<void>;
}

const CONFIG_FILE = 'token-pool.yaml';
const POLICY_FILE = 'policy.yaml';
const LOG_FOLDER = 'log';
const ADMIN_TOKEN = 'TOKEN_POOL_ADMIN_TOKEN';
/** Frames of a stream, ms on the wall: close enough to look alive, and few enough for one process to do it all. */
const CHUNK_GAP_MS = 100;

/** @throws BadInput when the scenario has no twin for a target, or a folder cannot be written */
export async function openLiveStage(settings: LiveStageSettings): Promise<LiveStage> {
  const { trace, scenario, policy, seed, speed, folder } = settings;
  await makeOutputFolder(folder);
  const secrets = await clientSecrets(trace);
  const adminToken = `tpa-${randomBytes(18).toString('base64url')}`;
  const twins = await startTwins({ scenario, seed, speed, chunkGapMs: CHUNK_GAP_MS });
  const configPath = join(folder, CONFIG_FILE);
  let proxy: Proxy | null = null;
  const stopProxy = async (): Promise<void> => {
    const running = proxy;
    proxy = null;
    await running?.close();
  };
  try {
    await writeFile(join(folder, POLICY_FILE), stringify(policy.policy));
    await writeFile(configPath, configText(scenario, twins, secrets, seed));
  } catch (error) {
    await twins.stop();
    throw error;
  }
  const environment = { ...twinSecrets(twins), [ADMIN_TOKEN]: adminToken };
  const loadAgain = (): Gateway => loadGateway(configPath, environment);
  return {
    logFolder: resolve(folder, LOG_FOLDER),
    configPath,
    adminToken,
    async startProxy() {
      proxy = await startProxy({
        gateway: loadAgain(),
        loadAgain,
        warn: () => undefined,
        speed,
        version: readVersion(),
      });
      return proxy.url;
    },
    async send(part, onProgress, requestsMax = part.requests) {
      if (proxy === null) throw new Error('the proxy does not run');
      // So that the scenario's faults come when the trace says.
      twins.reset();
      return runTraffic({
        trace: part,
        url: `${proxy.url}/openai/v1`,
        speed,
        requestsMax,
        secretByClientKey: secrets,
        clients: scenario.clients,
        onProgress,
      });
    },
    stopProxy,
    async close() {
      await stopProxy();
      await twins.stop();
    },
  };
}

/** A secret for every client key that the trace names. */
async function clientSecrets(trace: TraceSource): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map<string, string>();
  for await (const batch of trace.batches()) {
    for (const { clientKey } of batch) {
      if (!secrets.has(clientKey)) secrets.set(clientKey, `tp-${randomBytes(18).toString('base64url')}`);
    }
  }
  return secrets;
}

/** A `token-pool.yaml` as a user would write it for these providers. */
function configText(scenario: Scenario, twins: Twins, secrets: ReadonlyMap<string, string>, seed: number): string {
  const known = new Map(scenario.pool.clientKeys.map((clientKey) => [clientKey.name, clientKey]));
  const clientKeys = [...secrets].map(([name, secret]) => {
    const { priorityCeiling = 'high', budgets = [], models, routes, maySteer = true } = known.get(name) ?? {};
    const instructions = maySteer ? 'apply' : 'text';
    const secretSha256 = createHash('sha256').update(secret).digest('hex');
    const allowed = { ...(models ? { models } : {}), ...(routes ? { routes } : {}) };
    return { name, secretSha256, priorityCeiling, budgets: budgets.map(asWritten), instructions, ...allowed };
  });
  return stringify(
    {
      server: { port: 0 },
      admin: { tokenEnv: ADMIN_TOKEN },
      log: { folder: LOG_FOLDER },
      policy: POLICY_FILE,
      seed,
      ...poolFragment(scenario, twins, (provider, alias) => ({ secretEnv: secretVariable(provider, alias) })),
      clientKeys,
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

function asWritten({ metric, window, limit }: BudgetRule): Readonly<Record<string, unknown>> {
  return metric === 'microUsd' ? { metric: 'usd', window, limit: limit / 1_000_000 } : { metric, window, limit };
}

/** The environment in which the proxy finds the twins' secrets. */
function twinSecrets(twins: Twins): Readonly<Record<string, string>> {
  return Object.fromEntries(
    twins.providers.flatMap(({ id, keys }) => keys.map(({ alias, secret }) => [secretVariable(id, alias), secret])),
  );
}
