import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUpstreamClient, type UpstreamClient } from '../../../src/proxy/upstream/index.ts';
import { PATIENT, record, sleep, until } from './recorded-attempt.ts';
import {
  CHAT,
  DONE,
  httpChunk,
  LAST_CHUNK,
  sendStream,
  startRoughServer,
  STOP,
  streamHead,
  text,
  wholeAnswer,
  type RoughServer,
} from './rough-server.ts';
import { startSilentServer } from './silent-server.ts';

/** Connections of this process that exist or are being made. */
const openHandles = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'TCPConnectWrap').length;

function blockFor(ms: number): void {
  const endAtMs = performance.now() + ms;
  while (performance.now() < endAtMs);
}

let server: RoughServer;
let client: UpstreamClient;

beforeEach(async () => {
  server = await startRoughServer((socket) => sendStream(socket, [text('a'), STOP, DONE]));
  client = createUpstreamClient();
});
/** Whatever a test did, nothing is left: no attempt, no connection, no place in a line. */
afterEach(async () => {
  expect(client.counts()).toMatchObject({ attempts: 0, waiting: 0 });
  expect(client.counts().open).toBe(client.counts().idle);
  client.close();
  expect(client.counts().open).toBe(0);
  await until(() => server.open() === 0, 'all sockets closed');
  await server.close();
});

describe('a provider that cannot be reached', () => {
  it('refuses connections', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const seen = record(client, { origin: `http://127.0.0.1:${port}` });
    expect(await seen.result).toMatchObject({ kind: 'failure', status: null, errorCode: 'connection_refused' });
    expect(client.counts().open).toBe(0);
  });

  it('has no address', async () => {
    client.close();
    const notFound = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    client = createUpstreamClient({ connect: { lookup: (_host, _options, done) => done(notFound, []) } });
    const { kind, errorCode } = await record(client, { origin: 'http://no-such-host.invalid' }).result;
    expect({ kind, errorCode }).toEqual({ kind: 'failure', errorCode: 'dns_failed' });
  });

  it('speaks no TLS', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      socket.end('HTTP/1.1 400 X\r\n\r\n');
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as AddressInfo;
    const { kind, errorCode } = await record(client, { origin: `https://127.0.0.1:${port}` }).result;
    expect({ kind, errorCode }).toEqual({ kind: 'failure', errorCode: 'tls_failed' });
    await new Promise((resolve) => plain.close(resolve));
  });

  it.each([
    ['an origin that is none', { origin: 'nonsense' }],
    ['a header with a line end', { headers: ['x-a', 'b\r\nx-c: d'] }],
    ['a path that is none', { path: 'no slash' }],
  ])('because the call is wrong: %s', async (_, call) => {
    const { kind, errorCode } = await record(client, { origin: server.origin, ...call }).result;
    expect({ kind, errorCode }).toEqual({ kind: 'failure', errorCode: 'invalid_call' });
  });
});

describe('a provider that breaks off before it answers', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['with a reset', (socket) => socket.resetAndDestroy()],
    ['with a close', (socket) => socket.end()],
    ['within the head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-')],
    ['within the body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"choices"')],
    ['within the body, by chunks', (socket) => socket.end(streamHead() + httpChunk('data: {') + '90\r\nhalf')],
    [
      'within the body, and had said it would close',
      (socket) => socket.end(streamHead('connection: close\r\n') + '90\r\nhalf'),
    ],
  ])('%s', async (_, breakOff) => {
    for (const isStream of [true, false]) {
      server.behave = (socket) => void setTimeout(() => breakOff(socket), 10);
      const seen = record(client, { origin: server.origin, isStream });
      const { kind, isCommitted, errorCode } = await seen.result;
      expect({ kind, isCommitted }).toEqual({ kind: 'failure', isCommitted: false });
      expect(['connection_reset', 'bad_upstream_body']).toContain(errorCode);
      expect(seen.order).toEqual(['end']);
    }
  });
});

describe('timeouts', () => {
  const cases: [string, object, (socket: Socket) => void, boolean, string][] = [
    ['no first token from a half-open connection', { firstTokenMs: 60 }, () => undefined, true, 'first_token_timeout'],
    [
      'no first token, only comments',
      { firstTokenMs: 60, idleMs: 30 },
      (socket) => socket.write(streamHead() + httpChunk(': ping\n\n')),
      true,
      'first_token_timeout',
    ],
    [
      'silence after the first token',
      { idleMs: 60 },
      (socket) => socket.write(streamHead() + httpChunk(text('a'))),
      true,
      'idle_timeout',
    ],
    ['no answer in one piece', { totalMs: 60, firstTokenMs: 20 }, () => undefined, false, 'total_timeout'],
    [
      'silence within an answer in one piece',
      { idleMs: 60 },
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{'),
      false,
      'idle_timeout',
    ],
  ];
  it.each(cases)('%s', async (_, timeouts, behave, isStream, errorCode) => {
    server.behave = behave;
    const result = await record(client, { origin: server.origin, isStream, timeouts: { ...PATIENT, ...timeouts } })
      .result;
    expect(result).toMatchObject({ kind: 'timeout', status: null, errorCode });
    expect(result.durationMs).toBeGreaterThan(58);
    expect(result.durationMs).toBeLessThan(2_000);
    await until(() => server.open() === 0, 'the socket freed');
  });

  it('a drip that never ends is cut by the total', async () => {
    server.behave = (socket) => {
      socket.write(streamHead());
      const drip = setInterval(() => socket.write(httpChunk(text('x'))), 10);
      socket.on('close', () => clearInterval(drip));
    };
    const seen = record(client, { origin: server.origin, timeouts: { ...PATIENT, idleMs: 100, totalMs: 250 } });
    const result = await seen.result;
    expect(result).toMatchObject({ kind: 'timeout', errorCode: 'total_timeout', isCommitted: true });
    expect(result.contentEvents).toBeGreaterThan(5);
    expect(seen.text()).toBe(text('x').repeat(result.contentEvents));
  });

  it('a busy moment of our own is not the silence of the provider', async () => {
    server.behave = (socket) => {
      socket.write(streamHead());
      for (let count = 0; count < 10; count++) setTimeout(() => socket.write(httpChunk(text('a'))), count * 20);
      setTimeout(() => socket.write(httpChunk(STOP + DONE) + LAST_CHUNK), 220);
    };
    const seen = record(client, { origin: server.origin, timeouts: { ...PATIENT, idleMs: 80 } }, () => {
      // The second chunk is in the socket when the timer is due.
      if (seen.order.length === 2) setTimeout(blockFor, 5, 150);
    });
    expect(await seen.result).toMatchObject({ kind: 'success' });
  });

  it('no connection in time, and none stays behind', async () => {
    const silent = await startSilentServer();
    const seen = record(client, { origin: silent.origin, timeouts: { ...PATIENT, connectMs: 80 } });
    const result = await seen.result;
    expect(result).toMatchObject({ kind: 'timeout', status: null, errorCode: 'connect_timeout' });
    expect(result.durationMs).toBeGreaterThan(78);
    expect(result.durationMs).toBeLessThan(1_000);
    expect(client.counts().open).toBe(0);
    await silent.close();
  });
});

describe('abort', () => {
  const cancelled = { kind: 'cancelled', status: null, errorCode: 'client_left', retryAfterMs: null };

  it('at once, before anything is sent', async () => {
    const seen = record(client, { origin: server.origin });
    seen.attempt.abort();
    expect(seen.ends()).toBe(1);
    expect(await seen.result).toMatchObject(cancelled);
    await sleep(30);
    expect(server.accepted()).toBe(0);
  });

  it('while it is connecting', async () => {
    const silent = await startSilentServer();
    const before = openHandles();
    const seen = record(client, { origin: silent.origin });
    await sleep(20);
    expect(client.counts().open).toBe(1);
    expect(openHandles()).toBe(before + 1);
    seen.attempt.abort();
    expect(await seen.result).toMatchObject(cancelled);
    expect(client.counts().open).toBe(0);
    await until(() => openHandles() === before, 'the socket freed');
    await silent.close();
  });

  it('while it waits for the head', async () => {
    server.behave = () => undefined;
    const seen = record(client, { origin: server.origin });
    await until(() => server.requests.length === 1, 'the request');
    seen.attempt.abort();
    expect(await seen.result).toMatchObject(cancelled);
    await until(() => server.open() === 0, 'the socket freed');
  });

  it('in the body, and nothing comes after the end', async () => {
    server.behave = (socket) => socket.write(streamHead() + httpChunk(text('a')));
    const seen = record(client, { origin: server.origin });
    await until(() => seen.order.includes('chunk'), 'the first chunk');
    seen.attempt.abort();
    seen.attempt.abort();
    expect(await seen.result).toMatchObject({ ...cancelled, isCommitted: true, contentEvents: 1 });
    await until(() => server.open() === 0, 'the socket freed');
    expect(seen.order).toEqual(['head', 'chunk', 'end']);
  });

  it('from within a callback', async () => {
    server.behave = (socket) => sendStream(socket, [text('a'), text('b'), STOP, DONE]);
    const seen = record(client, { origin: server.origin }, (attempt) => attempt.abort());
    expect(await seen.result).toMatchObject(cancelled);
    await sleep(20);
    expect(seen.order).toEqual(['head', 'chunk', 'end']);
  });

  it('while it is paused', async () => {
    server.behave = (socket) => socket.write(streamHead() + httpChunk(text('a')));
    const seen = record(client, { origin: server.origin }, (attempt) => attempt.pause());
    await until(() => seen.order.includes('chunk'), 'the first chunk');
    seen.attempt.abort();
    expect(await seen.result).toMatchObject(cancelled);
    await until(() => server.open() === 0, 'the socket freed');
  });

  it('in the line: the place is free, and the line moves on for all that stay', async () => {
    client.close();
    client = createUpstreamClient({ connectionsMax: 2 });
    let release: (() => void)[] = [];
    server.behave = (socket) => {
      release.push(() => sendStream(socket, [text('a'), STOP, DONE]));
    };
    const seen = Array.from({ length: 60 }, () => record(client, { origin: server.origin }));
    await until(() => release.length === 2, 'two at the server');
    expect(client.counts()).toMatchObject({ open: 2, waiting: 58, attempts: 60 });
    // Two of three leave: some of them are being served, most are in the line.
    for (const [index, { attempt }] of seen.entries()) if (index % 3 !== 0) attempt.abort();
    server.behave = (socket) => sendStream(socket, [text('a'), STOP, DONE]);
    for (const send of release) send();
    release = [];
    const kinds = (await Promise.all(seen.map(({ result }) => result))).map(({ kind }) => kind);
    expect(kinds).toEqual(seen.map((_, index) => (index % 3 === 0 ? 'success' : 'cancelled')));
    expect(client.counts()).toMatchObject({ waiting: 0, attempts: 0 });
    expect(server.accepted()).toBeLessThanOrEqual(4);
  });

  it('of a thousand in a storm leaves nothing behind, and the client still works', async () => {
    client.close();
    client = createUpstreamClient({ connectionsMax: 50 });
    server.behave = (socket, { ordinal }) => {
      if (ordinal % 3 === 0) socket.resetAndDestroy();
      else setTimeout(() => sendStream(socket, [text('a'), STOP, DONE]), ordinal % 7);
    };
    const seen = Array.from({ length: 1_000 }, (_, index) => {
      const recorded = record(client, { origin: server.origin });
      setTimeout(() => recorded.attempt.abort(), (index * 7) % 60);
      return recorded;
    });
    await Promise.all(seen.map(({ result }) => result));
    expect(seen.every(({ ends }) => ends() === 1)).toBe(true);
    server.behave = (socket) => sendStream(socket, [text('a'), STOP, DONE]);
    expect((await record(client, { origin: server.origin }).result).kind).toBe('success');
  });

  it('has no effect after the end', async () => {
    const seen = record(client, { origin: server.origin });
    expect((await seen.result).kind).toBe('success');
    seen.attempt.abort();
    seen.attempt.pause();
    seen.attempt.resume();
    expect(seen.ends()).toBe(1);
  });
});

describe('waiting in the line', () => {
  it('counts as connecting', async () => {
    client.close();
    client = createUpstreamClient({ connectionsMax: 1 });
    server.behave = () => undefined;
    const first = record(client, { origin: server.origin });
    const second = record(client, { origin: server.origin, timeouts: { ...PATIENT, connectMs: 60 } });
    expect(await second.result).toMatchObject({ kind: 'timeout', errorCode: 'connect_timeout' });
    first.attempt.abort();
  });

  it('goes on after connections that fail', async () => {
    client.close();
    client = createUpstreamClient({ connectionsMax: 1 });
    server.behave = (socket, { body }) =>
      body.includes('bad')
        ? socket.resetAndDestroy()
        : sendStream(socket, [text('a'), STOP, DONE], 'connection: close\r\n');
    const bodies = ['bad', 'good', 'bad', 'bad', 'good'];
    const seen = bodies.map((body) => record(client, { origin: server.origin, body: Buffer.from(body) }));
    const kinds = (await Promise.all(seen.map(({ result }) => result))).map(({ kind }) => kind);
    expect(kinds).toEqual(['failure', 'success', 'failure', 'failure', 'success']);
  });
});

describe('connections that are not in use', () => {
  it('are dropped when the provider closes them, and it goes unnoticed', async () => {
    server.behave = (socket) => {
      socket.write(wholeAnswer(200, CHAT));
      setTimeout(() => socket.destroy(), 20);
    };
    for (let count = 0; count < 3; count++) {
      expect((await record(client, { origin: server.origin, isStream: false }).result).kind).toBe('success');
      await until(() => client.counts().open === 0, 'the closed connection forgotten');
    }
  });

  it('are closed after a while', async () => {
    client.close();
    client = createUpstreamClient({ keepAliveMs: 50 });
    await record(client, { origin: server.origin }).result;
    expect(client.counts()).toMatchObject({ open: 1, idle: 1 });
    await until(() => client.counts().open === 0, 'the idle connection closed');
  });
});

describe('closing', () => {
  it('ends what runs and frees every socket', async () => {
    server.behave = (socket) => socket.write(streamHead() + httpChunk(text('a')));
    const seen = Array.from({ length: 5 }, () => record(client, { origin: server.origin }));
    await until(() => seen.every(({ order }) => order.includes('chunk')), 'all running');
    client.close();
    for (const { result } of seen) expect(await result).toMatchObject({ kind: 'failure', errorCode: 'proxy_closed' });
    await until(() => server.open() === 0, 'all sockets closed');
  });
});

describe('a slow client', () => {
  const PIECE = text('x'.repeat(1_000));
  const PIECES = 40_000;

  it('holds the provider back, and gets every byte in the end', async () => {
    let written = 0;
    server.behave = (socket) => {
      socket.write(streamHead());
      const send = (): void => {
        while (written < PIECES) {
          written++;
          if (!socket.write(httpChunk(PIECE))) return void socket.once('drain', send);
        }
        socket.end(httpChunk(STOP + DONE) + LAST_CHUNK);
      };
      send();
    };
    let received = 0;
    let sincePause = 0;
    let largestSincePause = 0;
    const before = process.memoryUsage().rss;
    const seen = record(
      client,
      { origin: server.origin, timeouts: { ...PATIENT, idleMs: 400, totalMs: 60_000 } },
      (attempt, chunk) => {
        received += chunk.length;
        sincePause += chunk.length;
        largestSincePause = Math.max(largestSincePause, sincePause);
        attempt.pause();
        if (received < 1_000_000) return;
        // Slow at first, then as fast as it comes; sometimes from within the callback.
        sincePause = 0;
        if (received % 3 === 0) attempt.resume();
        else setImmediate(() => attempt.resume());
      },
    );
    await until(() => seen.order.includes('chunk'), 'the first chunk');
    for (let count = 0; count < 10; count++) {
      await sleep(60);
      sincePause = 0;
      seen.attempt.resume();
    }
    // 600 ms of a client that takes 64 KiB in 60 ms: longer than `idleMs`, and most of 40 MB is still at the provider.
    expect(written).toBeLessThan(PIECES / 2);
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
    const keepGoing = setInterval(() => {
      sincePause = 0;
      seen.attempt.resume();
    }, 1);
    const result = await seen.result;
    clearInterval(keepGoing);
    expect(result).toMatchObject({ kind: 'success', contentEvents: PIECES });
    expect(received).toBe(PIECES * Buffer.byteLength(PIECE) + Buffer.byteLength(STOP));
    expect(largestSincePause).toBeLessThanOrEqual(160_000);
  });

  it.each([
    ['reset', 'connection: close\r\n'],
    ['reset', ''],
    ['end', 'connection: close\r\n'],
    ['end', ''],
  ])('and a provider that breaks off meanwhile (%s, %j) make a result, not a crash', async (how, extra) => {
    server.behave = (socket) => {
      socket.write(streamHead(extra) + httpChunk(text('a')));
      setTimeout(() => (how === 'reset' ? socket.resetAndDestroy() : socket.end()), 30);
    };
    const seen = record(client, { origin: server.origin }, (attempt) => attempt.pause());
    await sleep(100);
    seen.attempt.resume();
    expect(await seen.result).toMatchObject({ kind: 'failure', errorCode: 'stream_broken', contentEvents: 1 });
  });
});

describe('600 streams at once', () => {
  it('all get their first byte without waiting for another', async () => {
    const STREAMS = 600;
    const open: Socket[] = [];
    server.behave = (socket) => {
      socket.write(streamHead() + httpChunk(text('a')));
      open.push(socket);
    };
    const seen = Array.from({ length: STREAMS }, () => record(client, { origin: server.origin }));
    await until(() => seen.every(({ order }) => order.includes('chunk')), 'all first bytes', 20_000);
    // None of them has ended: all run at the same time.
    expect(seen.every(({ ends }) => ends() === 0)).toBe(true);
    expect(client.counts()).toMatchObject({ open: STREAMS, idle: 0, waiting: 0, attempts: STREAMS });
    for (const socket of open) socket.write(httpChunk(STOP + DONE) + LAST_CHUNK);
    const results = await Promise.all(seen.map(({ result }) => result));
    expect(results.every(({ kind }) => kind === 'success')).toBe(true);
    expect(client.counts()).toMatchObject({ open: STREAMS, idle: STREAMS, attempts: 0 });
  });
});
