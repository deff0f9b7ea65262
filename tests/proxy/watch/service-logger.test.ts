import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { createServiceLogger } from '../../../src/proxy/watch/service-logger.ts';

const KEY = 'sk-marker-0123456789abcdef';
const ODD_KEY = 'odd marker/of=the.configuration';
const PROMPT = 'a marker of a prompt that nobody may see';

function loggerWithLines(secrets: readonly string[] = [ODD_KEY]) {
  const lines: string[] = [];
  const logger = createServiceLogger({
    level: 'trace',
    destination: { write: (line) => void lines.push(line) },
    secrets: () => secrets,
  });
  return { logger, lines };
}

function written(log: (logger: ReturnType<typeof createServiceLogger>) => void): string {
  const { logger, lines } = loggerWithLines();
  log(logger);
  expect(lines).toHaveLength(1);
  // Whatever was masked: the line must still be one JSON document.
  JSON.parse(lines[0]!);
  return lines[0]!;
}

describe('the service logger', () => {
  it('writes plain lines as one would expect', () => {
    const line = written((logger) =>
      logger.warn(
        { event: 'state', target: 'a.b.c', tokens: 5, apiKeys: 3, nested: { list: [1, 'x'], none: null } },
        'hello',
      ),
    );
    const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
    expect(rest).toEqual({
      level: 'warn',
      event: 'state',
      target: 'a.b.c',
      tokens: 5,
      apiKeys: 3,
      nested: { list: [1, 'x'], none: null },
      msg: 'hello',
    });
    expect(Number.isNaN(Date.parse(time as string))).toBe(false);
  });

  it('tells errors with type, message and stack', () => {
    const error = new TypeError('no such thing', { cause: new Error('below') });
    for (const line of [
      written((logger) => logger.error(error)),
      written((logger) => logger.error({ err: error }, 'failed')),
    ]) {
      const { err } = JSON.parse(line) as { err: Record<string, unknown> };
      expect(err).toMatchObject({ type: 'TypeError', message: 'no such thing', cause: { message: 'below' } });
      expect(err['stack']).toContain('service-logger.test.ts');
    }
  });

  it.each<[string, unknown]>([
    ['headers', { headers: { authorization: `Bearer ${KEY}`, Cookie: `a=${KEY}`, 'x-api-key': KEY, 'x-odd': KEY } }],
    ['raw headers', { rawHeaders: ['authorization', `Bearer ${KEY}`] }],
    ['a body', { body: { messages: [{ role: 'user', content: PROMPT }] } }],
    ['a body as text', { payload: JSON.stringify({ prompt: PROMPT }) }],
    ['bytes', { anything: Buffer.from(PROMPT) }],
    ['messages', { messages: [PROMPT], input: PROMPT, choices: [{ text: PROMPT }] }],
    [
      'secrets by name',
      { apiKey: ODD_KEY, api_key: KEY, clientSecret: ODD_KEY, password: ODD_KEY, adminToken: ODD_KEY },
    ],
    ['secrets deep down', { a: { b: [{ c: { token: ODD_KEY, d: { e: KEY, f: { g: PROMPT } } } }] } }],
    [
      'secrets in harmless fields',
      { note: `the key is ${KEY}`, why: `it was ${ODD_KEY} all along`, url: `/v1?key=${KEY}` },
    ],
    ['a secret that a cut goes through', { note: `${'x'.repeat(490)} ${ODD_KEY}`, more: `${'y'.repeat(495)} ${KEY}` }],
    ['a map', { kept: new Map([['key', KEY]]), set: new Set([KEY]) }],
    ['an error', new Error(`GET /v1?api_key=${KEY} with Bearer ${KEY} failed for ${ODD_KEY}`)],
    ['an error with more in it', Object.assign(new Error('failed'), { config: { headers: { a: KEY } }, body: PROMPT })],
    ['a request by its looks', { req: { method: 'POST', url: `/x?key=${KEY}`, headers: { a: KEY }, body: PROMPT } }],
    ['JSON in a field', { note: JSON.stringify({ api_key: ODD_KEY.slice(4), authorization: 'opaque-0815-4711' }) }],
  ])('lets no secret and no prompt out of %s', (_, object) => {
    const line = written((logger) => logger.info(object, 'call'));
    for (const marker of [KEY, ODD_KEY, PROMPT, KEY.slice(0, -4), ODD_KEY.slice(0, -4), 'opaque-0815']) {
      expect(line).not.toContain(marker);
    }
  });

  it.each<[string, (logger: ReturnType<typeof createServiceLogger>) => void]>([
    ['a message', (logger) => logger.info(`key ${KEY}, authorization: ${KEY} and ${ODD_KEY}`)],
    ['values of a message', (logger) => logger.info('%s and %j', ODD_KEY, { headers: { authorization: KEY } })],
    ['values after an object', (logger) => logger.info({ a: 1 }, 'got %o', { body: PROMPT, api_key: KEY })],
    [
      'a message that is put together',
      (logger) => logger.info('bearer %s', 'abcdef-012345-marker'.replace('abcdef', KEY)),
    ],
    ['a child', (logger) => logger.child({ authorization: KEY, body: PROMPT, note: ODD_KEY }).info('x')],
    [
      'a child of a child',
      (logger) => logger.child({ a: 1 }).child({ body: PROMPT, apiKey: ODD_KEY }).info({ b: KEY }, 'x'),
    ],
  ])('lets none out of %s', (_, log) => {
    const line = written(log);
    for (const marker of [KEY, ODD_KEY, PROMPT]) expect(line).not.toContain(marker);
  });

  it('says little of a whole request, answer or socket', async () => {
    const { logger, lines } = loggerWithLines();
    const app = fastify({ loggerInstance: logger });
    app.post('/v1/chat', async (request, reply) => {
      logger.info(request, 'fastify request');
      logger.info({ request, reply, raw: request.raw, res: reply.raw, socket: request.socket }, 'everything');
      logger.info(request.raw, 'node request');
      logger.info('%o', request.raw);
      request.log.info({ req: request }, 'by the own logger');
      throw new Error('the handler failed');
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const headers = {
      authorization: `Bearer ${KEY}`,
      cookie: `session=${ODD_KEY}`,
      'content-type': 'application/json',
    };
    await new Promise<void>((resolve, reject) => {
      const call = httpRequest(
        { port, host: '127.0.0.1', path: `/v1/chat?key=${KEY}`, method: 'POST', headers },
        (response) => {
          response.resume().once('end', resolve);
        },
      );
      call.once('error', reject);
      call.end(JSON.stringify({ messages: [{ role: 'user', content: PROMPT }] }));
    });
    await app.close();
    const text = lines.join('');
    expect(lines.length).toBeGreaterThan(6);
    for (const marker of [KEY, ODD_KEY, PROMPT]) expect(text).not.toContain(marker);
    expect(text).toContain('"path":"/v1/chat"');
    expect(text).toContain('the handler failed');
    for (const line of lines) expect(line.length).toBeLessThan(8_000);
  });

  it('keeps lines short, whatever it is given', () => {
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, 'z'.repeat(10_000)]));
    const deep: Record<string, unknown> = { wide, again: [wide, wide, wide, wide, wide] };
    deep['self'] = deep;
    const line = written((logger) => logger.info(deep, 'm'.repeat(100_000)));
    expect(line.length).toBeLessThan(130_000);
  });

  it('takes hostile texts in their stride', () => {
    const { logger } = loggerWithLines();
    const started = performance.now();
    for (const text of ['a-'.repeat(50_000), 'key='.repeat(30_000), '"token":"'.repeat(20_000), ' '.repeat(100_000)]) {
      logger.info({ note: text, list: Array.from({ length: 40 }, () => text) }, text);
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
