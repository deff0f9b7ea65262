/** How a proxy ends: what is under way comes to its end, nobody else is let in, and the log has it all. */
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { failingDevice } from '../../log/live/failing-device.ts';
import {
  CHAT,
  DONE,
  httpChunk,
  LAST_CHUNK,
  sendStream,
  STOP,
  streamHead,
  text,
  wholeAnswer,
} from '../upstream/rough-server.ts';
import { until } from './until.ts';
import { endsWithoutRows, expectParity, readLogged, seenEnd } from './logged-rows.ts';
import { chatBytes, roughClient } from './rough-client.ts';
import { forTest } from './proxy-of-test.ts';
import { startScripted } from './scripted-lanes.ts';

const finish = (socket: Socket): void =>
  void socket.write(httpChunk(text('end')) + httpChunk(STOP) + httpChunk(DONE) + LAST_CHUNK);

describe('a shutdown', () => {
  it('lets streams and queued requests end, and refuses new ones by old and new connections', async () => {
    const live = await forTest(startScripted({ solo: 1, narrow: 1 }));
    const sockets: Socket[] = [];
    const solo = live.lane('solo', (socket) => {
      sockets.push(socket);
      socket.write(streamHead() + httpChunk(text('begin')));
    });
    const waiting: Socket[] = [];
    const narrow = live.lane('narrow', (socket) => waiting.push(socket));
    const { url } = live.proxy;

    const stream = await live.chat({ model: solo.model, stream: true });
    const first = live.chat({ model: narrow.model });
    await until(() => waiting.length === 1, 'one in flight');
    const second = live.chat({ model: narrow.model });
    await until(() => live.proxy.driver.openRequests === 3, 'one queued');
    const old = await roughClient(url);
    old.socket.write('GET /v1/models HTTP/1.1\r\nhost: proxy\r\n\r\n');
    await until(() => old.text().includes('200 OK'), 'a connection in use');

    let isClosed = false;
    const closing = live.close().then(() => (isClosed = true));
    const refused = await live.chat({ model: solo.model });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('connection')).toBe('close');
    expect(await refused.json()).toMatchObject({ error: { code: 'shutting_down', type: 'server_error' } });
    old.socket.write(chatBytes({ model: solo.model }));
    await until(() => old.text().includes('"shutting_down"'), 'the old connection refused');

    expect(isClosed).toBe(false);
    waiting[0]!.write(wholeAnswer(200, CHAT));
    await until(() => waiting.length === 2, 'the queued one sent');
    waiting[1]!.write(wholeAnswer(200, CHAT));
    const answers = [await first, await second];
    for (const answer of answers) expect(await answer.text()).toBe(CHAT);
    expect(isClosed).toBe(false);
    finish(sockets[0]!);
    expect(await stream.text()).toBe(text('begin') + text('end') + STOP + DONE);
    await closing;
    await expect(live.chat()).rejects.toThrow('fetch failed');

    const logged = await readLogged(live.logFolder);
    expectParity(logged);
    expect(endsWithoutRows(logged, [stream, ...answers].map(seenEnd))).toEqual([]);
    expect(logged.outcomes.map(({ kind }) => kind)).toEqual(['success', 'success', 'success']);
    // The state at the end is there, so that the next start has nothing to replay.
    expect(logged.inputs).toHaveLength(1 + 3 + 3);
  });

  it('that has waited long enough ends the rest with an error, once that is in the log', async () => {
    const device = failingDevice();
    const live = await forTest(
      startScripted({ solo: 2, narrow: 1 }, { server: { drainTime: 50 }, start: { logOptions: { device } } }),
    );
    const streaming = live.lane('solo', (socket) => socket.write(streamHead() + httpChunk(text('begin'))));
    const silent = live.lane('narrow', () => undefined);
    const stream = await roughClient(live.url);
    stream.socket.write(chatBytes({ model: streaming.model, stream: true }));
    await until(() => stream.text().includes('begin'), 'the stream begun');
    const inFlight = live.chat({ model: silent.model });
    await until(() => silent.requests(0).length === 1, 'one in flight');
    const queued = live.chat({ model: silent.model });
    await until(() => live.proxy.driver.openRequests === 3, 'one queued');
    await live.proxy.log.flushed();

    device.isHanging = true;
    const closing = live.close();
    await until(() => live.proxy.driver.openRequests === 0, 'all given up');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stream.text()).not.toContain('shutting_down');
    device.isHanging = false;
    await until(() => stream.text().includes('shutting_down'), 'the stream ended');
    expect(stream.text()).toMatch(/data: \{"error":\{[^\n]*"code":"shutting_down"\}\}\n\n\r\n0\r\n\r\n$/);
    const answers = [await inFlight, await queued];
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ error: { code: 'shutting_down' } });
    }
    await closing;
    const logged = await readLogged(live.logFolder);
    expectParity(logged);
    // By the proxy, not by their clients.
    expect(logged.outcomes.map(({ attempt, kind, error_code: code }) => [attempt, kind, code])).toEqual([
      [0, 'cancelled', 'shutdown'],
      [1, 'cancelled', 'shutdown'],
      [1, 'cancelled', 'shutdown'],
    ]);
    expect(silent.requests(0)).toHaveLength(1);
  });

  it('waits for a client that still reads an answer which is over for the core', async () => {
    const live = await forTest(startScripted({ solo: 1 }));
    const whole = CHAT.replace('hi', 'y'.repeat(12_000_000));
    const lane = live.lane('solo', (socket) => socket.write(wholeAnswer(200, whole)));
    const client = await roughClient(live.url, false);
    client.socket.pause();
    client.socket.write(chatBytes({ model: lane.model }));
    await until(() => lane.requests(0).length === 1 && live.proxy.driver.openRequests === 0, 'over for the core');
    await live.proxy.log.flushed();
    const closing = live.close();
    // Longer than a shutdown lingers for connections that nobody needs.
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    client.socket.resume();
    await closing;
    await until(() => client.isClosed(), 'the connection closed');
    expect(client.bytes()).toBeGreaterThan(whole.length);
  });

  it('answers /health until it is over, and says in its log what it does', { timeout: 60_000 }, async () => {
    const live = await forTest(startScripted({ solo: 1 }, { isServed: true, server: { drainTime: 30_000 } }));
    const sockets: Socket[] = [];
    const lane = live.lane('solo', (socket) => {
      sockets.push(socket);
      socket.write(streamHead() + httpChunk(text('begin')));
    });
    const health = async (): Promise<unknown[]> => {
      const response = await fetch(`${live.url}/health`);
      const { status, why } = (await response.json()) as { status: string; why: string | null };
      return [response.status, status, why, response.headers.get('connection')];
    };
    const stream = await live.chat({ model: lane.model, stream: true });
    expect(await health()).toEqual([200, 'ok', null, 'keep-alive']);
    live.served.signal('SIGTERM');
    await until(() => live.served.stderr().includes('draining'), 'the shutdown begun');
    for (let look = 0; look < 5; look++) {
      expect(await health()).toEqual([503, 'draining', 'shutting down', 'close']);
    }
    for (const path of ['models', 'models/x']) {
      const refused = await fetch(`${live.url}/v1/${path}`);
      expect([refused.status, refused.headers.get('connection')]).toEqual([503, 'close']);
      expect(await refused.json()).toMatchObject({ error: { code: 'shutting_down' } });
    }
    finish(sockets[0]!);
    await stream.text();
    expect(await live.served.ended).toBe(0);
    const lines = live.served
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const shutdown = lines.filter(({ event }) => event === 'shutdown');
    expect(shutdown).toMatchObject([
      { level: 'info', signal: 'SIGTERM', requests: 1, drainMs: 30_000, msg: 'draining 1 requests' },
      { level: 'info', signal: 'SIGTERM', givenUp: 0, msg: expect.stringMatching(/^stopped after \d+ ms/) as string },
    ]);
    expect(lines.at(-1)).toEqual(shutdown[1]);
  });

  it('of a proxy that does nothing takes no time, and the second call waits for the first', async () => {
    const live = await forTest(startScripted({ solo: 1 }));
    const lane = live.lane('solo', (socket) => sendStream(socket, [text('a'), STOP, DONE]));
    await (await live.chat({ model: lane.model, stream: true })).text();
    const startMs = performance.now();
    await Promise.all([live.close(), live.close()]);
    // An idle connection of the client, which may live for a minute, is no reason to wait.
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });
});
