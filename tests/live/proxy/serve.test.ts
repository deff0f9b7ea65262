/** `tokenpool serve` as a user runs it: signals, exit codes, and what it says of a configuration that is wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { runTokenpool } from '../../cli/run-tokenpool.ts';
import { DONE, httpChunk, LAST_CHUNK, STOP, streamHead, text } from '../upstream/rough-server.ts';
import { until } from '../upstream/recorded-attempt.ts';
import { endsWithoutRows, expectParity, readLogged, seenEnd } from './logged-rows.ts';
import { forTest } from './proxy-of-test.ts';
import { providerAt, writeConfiguration } from './running-proxy.ts';
import { startScripted } from './scripted-lanes.ts';

it('SIGTERM lets a stream end, refuses new calls, and leaves with 0', async () => {
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
  await until(() => code !== null, 'its end', 15_000);
  expect(code).toBe(0);
  const logged = await readLogged(live.logFolder);
  expectParity(logged);
  expect(endsWithoutRows(logged, [seenEnd(stream)])).toEqual([]);
});

it('leaves with 2 and one line when something is wrong with its configuration', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenpool-serve-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { configPath } = writeConfiguration(folder, { pool: { providers: [providerAt('a', 'http://127.0.0.1:9')] } });
  const { code, stdout, stderr } = await runTokenpool('serve', '--config', configPath);
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: `tokenpool: ${configPath}: key a.main: the environment variable ROUGH_KEY is not set; set it\n`,
  });
});
