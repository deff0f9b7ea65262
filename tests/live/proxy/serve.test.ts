/** `tokenpool serve` as a user runs it: signals, exit codes, and what it says of a configuration that is wrong. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadGateway } from '../../../src/config/load-gateway.ts';
import { startProxy } from '../../../src/proxy/start-proxy.ts';
import { runHere } from '../../cli/run-here.ts';
import { runTokenpool } from '../../cli/run-tokenpool.ts';
import { DONE, httpChunk, LAST_CHUNK, STOP, streamHead, text } from '../upstream/rough-server.ts';
import { until } from './until.ts';
import { endsWithoutRows, expectParity, readLogged, seenEnd } from './logged-rows.ts';
import { forTest } from './proxy-of-test.ts';
import { providerAt, writeConfiguration } from './running-proxy.ts';
import { startScripted } from './scripted-lanes.ts';

it('SIGTERM lets a stream end, refuses new calls, and leaves with 0', { timeout: 60_000 }, async () => {
  const live = await forTest(startScripted({ solo: 1 }, { isServed: true, server: { drainTime: 30_000 } }));
  expect(live.served.report).toMatchObject({ admin: false, targets: 1, log: live.logFolder });
  const sockets: Socket[] = [];
  const lane = live.lane('solo', (socket) => {
    sockets.push(socket);
    socket.write(streamHead() + httpChunk(text('begin')));
  });
  const stream = await live.chat({ model: lane.model, stream: true });
  live.served.signal('SIGTERM');
  let refused = await live.chat({ model: 'no-such-model' });
  for (let tries = 0; refused.status === 404 && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    refused = await live.chat({ model: 'no-such-model' });
  }
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ error: { code: 'shutting_down' } });
  sockets[0]!.write(httpChunk(STOP) + httpChunk(DONE) + LAST_CHUNK);
  expect(await stream.text()).toBe(text('begin') + STOP + DONE);
  let code: number | string | null = null;
  void live.served.ended.then((given) => (code = given));
  await until(() => code !== null, 'its end', 30_000);
  expect(code).toBe(0);
  const logged = await readLogged(live.logFolder);
  expectParity(logged);
  expect(endsWithoutRows(logged, [seenEnd(stream)])).toEqual([]);
});

function configured(provider: object, server: Readonly<Record<string, unknown>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-serve-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const pool = { providers: [providerAt('a', 'http://127.0.0.1:9', { provider })] };
  return writeConfiguration(folder, { pool, server });
}

it('leaves with 2 and one line when something is wrong with its configuration', async () => {
  const { configPath } = configured({});
  const { code, stdout, stderr } = await runHere('serve', '--config', configPath);
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^tokenpool: \S+\.yaml:\d+:\d+: key a\.main: the environment variable ROUGH_KEY is not set; set it\n$/,
    ) as string,
  });
});

const KEYLESS = { auth: 'none', keys: [{ alias: 'main' }] };

it('leaves when it cannot start though its log is open already', async () => {
  const { configPath, logFolder } = configured(KEYLESS);
  mkdirSync(join(logFolder, 'session-salt'), { recursive: true });
  const { code, stderr } = await runTokenpool('serve', '--config', configPath);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^tokenpool: [^\n]*session-salt: is a folder; name a file\n$/);
  expect(readdirSync(logFolder).filter((name) => name.startsWith('session-salt'))).toEqual(['session-salt']);
});

it('says that its port is taken, and lets go of its log', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const { configPath, logFolder } = configured(KEYLESS, { port });
  const start = () =>
    startProxy({
      gateway: loadGateway(configPath, {}),
      loadAgain: () => loadGateway(configPath, {}),
      warn: () => undefined,
      processMetrics: false,
    });
  await expect(start()).rejects.toThrow(new RegExp(`server: 127\\.0\\.0\\.1:${port} is taken; choose another port$`));
  expect(existsSync(logFolder)).toBe(false);
  await new Promise((resolve) => other.close(resolve));
  const proxy = await start();
  expect(proxy.url).toBe(`http://127.0.0.1:${port}`);
  await expect(start()).rejects.toThrow(/already/);
  await proxy.close();
  const again = createServer();
  await new Promise<void>((resolve) => again.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void again.close());
  await expect(start()).rejects.toThrow(/is taken/);
  expectParity(await readLogged(logFolder));
});

it.each([
  ['.', /^tokenpool: \.: cannot be read: is a folder; name a file\n$/],
  ['nowhere.yaml', /^tokenpool: nowhere\.yaml: there is no such file; name one with --config [^\n]*\n$/],
])('says in plain words that %s is no configuration', async (path, line) => {
  const { code, stdout, stderr } = await runHere('serve', '--config', path);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(line);
});
