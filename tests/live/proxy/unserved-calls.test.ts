/** Calls that no route takes or that cannot be read: each in the words of the API that was asked, none in the server's. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CHAT, wholeAnswer } from '../upstream/rough-server.ts';
import { roughClient } from './rough-client.ts';
import { shared } from './proxy-of-test.ts';
import { startBeforeRough } from './running-proxy.ts';
import { until } from './until.ts';

const TOKEN = 'operators-only-3f9c';
const running = shared(() =>
  startBeforeRough([(socket) => socket.write(wholeAnswer(200, CHAT))], {
    admin: { tokenEnv: 'ADMIN' },
    environment: { ROUGH_KEY: 'sk-rough-provider', ADMIN: TOKEN },
    server: { bodyMebibytesMax: 0.1 },
  }),
);

type Shape = 'openai' | 'admin';

async function call(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${TOKEN}`, ...(init.headers as Record<string, string> | undefined) };
  return fetch(`${running().url}${path}`, { ...init, method, headers });
}

/** The code of an error, which must have all the fields of its form and nothing else. */
async function codeOf(response: Response, shape: Shape): Promise<string> {
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const body = (await response.json()) as { error: Record<string, unknown> };
  expect(Object.keys(body)).toEqual(['error']);
  const fields = shape === 'openai' ? ['message', 'type', 'param', 'code'] : ['code', 'message'];
  expect(Object.keys(body.error)).toEqual(fields);
  return body.error['code'] as string;
}

describe('a method that an address does not take', () => {
  it.each<[string, string, string, Shape]>([
    ['GET', '/v1/chat/completions', 'OPTIONS, POST', 'openai'],
    ['DELETE', '/openai/v1/embeddings?x=1', 'OPTIONS, POST', 'openai'],
    ['POST', '/v1/models', 'GET, HEAD, OPTIONS', 'openai'],
    ['DELETE', '/v1/models/org/m', 'GET, HEAD, OPTIONS', 'openai'],
    ['POST', '/health', 'GET, HEAD, OPTIONS', 'admin'],
    ['PUT', '/metrics', 'GET, HEAD, OPTIONS', 'admin'],
    ['POST', '/admin/status', 'GET, HEAD, OPTIONS', 'admin'],
    ['GET', '/admin/reload', 'OPTIONS, POST', 'admin'],
    ['HEAD', '/admin/log', 'GET, OPTIONS', 'admin'],
    ['PATCH', '/admin/targets/a.main.m/cool', 'OPTIONS, POST', 'admin'],
  ])('%s %s is told which ones it takes', async (method, path, allow, shape) => {
    const response = await call(method, path);
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    if (method !== 'HEAD') expect(await codeOf(response, shape)).toBe('method_not_allowed');
  });

  it('is told apart from an address that there is not', async () => {
    for (const [path, shape, code] of [
      ['/v1/chat', 'openai', 'unknown_url'],
      ['/v1', 'openai', 'unknown_url'],
      ['/openai/v1/chat/completions/x', 'openai', 'unknown_url'],
      ['/v2/chat/completions', 'admin', 'not_found'],
      ['/', 'admin', 'not_found'],
      ['/admin/nothing', 'admin', 'not_found'],
    ] as const) {
      const response = await call('POST', path);
      expect([path, response.status, response.headers.get('allow')]).toEqual([path, 404, null]);
      expect(await codeOf(response, shape)).toBe(code);
    }
  });

  it('tells a client that has left the prefix out where it belongs', async () => {
    for (const path of ['/chat/completions', '/v1/v1/chat/completions']) {
      expect(await (await call('POST', path)).text()).toMatch(/\/v1.* (?:or|and) \/openai\/v1/);
    }
  });

  it('HEAD is answered as GET without a body, OPTIONS with the methods', async () => {
    for (const path of ['/health', '/v1/models', '/metrics', '/admin/status']) {
      const head = await call('HEAD', path);
      expect([path, head.status, await head.text()]).toEqual([path, 200, '']);
      expect(Number(head.headers.get('content-length'))).toBeGreaterThan(10);
    }
    for (const [path, allow] of [
      ['/v1/chat/completions', 'OPTIONS, POST'],
      ['/health', 'GET, HEAD, OPTIONS'],
      ['/admin/reload', 'OPTIONS, POST'],
    ] as const) {
      const options = await call('OPTIONS', path);
      expect([path, options.status, options.headers.get('allow')]).toEqual([path, 204, allow]);
    }
    expect((await call('OPTIONS', '/v1/nothing')).status).toBe(404);
  });

  it('tells nobody without the token what the admin API has', async () => {
    const response = await fetch(`${running().url}/admin/reload`, { method: 'OPTIONS' });
    expect([response.status, response.headers.get('allow')]).toEqual([401, null]);
  });
});

describe('what cannot be read', () => {
  it.each<[string, Shape, string]>([
    ['/%zz', 'admin', 'bad_request'],
    ['/admin/explain/%zz', 'admin', 'bad_request'],
    ['/v1/%zz', 'openai', 'bad_url'],
    ['/openai/v1/models/%e0%a4', 'openai', 'bad_url'],
  ])('is an address such as %s', async (path, shape, code) => {
    const response = await call('GET', path);
    expect(response.status).toBe(400);
    expect(await codeOf(response, shape)).toBe(code);
  });

  it('is an address that is too long', async () => {
    const long = await call('POST', `/admin/targets/${'x'.repeat(600)}/disable`);
    expect([long.status, await codeOf(long, 'admin')]).toEqual([414, 'url_too_long']);
    const longer = await call('GET', `/v1/models/${'x'.repeat(20_000)}`);
    expect([longer.status, await codeOf(longer, 'openai')]).toEqual([431, 'head_too_large']);
  });

  it('is a body of another type, or one that is too large or no JSON', async () => {
    const json = { 'content-type': 'application/json' };
    const large = JSON.stringify({ forMs: 1, why: 'x'.repeat(200_000) });
    const cool = '/admin/targets/a.main.m/cool';
    const cases: [string, RequestInit, number, Shape, string][] = [
      [
        '/v1/chat/completions',
        { body: 'hello', headers: { 'content-type': 'text/plain' } },
        415,
        'openai',
        'unsupported_media_type',
      ],
      [
        '/v1/embeddings',
        { body: 'hello', headers: { 'content-type': 'nonsense' } },
        415,
        'openai',
        'unsupported_media_type',
      ],
      ['/v1/chat/completions', { body: large, headers: json }, 413, 'openai', 'body_too_large'],
      ['/v1/chat/completions', { body: '{"model":', headers: json }, 400, 'openai', 'invalid_json'],
      ['/v1/models', { body: large, headers: json }, 413, 'openai', 'body_too_large'],
      [cool, { body: 'hello', headers: { 'content-type': 'text/plain' } }, 415, 'admin', 'unsupported_media_type'],
      [cool, { body: large, headers: json }, 413, 'admin', 'body_too_large'],
      [cool, { body: '{"forMs":', headers: json }, 400, 'admin', 'bad_request'],
      ['/health', { body: large, headers: json }, 413, 'admin', 'body_too_large'],
    ];
    for (const [path, init, status, shape, code] of cases) {
      const response = await call('POST', path, init);
      expect([path, response.status, await codeOf(response, shape)]).toEqual([path, status, code]);
    }
  });

  it('is a body that is larger than the limit, which is named with its setting', async () => {
    const init = { body: JSON.stringify('x'.repeat(200_000)), headers: { 'content-type': 'application/json' } };
    for (const [path, message] of [
      ['/v1/chat/completions', 'this server accepts: 0.1 MiB, the setting server.bodyMebibytesMax.'],
      ['/health', 'this server accepts: 0.1 MiB, the setting server.bodyMebibytesMax.'],
      ['/admin/reload', 'the admin API accepts: 4096 bytes.'],
    ] as const) {
      const response = await call('POST', path, init);
      expect([response.status, await response.text()]).toEqual([413, expect.stringContaining(message)]);
    }
  });

  it.each<[string, Shape]>([
    ['/v1/chat/completions', 'openai'],
    ['/openai/v1/embeddings', 'openai'],
    ['/admin/targets/a.main.m/cool', 'admin'],
    ['/admin/reload', 'admin'],
  ])('is a compressed body, whatever it holds: %s', async (path, shape) => {
    for (const encoding of ['gzip', 'br', 'identity, gzip', 'nonsense']) {
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
      const response = await call('POST', path, { body: gzipSync('{"model": "m"}'), headers });
      expect(response.status).toBe(415);
      const text = await response.clone().text();
      expect(text).toContain('Compressed bodies are not taken: send the JSON as it is');
      expect(await codeOf(response, shape)).toBe('unsupported_media_type');
    }
    const plain = { 'content-type': 'application/json', 'content-encoding': 'identity' };
    expect((await call('POST', path, { body: '{"x": ', headers: plain })).status).toBe(400);
  });

  it('is what is no HTTP at all', async () => {
    const client = await roughClient(running().url);
    client.socket.write('HELLO\r\n\r\n');
    await until(() => client.isClosed(), 'the connection closed');
    expect(client.text()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(client.text()).toMatch(/"code":"bad_call"\}\}$/);
  });

  it('never has the words of the server in its answer', async () => {
    const texts: string[] = [];
    for (const path of ['/%zz', '/v1/%zz', '/nothing', `/admin/explain/${'x'.repeat(600)}`, `/${'x'.repeat(20_000)}`]) {
      texts.push(await (await call('GET', path)).text());
    }
    for (const text of texts) expect(text).not.toMatch(/FST_|statusCode|zz|xxx/);
  });
});
