/** Live traffic in small: a scenario's twins, a proxy before them, and a trace sent through it, all on loopback. */
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
import { startProxy } from '../proxy/start-proxy.ts';

export interface LiveRunSettings {
  readonly trace: TraceSource;
  readonly scenario: Scenario;
  readonly policy: NamedPolicy;
  readonly seed: number;
  /** Scenario time in time on the wall: of twins, proxy and traffic alike. */
  readonly speed: number;
  /** Send the first so many requests of the trace. */
  readonly requestsMax: number;
  /** Gets the proxy's configuration and its log. */
  readonly folder: string;
  readonly onProgress: (rows: number) => void;
}

export interface LiveRun {
  readonly traffic: TrafficResult;
  readonly logFolder: string;
  /** The configuration with which the proxy was started. */
  readonly configPath: string;
}

const CONFIG_FILE = 'token-pool.yaml';
const POLICY_FILE = 'policy.yaml';
const LOG_FOLDER = 'log';
/** Frames of a stream, ms on the wall: close enough to look alive, and few enough for one process to do it all. */
const CHUNK_GAP_MS = 100;

/** @throws BadInput when the scenario has no twin for a target, or a folder cannot be written */
export async function runLive(settings: LiveRunSettings): Promise<LiveRun> {
  const { trace, scenario, policy, seed, speed, requestsMax, folder, onProgress } = settings;
  await makeOutputFolder(folder);
  const secrets = await clientSecrets(trace);
  const twins = await startTwins({ scenario, seed, speed, chunkGapMs: CHUNK_GAP_MS });
  try {
    const configPath = join(folder, CONFIG_FILE);
    await writeFile(join(folder, POLICY_FILE), stringify(policy.policy));
    await writeFile(configPath, configText(scenario, twins, secrets, seed));
    const environment = twinSecrets(twins);
    const loadAgain = (): Gateway => loadGateway(configPath, environment);
    const proxy = await startProxy({ gateway: loadAgain(), loadAgain, warn: () => undefined, speed });
    try {
      // So that the scenario's faults come when the trace says.
      twins.reset();
      const traffic = await runTraffic({
        trace,
        url: `${proxy.url}/openai/v1`,
        speed,
        requestsMax,
        secretByClientKey: secrets,
        clients: scenario.clients,
        onProgress,
      });
      return { traffic, logFolder: resolve(folder, LOG_FOLDER), configPath };
    } finally {
      await proxy.close();
    }
  } finally {
    await twins.stop();
  }
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
