import { describe, expect, it } from 'vitest';
import { createHeaderSet, createUpstreamClient, endpointOf } from '../../../src/proxy/upstream/index.ts';
import { record } from './recorded-attempt.ts';
import { DONE, sendStream, startRoughServer, STOP, text } from './rough-server.ts';

const asObject = (flat: readonly string[]): Record<string, string> =>
  Object.fromEntries(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]!]] : [])));

describe('headers for a provider', () => {
  const client = {
    authorization: 'Bearer client-key',
    'api-key': 'client-key',
    cookie: 'a=b',
    connection: 'x-hop, keep-alive',
    'x-hop': '1',
    te: 'trailers',
    'transfer-encoding': 'chunked',
    'proxy-authorization': 'p',
    'accept-encoding': 'gzip',
    'content-length': '1',
    host: 'proxy',
    'x-forwarded-for': '10.0.0.1',
    traceparent: '00-a-b-01',
    tracestate: 's',
    'x-custom': 'c',
  };
  const fixed = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'accept-encoding': 'identity',
    'user-agent': 'tokenpool',
  };

  it.each([
    [{ kind: 'bearer', secret: 's3cret' } as const, { authorization: 'Bearer s3cret' }],
    [{ kind: 'header', name: 'API-Key', secret: 's3cret' } as const, { 'api-key': 's3cret' }],
    [{ kind: 'none' } as const, {}],
  ])('carry the key as the provider wants it: %j', (auth, expected) => {
    expect(asObject(createHeaderSet(auth).forCall(client))).toEqual({
      ...fixed,
      ...expected,
      traceparent: '00-a-b-01',
      tracestate: 's',
    });
  });

  it('can be added to, and passed on by name', () => {
    const set = createHeaderSet({ kind: 'none' }, { 'X-Title': 't', 'user-agent': 'u' }, ['X-Custom', 'x-title']);
    expect(asObject(set.forCall({ ...client, 'x-title': 'of the client' }))).toEqual({
      ...fixed,
      'user-agent': 'u',
      'x-title': 't',
      traceparent: '00-a-b-01',
      tracestate: 's',
      'x-custom': 'c',
    });
  });

  it('leave out what a client must not smuggle in', () => {
    const headers = createHeaderSet({ kind: 'none' }).forCall({ traceparent: 'a\r\nx: y', tracestate: ['a', 'b'] });
    expect(asObject(headers)).toEqual(fixed);
  });

  it.each([
    ['a key with a line end', () => createHeaderSet({ kind: 'bearer', secret: 'marker\r\nx: y' })],
    ['a name that is none', () => createHeaderSet({ kind: 'header', name: 'a b', secret: 'marker' })],
    ['a header of the connection', () => createHeaderSet({ kind: 'none' }, { 'Transfer-Encoding': 'marker' })],
    ['cookies to pass on', () => createHeaderSet({ kind: 'none' }, {}, ['Cookie'])],
    ['credentials to pass on', () => createHeaderSet({ kind: 'none' }, {}, ['Authorization'])],
  ])('are refused with %s, without telling the value', (_, create) => {
    expect(create).toThrow(TypeError);
    expect(create).not.toThrow(/marker/);
  });

  it('arrive, with the body and nothing else', async () => {
    const server = await startRoughServer((socket) => sendStream(socket, [text('a'), STOP, DONE]));
    const upstream = createUpstreamClient();
    const headers = createHeaderSet({ kind: 'bearer', secret: 'k' }).forCall(client);
    await record(upstream, { ...endpointOf(`${server.origin}/v1`, 'chat'), headers, body: Buffer.from('{"ü":1}') })
      .result;
    const [request] = server.requests;
    expect(request!.body).toBe('{"ü":1}');
    expect(request!.head.split('\r\n').sort()).toEqual(
      [
        'POST /v1/chat/completions HTTP/1.1',
        `host: ${server.origin.slice('http://'.length)}`,
        'connection: keep-alive',
        'content-length: 8',
        ...Object.entries(fixed).map(([name, value]) => `${name}: ${value}`),
        'authorization: Bearer k',
        'traceparent: 00-a-b-01',
        'tracestate: s',
      ].sort(),
    );
    upstream.close();
    await server.close();
  });
});

describe('the address of an endpoint', () => {
  it.each([
    ['https://api.example.com/v1', 'https://api.example.com', '/v1/chat/completions'],
    ['https://api.example.com/v1/', 'https://api.example.com', '/v1/chat/completions'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000', '/chat/completions'],
    [
      'https://x.example.com/openai/deployments/gpt?api-version=2024-10-21',
      'https://x.example.com',
      '/openai/deployments/gpt/chat/completions?api-version=2024-10-21',
    ],
  ])('%s', (baseUrl, origin, path) => {
    expect(endpointOf(baseUrl, 'chat')).toEqual({ origin, path });
    expect(endpointOf(baseUrl, 'embeddings').path).toBe(path.replace('chat/completions', 'embeddings'));
  });

  it.each(['', 'api.example.com', 'ftp://x', 'https://'])('%j is none', (baseUrl) => {
    expect(() => endpointOf(baseUrl, 'chat')).toThrow(TypeError);
  });
});
