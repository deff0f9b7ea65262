/** The gateways under test, in front of one provider. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { nodeLaunch, startProcess, type BenchProcess } from './bench-process.ts';

export type GatewayName = 'floor' | 'tokenPool' | 'nginx';

export interface RunningGateway {
  readonly name: GatewayName | 'direct';
  readonly port: number;
  readonly process: BenchProcess;
}

/** Every target but the narrow one. */
export const ALL_TARGETS = 'bench';
/** A model whose one target takes two requests at a time. */
export const NARROW_TARGET = 'narrow';
export const ADMIN_TOKEN = 'bench-admin-token';

const FLOOR = fileURLToPath(new URL('floor.js', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const SCENARIO = fileURLToPath(new URL('../../../simulator/scenarios/tight-budget.scenario.yaml', import.meta.url));
/** Budgets are kept and never bind. */
const WIDE = 1e12;

/** As the README advises where there is one core; for both, so that neither has the better start. */
export const ONE_CORE_FLAGS = ['--no-concurrent-marking', '--no-parallel-scavenge'] as const;

export async function startFloor(upstreamPort: number, core: number | null): Promise<RunningGateway> {
  const origin = `http://127.0.0.1:${upstreamPort}`;
  const { started } = await startProcess({ command: process.execPath, args: [...flagsOn(core), FLOOR, origin], core });
  return { name: 'floor', port: (started.said as { port: number }).port, process: started };
}

/** The real `serve`, with the pool of the scenario tight-budget; its log goes to `folder`. */
export async function startTokenPool(
  upstreamPort: number,
  folder: string,
  core: number | null,
): Promise<RunningGateway> {
  const config = join(folder, 'token-pool.yaml');
  const { form, environment } = gatewayForm(upstreamPort);
  writeFileSync(config, stringify(form));
  const launch = nodeLaunch(MAIN, ['serve', '--config', config, '--json'], core, flagsOn(core));
  const { started } = await startProcess({ ...launch, environment });
  const { url } = started.said as { url: string };
  return { name: 'tokenPool', port: Number(new URL(url).port), process: started };
}

function flagsOn(core: number | null): readonly string[] {
  return core === null ? [] : ONE_CORE_FLAGS;
}

interface ScenarioPool {
  readonly providers: readonly ScenarioProvider[];
  readonly clientKeys: readonly { readonly budgets?: readonly object[] }[];
}

interface ScenarioProvider {
  readonly budgets?: readonly object[];
  readonly keys: readonly { readonly secretEnv?: string; readonly budgets?: readonly object[] }[];
  readonly models: readonly { readonly id: string; readonly budgets?: readonly object[] }[];
}

function gatewayForm(upstreamPort: number): { form: object; environment: Record<string, string> } {
  const { pool } = parse(readFileSync(SCENARIO, 'utf8')) as { readonly pool: ScenarioPool };
  const baseUrl = `http://127.0.0.1:${upstreamPort}/v1`;
  const environment: Record<string, string> = { BENCH_ADMIN: ADMIN_TOKEN };
  const providers = pool.providers.map((provider) => ({
    ...wide(provider),
    protocol: 'openai',
    baseUrl,
    keys: provider.keys.map((key) => {
      const secretEnv = key.secretEnv ?? 'BENCH_KEY';
      environment[secretEnv] = 'bench-secret';
      return { ...wide(key), secretEnv, concurrencyLimit: null };
    }),
    models: provider.models.map(wide),
  }));
  const narrow = {
    id: 'narrow',
    baseUrl,
    auth: 'none',
    keys: [{ concurrencyLimit: 2, queueLimit: 256 }],
    models: [{ id: NARROW_TARGET, prices: { inputUsdPerMillion: 1, outputUsdPerMillion: 1 } }],
  };
  const models = pool.providers.flatMap((provider) => provider.models.map(({ id }) => id));
  const form = {
    server: { port: 0 },
    admin: { tokenEnv: 'BENCH_ADMIN' },
    log: { folder: 'log' },
    providers: [...providers, narrow],
    modelAliases: { [ALL_TARGETS]: models },
    clientKeys: pool.clientKeys.map(wide),
  };
  return { form, environment };
}

function wide<T extends { readonly budgets?: readonly object[] }>(scope: T): T {
  return scope.budgets === undefined
    ? scope
    : { ...scope, budgets: scope.budgets.map((rule) => ({ ...rule, limit: WIDE })) };
}

/** Null where nginx is not installed. */
export async function startNginx(
  upstreamPort: number,
  folder: string,
  core: number | null,
): Promise<RunningGateway | null> {
  if (spawnSync('nginx', ['-v']).status !== 0) return null;
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, nginxConfig(port, upstreamPort, folder));
  const args = ['-p', folder, '-e', join(folder, 'error.log'), '-c', config];
  const { started } = await startProcess({ command: 'nginx', args, core, isQuiet: true });
  return { name: 'nginx', port, process: started };
}

/** One process in the foreground, everything it writes in `folder`. */
function nginxConfig(port: number, upstreamPort: number, folder: string): string {
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  client_body_buffer_size 256k;
  client_max_body_size 32m;
  upstream provider {
    server 127.0.0.1:${upstreamPort};
    keepalive 2048;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
