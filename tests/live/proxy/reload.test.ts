/** A reload of a proxy at work: what it says of what has changed, and what becomes of targets that it takes out. */
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { StatusPage } from '../../../src/proxy/admin/index.ts';
import { createServiceLogger } from '../../../src/proxy/watch/index.ts';
import { DONE, httpChunk, LAST_CHUNK, STOP, streamHead, text, type RoughServer } from '../upstream/rough-server.ts';
import { expectParity, readLogged } from './logged-rows.ts';
import { forTest } from './proxy-of-test.ts';
import { atRest, providerAt, sha256, startBeforeRough, type LiveProxy, type LiveSettings } from './running-proxy.ts';
import { until } from './until.ts';

const TOKEN = 'operators-only-3f9c';
const ENVIRONMENT = { ROUGH_KEY: 'sk-rough-provider', ADMIN: TOKEN };

interface Reloading extends LiveProxy {
  readonly servers: readonly RoughServer[];
  readonly lines: readonly string[];
  readonly sockets: readonly Socket[];
  /** With other settings in the files, if any. */
  reload(changes?: Partial<LiveSettings>): Promise<[number, Record<string, unknown>]>;
  ask(method: string, path: string): Promise<[number, string]>;
  status(): Promise<StatusPage>;
}

/** Two providers, `a` preferred; each begins a stream and leaves it open. */
async function start(): Promise<Reloading> {
  const lines: string[] = [];
  const sockets: Socket[] = [];
  const hold = (socket: Socket): void => {
    sockets.push(socket);
    socket.write(streamHead() + httpChunk(text('begin')));
  };
  const logger = createServiceLogger({ destination: { write: (line) => void lines.push(line) } });
  const admin = { tokenEnv: 'ADMIN' };
  // The first one stays preferred however many it has.
  const policy = { score: { weights: { load: 0 } } };
  const settings = { admin, policy, environment: ENVIRONMENT, start: { logger } };
  const live = await forTest(startBeforeRough([hold, hold], settings));
  const call = (method: string, path: string): Promise<Response> =>
    fetch(`${live.url}/admin/${path}`, { method, headers: { authorization: `Bearer ${TOKEN}` } });
  return Object.assign(live, {
    lines,
    sockets,
    async reload(changes: Partial<LiveSettings> = {}): Promise<[number, Record<string, unknown>]> {
      live.rewrite(changes);
      const response = await call('POST', 'reload');
      return [response.status, (await response.json()) as Record<string, unknown>];
    },
    async ask(method: string, path: string): Promise<[number, string]> {
      const response = await call(method, path);
      const { error } = (await response.json()) as { error?: { code: string; message: string } };
      return [response.status, error?.message ?? ''];
    },
    status: async () => (await (await call('GET', 'status')).json()) as StatusPage,
  });
}

describe('a reload', () => {
  it('says that nothing has changed when nothing has, and what has when something has', async () => {
    const live = await start();
    const { hash } = live.proxy.driver.policy;
    const { router } = live.proxy.driver;
    expect(await live.reload()).toEqual([
      200,
      { reloaded: true, changed: [], policy: { name: 'policy', hash }, targets: 2 },
    ]);
    // The core was not even told.
    expect(live.proxy.driver.router).toBe(router);
    expect(await live.reload({ policy: { mode: 'weighted' } })).toMatchObject([200, { changed: ['policy'] }]);
    const clientKeys = [{ name: 'team', secretSha256: sha256('team') }];
    expect(await live.reload({ clientKeys })).toMatchObject([200, { changed: ['clientKeys'] }]);
    const environment = { ...ENVIRONMENT, ROUGH_KEY: 'sk-another' };
    expect(await live.reload({ environment })).toMatchObject([200, { changed: ['secrets'] }]);
    const said = live.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(said.filter(({ event }) => event === 'reload').map(({ msg }) => msg)).toEqual([
      'the configuration was read again; nothing has changed',
      'the configuration was read again; changed: policy',
      'the configuration was read again; changed: clientKeys',
      'the configuration was read again; changed: secrets',
    ]);
    expect(live.lines.join('')).not.toMatch(/another pool|sk-/);
    await live.close();
    expectParity(await readLogged(live.logFolder));
  });

  it('that is refused leaves one line in the log of the service, without a stack', async () => {
    const live = await start();
    const [status, body] = await live.reload({ policy: { retry: { attemptsMax: 0 } } });
    expect([status, body]).toMatchObject([422, { error: { code: 'CONFIG_ERROR' } }]);
    const lines = live.lines.filter((line) => line.includes('a reload was refused'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'warn',
      msg: expect.stringContaining('retry.attemptsMax') as string,
    });
    expect(live.lines.join('')).not.toMatch(/stack|\.ts:\d/);
  });
});

it('counts what a client key and a target that it brought have done under their names', async () => {
  const answer = (socket: Socket): void =>
    void socket.write(streamHead() + httpChunk(text('Well')) + httpChunk(STOP) + httpChunk(DONE) + LAST_CHUNK);
  const settings = { admin: { tokenEnv: 'ADMIN' }, environment: ENVIRONMENT, policy: {} };
  const live = await forTest(startBeforeRough([answer], settings));
  const get = async (path: string): Promise<string> =>
    (await fetch(`${live.url}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } })).text();
  live.rewrite({
    clientKeys: [{ name: 'newcomer', secretSha256: sha256('sk-newcomer') }],
    pool: { providers: [providerAt('late', live.servers[0]!.origin)] },
  });
  live.proxy.reload();
  const headers = { authorization: 'Bearer sk-newcomer' };
  await (await live.chat({ stream: true }, { headers })).text();
  await until(() => live.proxy.driver.openRequests === 0, 'the end of the request');
  const { clientKeys } = JSON.parse(await get('/admin/client-keys')) as {
    clientKeys: { name: string; sinceStart: { completed: number } }[];
  };
  expect(clientKeys).toMatchObject([{ name: 'newcomer', sinceStart: { completed: 1 } }]);
  const metrics = await get('/metrics');
  expect(metrics).toMatch(/client_key="newcomer"[^\n]* 1\n/);
  expect(metrics).toMatch(/target="late\.main\.m"[^\n]* 1\n/);
  expect(metrics).not.toContain('(other)"} 1');
});

it('SIGHUP does the same, and says so', { timeout: 60_000 }, async () => {
  const live = await forTest(
    startBeforeRough([() => undefined], { environment: ENVIRONMENT, isServed: true, policy: {} }),
  );
  const linesWith = (words: string): string[] =>
    live.served
      .stderr()
      .split('\n')
      .filter((line) => line.includes(words));
  live.served.signal('SIGHUP');
  await until(() => linesWith('nothing has changed').length === 1, 'a reload of the same');
  live.rewrite({ policy: { retry: { attemptsMax: 0 } } });
  live.served.signal('SIGHUP');
  await until(() => linesWith('a reload was refused').length === 1, 'a reload refused');
  live.rewrite({ policy: { retry: { attemptsMax: 1 } } });
  live.served.signal('SIGHUP');
  await until(() => linesWith('changed: policy').length === 1, 'a reload');
  expect(live.served.stderr()).not.toMatch(/stack|\.ts:\d/);
});

describe('a target that a reload takes out', () => {
  it('is retiring while attempts are in flight there, takes no orders, and is gone with the last', async () => {
    const live = await start();
    const first = await live.chat({ stream: true });
    const second = await live.chat({ stream: true });
    expect([first, second].map(({ headers }) => headers.get('x-token-pool-target'))).toEqual(['a.main.m', 'a.main.m']);
    const onlyB = { providers: [providerAt('b', live.servers[1]!.origin)] };
    expect(await live.reload({ pool: onlyB })).toMatchObject([200, { changed: ['providers'], targets: 1 }]);

    const leaving = { target: 'a.main.m', state: 'retiring', isLeaving: true, isAvailable: false, inFlight: 2 };
    expect((await live.status()).targets).toMatchObject([leaving, { target: 'b.main.m', state: 'healthy' }]);
    for (const action of ['enable', 'disable']) {
      const [status, message] = await live.ask('POST', `targets/a.main.m/${action}`);
      expect(status).toBe(409);
      expect(message).toMatch(/^A reload has taken the target out of the pool/);
    }
    const cooled = await fetch(`${live.url}/admin/targets/a.main.m/cool`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: '{"forMs":1000}',
    });
    expect(cooled.status).toBe(409);

    const end = (socket: Socket): void => void socket.write(httpChunk(STOP) + httpChunk(DONE) + LAST_CHUNK);
    end(live.sockets[0]!);
    expect(await first.text()).toBe(text('begin') + STOP + DONE);
    await until(() => live.proxy.driver.openRequests === 1, 'the first over');
    expect((await live.status()).targets).toMatchObject([{ ...leaving, inFlight: 1 }, { target: 'b.main.m' }]);
    end(live.sockets[1]!);
    expect(await second.text()).toBe(text('begin') + STOP + DONE);
    await until(() => live.proxy.driver.router.targetIds.length === 1, 'the target gone');
    expect((await live.status()).targets.map(({ target }) => target)).toEqual(['b.main.m']);
    expect((await live.ask('POST', 'targets/a.main.m/enable'))[0]).toBe(404);
    expect(live.lines.filter((line) => line.includes('"event":"retired"'))).toHaveLength(1);

    await atRest(live);
    await live.close();
    const logged = await readLogged(live.logFolder);
    expectParity(logged);
    const starts = logged.inputs.flatMap((input) => (input.kind === 'configure' ? [input.payload.start] : []));
    expect(starts).toEqual(['fresh', 'reloaded', 'reloaded']);
  });
});
