import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createUpstreamClient, type UpstreamClient } from '../../../src/proxy/upstream/index.ts';
import { record, until } from './recorded-attempt.ts';
import {
  CHAT,
  DONE,
  event,
  httpChunk,
  LAST_CHUNK,
  ROLE,
  sendStream,
  startRoughServer,
  STOP,
  streamHead,
  text,
  USAGE,
  wholeAnswer,
  type RoughServer,
} from './rough-server.ts';

let server: RoughServer;
let client: UpstreamClient;

beforeAll(async () => {
  server = await startRoughServer((socket) => socket.destroy());
  client = createUpstreamClient({ bodyBytesMax: 1_000_000 });
});
afterEach(() => {
  expect(client.counts()).toMatchObject({ attempts: 0, waiting: 0 });
});
afterAll(async () => {
  client.close();
  await until(() => server.open() === 0, 'all connections closed');
  await server.close();
});

const stream = (hidesUsage = false) => record(client, { origin: server.origin, hidesUsage });
const whole = (endpoint: 'chat' | 'embeddings' = 'chat') =>
  record(client, { origin: server.origin, isStream: false, endpoint });

describe('a stream that goes well', () => {
  it('is passed on as it came, with its end held for the log', async () => {
    server.behave = (socket) =>
      sendStream(socket, [ROLE, text('a'), text('b'), STOP, USAGE, DONE], 'x-request-id: r1\r\n');
    const seen = stream();
    const result = await seen.result;
    expect(result).toMatchObject({
      kind: 'success',
      status: 200,
      errorCode: null,
      usage: { inputTokens: 9, outputTokens: 2, cacheReadTokens: 4 },
      contentEvents: 2,
      isCommitted: true,
      isMidEvent: false,
      retryAfterMs: null,
    });
    expect(seen.text()).toBe(ROLE + text('a') + text('b') + STOP + USAGE);
    expect(result.tail!.toString()).toBe(DONE);
    expect(seen.head()).toEqual({
      status: 200,
      headers: { 'content-type': 'text/event-stream', 'x-request-id': 'r1' },
    });
    expect(result.firstTokenMs).toBeGreaterThan(0);
    expect(result.durationMs).toBeGreaterThanOrEqual(result.firstTokenMs!);
    expect(seen.order.at(0)).toBe('head');
    expect(seen.order.at(-1)).toBe('end');
  });

  it('does not show the usage that the client did not ask for', async () => {
    server.behave = (socket) => sendStream(socket, [text('a'), STOP, USAGE, DONE]);
    const seen = stream(true);
    expect(await seen.result).toMatchObject({ kind: 'success', usage: { inputTokens: 9 } });
    expect(seen.text()).toBe(text('a') + STOP);
  });

  it('shows the first content at once, before the rest is there', async () => {
    let finish = (): void => undefined;
    server.behave = (socket) => {
      socket.write(streamHead() + httpChunk(ROLE));
      setTimeout(() => socket.write(httpChunk(text('a'))), 40);
      finish = () => socket.write(httpChunk(STOP + DONE) + LAST_CHUNK);
    };
    const seen = stream();
    await until(() => seen.order.length > 0, 'the first content');
    expect(seen.text()).toBe(ROLE + text('a'));
    finish();
    const { firstTokenMs } = await seen.result;
    expect(firstTokenMs).toBeGreaterThan(30);
  });

  it('survives a drip of single bytes', async () => {
    const answer = streamHead() + [ROLE, text('aü'), STOP, USAGE, DONE].map(httpChunk).join('') + LAST_CHUNK;
    server.behave = (socket) => {
      socket.setNoDelay(true);
      const bytes = Buffer.from(answer);
      let at = 0;
      const drip = (): void => {
        if (at >= bytes.length) return;
        socket.write(bytes.subarray(at, ++at));
        setImmediate(drip);
      };
      drip();
    };
    const seen = stream();
    expect(await seen.result).toMatchObject({ kind: 'success', usage: { outputTokens: 2 } });
    expect(seen.text()).toBe(ROLE + text('aü') + STOP + USAGE);
  });

  it.each([
    ['without [DONE]', [text('a'), STOP], ''],
    ['with a connection that is closed after it', [text('a'), STOP, DONE], 'connection: close\r\n'],
    ['without content, when it says that it stopped', [ROLE, STOP, DONE], ''],
  ])('may end %s', async (_, events, extra) => {
    server.behave = (socket) => sendStream(socket, events, extra);
    expect(await stream().result).toMatchObject({ kind: 'success', isCommitted: true });
  });

  it('may be reset after [DONE]', async () => {
    server.behave = (socket) => {
      socket.write(streamHead() + httpChunk(text('a') + STOP + DONE));
      setTimeout(() => socket.resetAndDestroy(), 30);
    };
    expect(await stream().result).toMatchObject({ kind: 'success', errorCode: null });
  });

  it('is over soon after [DONE], although the provider never ends it', async () => {
    server.behave = (socket) => socket.write(streamHead() + httpChunk(text('a') + STOP + DONE));
    const result = await stream().result;
    expect(result).toMatchObject({ kind: 'success' });
    expect(result.durationMs).toBeLessThan(3_000);
    await until(() => client.counts().open === client.counts().idle, 'the connection freed');
  });

  it('uses its connection again', async () => {
    server.behave = (socket) => sendStream(socket, [text('a'), STOP, DONE]);
    await stream().result;
    const before = server.accepted();
    for (let count = 0; count < 5; count++) await stream().result;
    expect(server.accepted()).toBe(before);
    expect(server.requests.at(-1)!.ordinal).toBeGreaterThan(5);
  });
});

describe('a stream that can still go elsewhere', () => {
  it.each<[string, string, object]>([
    [
      'an error event first',
      streamHead() + httpChunk(event('{"error":{"message":"m"}}')),
      { errorCode: 'upstream_error', status: 200 },
    ],
    [
      'an error event after the role, with a status',
      streamHead() + httpChunk(ROLE + event('{"error":{"message":"m","code":429}}')),
      { kind: 'limited', errorCode: 'upstream_error', status: 429 },
    ],
    [
      'an error event that names a quota',
      streamHead() + httpChunk(event('{"error":{"message":"m","type":"insufficient_quota","code":429}}')),
      { kind: 'failure', errorCode: 'quota_exhausted', status: 429 },
    ],
    [
      'an error event that names a quota and no status',
      streamHead() + httpChunk(event('{"error":{"message":"m","code":"insufficient_quota"}}')),
      { kind: 'failure', errorCode: 'quota_exhausted', status: 200 },
    ],
    [
      'an error event that blames the client',
      streamHead() + httpChunk(event('{"error":{"message":"too long","code":400}}')),
      { errorCode: 'upstream_error', status: 400 },
    ],
    [
      'content and an error in one piece',
      streamHead() + httpChunk(text('a') + event('{"error":{}}')),
      { errorCode: 'upstream_error' },
    ],
    ['rubbish for data', streamHead() + httpChunk('data: <html>\n\n'), { errorCode: 'bad_upstream_body' }],
    [
      'HTML called a stream',
      streamHead() + httpChunk('<html>\n\n</html>') + LAST_CHUNK,
      { errorCode: 'bad_upstream_body' },
    ],
    ['nothing', streamHead() + LAST_CHUNK, { errorCode: 'bad_upstream_body' }],
    ['[DONE] alone', streamHead() + httpChunk(DONE) + LAST_CHUNK, { errorCode: 'bad_upstream_body' }],
    [
      'half an event',
      streamHead() + httpChunk(text('a').slice(0, 20)) + LAST_CHUNK,
      { errorCode: 'bad_upstream_body' },
    ],
    ['comments for ever', streamHead() + httpChunk(': ping\n\n'.repeat(50_000)), { errorCode: 'bad_upstream_body' }],
    ['JSON instead of a stream', wholeAnswer(200, CHAT), { errorCode: 'bad_upstream_body' }],
    ['a page', wholeAnswer(200, '<html>', '', 'text/html'), { errorCode: 'bad_upstream_body' }],
    ['a compressed stream', streamHead('content-encoding: gzip\r\n'), { errorCode: 'bad_upstream_body' }],
  ])('%s', async (_, answer, expected) => {
    server.behave = (socket) => socket.write(answer);
    const seen = stream();
    const result = await seen.result;
    expect(result).toMatchObject({ kind: 'failure', isCommitted: false, tail: null, firstTokenMs: null, ...expected });
    expect(seen.order).toEqual(['end']);
    if (result.status === 400) expect(result.answer!.body.toString()).toContain('too long');
  });
});

describe('a stream that breaks after its first content', () => {
  it('ended by an error event: that event is left for the end', async () => {
    const error = event('{"error":{"message":"m"}}');
    server.behave = (socket) => {
      socket.write(streamHead() + httpChunk(text('a')));
      setTimeout(() => socket.write(httpChunk(error) + LAST_CHUNK), 30);
    };
    const seen = stream();
    const result = await seen.result;
    expect(result).toMatchObject({ kind: 'failure', errorCode: 'upstream_error', status: 200, isCommitted: true });
    expect(seen.text()).toBe(text('a'));
    expect(result.tail!.toString()).toBe(error);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['a close', (socket) => socket.end()],
    ['rubbish for HTTP', (socket) => socket.write('this is no chunk\r\n')],
    ['an end without a word', (socket) => socket.write(LAST_CHUNK)],
  ])('%s', async (_, breakOff) => {
    server.behave = (socket) => {
      socket.write(streamHead() + httpChunk(text('a') + text('b') + 'data: {"cho'));
      setTimeout(() => breakOff(socket), 30);
    };
    const seen = stream();
    const result = await seen.result;
    expect(result).toMatchObject({
      kind: 'failure',
      errorCode: 'stream_broken',
      status: 200,
      isCommitted: true,
      tail: null,
      usage: null,
      contentEvents: 2,
    });
    // Whole events only: our own error event can follow.
    expect(seen.text()).toBe(text('a') + text('b'));
    expect(seen.ends()).toBe(1);
  });
});

describe('a whole answer', () => {
  it('is given at the end, once it is known to be good', async () => {
    server.behave = (socket) =>
      socket.write(wholeAnswer(200, CHAT, 'set-cookie: a=b\r\nx-ratelimit-reset-requests: 9s\r\n'));
    const seen = whole();
    const result = await seen.result;
    expect(result).toMatchObject({
      kind: 'success',
      status: 200,
      usage: { inputTokens: 9, outputTokens: 2 },
      isCommitted: false,
      firstTokenMs: null,
      retryAfterMs: null,
    });
    expect(result.answer!.body.toString()).toBe(CHAT);
    expect(result.answer!.headers).toEqual({ 'content-type': 'application/json' });
    expect(seen.order).toEqual(['end']);
  });

  it('of embeddings', async () => {
    server.behave = (socket) =>
      socket.write(wholeAnswer(200, '{"data":[],"usage":{"prompt_tokens":3,"total_tokens":3}}'));
    expect(await whole('embeddings').result).toMatchObject({
      kind: 'success',
      usage: { inputTokens: 3, outputTokens: 0 },
    });
  });

  it.each<[string, string, object]>([
    ['truncated JSON', wholeAnswer(200, CHAT.slice(0, -5)), { errorCode: 'bad_upstream_body', status: 200 }],
    ['a wrong content type', wholeAnswer(200, '<html>', '', 'text/html'), { errorCode: 'bad_upstream_body' }],
    ['a stream', streamHead() + httpChunk(text('a') + DONE) + LAST_CHUNK, { errorCode: 'bad_upstream_body' }],
    [
      'an error in disguise',
      wholeAnswer(200, '{"error":{"message":"m","code":503}}'),
      { errorCode: 'upstream_error', status: 503 },
    ],
    [
      'too much, as announced',
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2000000\r\n\r\n{`,
      { errorCode: 'upstream_body_too_large' },
    ],
    [
      'too much, as it comes',
      streamHead('', 'application/json') + httpChunk('x'.repeat(1_100_000)),
      { errorCode: 'upstream_body_too_large' },
    ],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', { errorCode: 'bad_upstream_http', status: null }],
    [
      'endless headers',
      `HTTP/1.1 200 OK\r\n${'x-a: bbbbbbbbbbbbbbbbbbbbbb\r\n'.repeat(5_000)}`,
      { errorCode: 'bad_upstream_http', status: null },
    ],
  ])('that is none: %s', async (_, answer, expected) => {
    server.behave = (socket) => socket.write(answer);
    expect(await whole().result).toMatchObject({ kind: 'failure', isCommitted: false, ...expected });
  });

  it('with early hints first', async () => {
    server.behave = (socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${wholeAnswer(200, CHAT)}`);
    expect(await whole().result).toMatchObject({ kind: 'success' });
  });
});

describe('a refusal', () => {
  const body = '{"error":{"message":"no"}}';
  const soon = new Date(Date.now() + 3_600_000).toUTCString();
  it.each<[number, string, string, string, [number, number] | null]>([
    [429, '', 'limited', 'rate_limited', null],
    [429, 'retry-after: 7\r\n', 'limited', 'rate_limited', [7_000, 7_000]],
    [429, `retry-after: ${soon}\r\n`, 'limited', 'rate_limited', [3_500_000, 3_600_000]],
    [429, 'x-ratelimit-reset-tokens: 6m0s\r\n', 'limited', 'rate_limited', [360_000, 360_000]],
    [500, 'x-ratelimit-reset-tokens: 6m0s\r\n', 'failure', 'server_error', null],
    [502, '', 'failure', 'bad_gateway', null],
    [503, 'retry-after: 3\r\n', 'failure', 'service_unavailable', [3_000, 3_000]],
    [529, '', 'failure', 'overloaded', null],
    [400, '', 'failure', 'bad_request', null],
    [401, '', 'failure', 'unauthorized', null],
    [403, '', 'failure', 'forbidden', null],
    [418, '', 'failure', 'http_418', null],
    [302, 'location: http://127.0.0.1:1/\r\n', 'failure', 'http_302', null],
  ])('%d with %j is %s, %s', async (status, extra, kind, errorCode, wait) => {
    for (const start of [stream, whole]) {
      server.behave = (socket) => socket.write(wholeAnswer(status, body, extra));
      const seen = start();
      const result = await seen.result;
      expect(result).toMatchObject({ kind, errorCode, status, isCommitted: false, usage: null });
      expect(result.answer).toMatchObject({ status });
      expect(result.answer!.body.toString()).toBe(body);
      if (wait === null) expect(result.retryAfterMs).toBeNull();
      else expect(result.retryAfterMs! >= wait[0] && result.retryAfterMs! <= wait[1]).toBe(true);
      expect(seen.order).toEqual(['end']);
    }
  });

  const used = '{"error":{"message":"no","type":"insufficient_quota","code":"insufficient_quota"}}';
  it.each<[string, number, string, string, string, string]>([
    ['a used-up quota', 429, '', used, 'failure', 'quota_exhausted'],
    ['a used-up budget', 400, '', '{"error":{"code":"billing_hard_limit_reached"}}', 'failure', 'quota_exhausted'],
    ['a used-up balance', 402, '', '{"error":{"code":"INSUFFICIENT_BALANCE"}}', 'failure', 'quota_exhausted'],
    ['a quota that comes back', 429, 'retry-after: 7\r\n', used, 'limited', 'rate_limited'],
    ['a limit', 429, '', '{"error":{"type":"rate_limit_exceeded","message":"quota"}}', 'limited', 'rate_limited'],
    ['a server that is down', 503, '', used, 'failure', 'service_unavailable'],
    ['a quota, cut off', 429, '', used.slice(0, -2), 'limited', 'rate_limited'],
    ['nothing', 429, '', '', 'limited', 'rate_limited'],
  ])('that tells of %s with %d and %j', async (_, status, extra, said, kind, errorCode) => {
    for (const start of [stream, whole]) {
      server.behave = (socket) => socket.write(wholeAnswer(status, said, extra));
      expect(await start().result).toMatchObject({ kind, errorCode, status });
    }
  });

  it('leaves its connection in use, and costs none of it when it drips or never ends', async () => {
    server.behave = (socket) => socket.write(wholeAnswer(503, body));
    await whole().result;
    const before = server.accepted();
    await whole().result;
    expect(server.accepted()).toBe(before);

    server.behave = (socket) => socket.write(streamHead().replace('200 OK', '500 X') + httpChunk('half'));
    const dripping = await whole().result;
    expect(dripping).toMatchObject({ kind: 'failure', status: 500, errorCode: 'server_error' });
    expect(dripping.durationMs).toBeLessThan(3_000);

    server.behave = (socket) => socket.write(streamHead().replace('200 OK', '500 X') + httpChunk('x'.repeat(900_000)));
    const huge = await whole().result;
    expect(huge).toMatchObject({ status: 500 });
    expect(huge.answer!.body.length).toBe(65_536);

    server.behave = (socket) => {
      socket.write(`HTTP/1.1 429 X\r\nretry-after: 2\r\ncontent-length: 100\r\n\r\n{`);
      setTimeout(() => socket.resetAndDestroy(), 20);
    };
    expect(await whole().result).toMatchObject({ kind: 'limited', status: 429, retryAfterMs: 2_000 });
  });
});
