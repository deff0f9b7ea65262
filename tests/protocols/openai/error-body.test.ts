import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import {
  forbiddenModelMessage,
  modelListBody,
  problemAnswer,
  proxyErrorAnswer,
  rejectAnswer,
  streamErrorEvent,
  unknownModelMessage,
  type ErrorAnswer,
} from '../../../src/protocols/openai/index.ts';
import { REJECT_CODES, type RejectCode } from '../../../src/router/index.ts';

let server: Server | null = null;

afterEach(async () => {
  await new Promise<void>((resolve) => {
    if (server === null) resolve();
    else server.close(() => resolve());
    server?.closeAllConnections();
  });
  server = null;
});

/** The official client before a server that always gives this answer. */
async function clientBefore(answer: ErrorAnswer): Promise<OpenAI> {
  server = createServer((_, response) => response.writeHead(answer.status, answer.headers).end(answer.body));
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
}

async function errorOf(answer: ErrorAnswer): Promise<InstanceType<typeof OpenAI.APIError>> {
  const client = await clientBefore(answer);
  const error: unknown = await client.chat.completions
    .create({ model: 'm', messages: [] })
    .then(() => null)
    .catch((caught: unknown) => caught);
  if (!(error instanceof OpenAI.APIError)) throw new Error(`no API error: ${String(error)}`);
  return error;
}

const reject = (code: RejectCode, status: number, retryAfterMs: number | null = null) =>
  rejectAnswer({ code, status, retryAfterMs, attempts: [], details: null });

describe('errors as the official client sees them', () => {
  it.each([
    [reject('NO_AVAILABLE_PROVIDER', 503), OpenAI.InternalServerError, 'NO_AVAILABLE_PROVIDER'],
    [reject('ALL_PROVIDER_FAILED', 502), OpenAI.InternalServerError, 'ALL_PROVIDER_FAILED'],
    [reject('ALL_PROVIDER_FAILED', 429, 5_000), OpenAI.RateLimitError, 'ALL_PROVIDER_FAILED'],
    [reject('UNKNOWN_MODEL', 404), OpenAI.NotFoundError, 'UNKNOWN_MODEL'],
    [reject('CLIENT_BUDGET_EXHAUSTED', 429), OpenAI.RateLimitError, 'CLIENT_BUDGET_EXHAUSTED'],
    [reject('QUEUE_FULL', 429), OpenAI.RateLimitError, 'QUEUE_FULL'],
    [reject('QUEUE_TIMEOUT', 503), OpenAI.InternalServerError, 'QUEUE_TIMEOUT'],
    [reject('UPSTREAM_REJECTED', 400), OpenAI.BadRequestError, 'UPSTREAM_REJECTED'],
    [reject('UPSTREAM_REJECTED', 422), OpenAI.UnprocessableEntityError, 'UPSTREAM_REJECTED'],
    [proxyErrorAnswer('invalid_client_key'), OpenAI.AuthenticationError, 'invalid_client_key'],
    [proxyErrorAnswer('model_not_allowed'), OpenAI.PermissionDeniedError, 'model_not_allowed'],
    [proxyErrorAnswer('unknown_url'), OpenAI.NotFoundError, 'unknown_url'],
    [proxyErrorAnswer('client_rate_limited', 100), OpenAI.RateLimitError, 'client_rate_limited'],
    [proxyErrorAnswer('internal_error'), OpenAI.InternalServerError, 'internal_error'],
    [proxyErrorAnswer('shutting_down', 1_000), OpenAI.InternalServerError, 'shutting_down'],
  ])('%#: %s', async (answer, errorClass, code) => {
    const error = await errorOf(answer);
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({ status: answer.status, code });
    expect(error.message).toMatch(/^\d{3} [A-Z].*\.$/);
  });

  it('a field that is wrong is named', async () => {
    const answer = problemAnswer({
      kind: 'problem',
      status: 400,
      code: 'invalid_type',
      param: 'tools',
      message: 'No.',
    });
    expect(await errorOf(answer)).toMatchObject({ status: 400, param: 'tools', type: 'invalid_request_error' });
  });

  it('a stream that breaks off throws, with the code', async () => {
    const start = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
    const tail = streamErrorEvent('STREAM_BROKEN', false).toString();
    const client = await clientBefore({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: start + tail,
    });
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const chunk of stream) seen.push(chunk);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'STREAM_BROKEN' });
    await expect(reading).rejects.toBeInstanceOf(OpenAI.APIError);
    expect(seen).toHaveLength(1);
  });
});

describe('error answers', () => {
  it('exist for every code of the core', () => {
    for (const code of REJECT_CODES) {
      const { error } = JSON.parse(reject(code, 500).body) as { error: Record<string, unknown> };
      expect(error).toMatchObject({ code, message: expect.stringMatching(/\.$/) as unknown });
    }
  });

  it('say when to come back, in whole seconds upwards and in ms', () => {
    expect(reject('QUEUE_FULL', 429, 1_200.4).headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1201' });
    expect(reject('QUEUE_FULL', 429).headers).not.toHaveProperty('retry-after');
  });

  it('carry the attempts where there were any', () => {
    const attempt = { attempt: 1, target: 'p.k.m', kind: 'timeout', status: null, errorCode: 'idle_timeout' } as const;
    const answer = rejectAnswer({
      code: 'ALL_PROVIDER_FAILED',
      status: 504,
      retryAfterMs: null,
      details: null,
      attempts: [attempt],
    });
    expect(JSON.parse(answer.body)).toMatchObject({ error: { attempts: [attempt] } });
  });

  it('name the model that was asked for, in quotes and not longer than people read', () => {
    for (const message of [unknownModelMessage, forbiddenModelMessage]) {
      expect(message('gpt-"5"\n')).toContain(String.raw`"gpt-\"5\"\n"`);
      expect(message('x'.repeat(80))).toContain(`"${'x'.repeat(80)}"`);
      expect(message('\u{1f600}'.repeat(5_000))).toContain(`"${'\u{1f600}'.repeat(80)}..."`);
      expect(message('m')).toContain('GET /v1/models lists');
    }
  });

  it('of a budget do not say that nothing is left', () => {
    expect(reject('CLIENT_BUDGET_EXHAUSTED', 429).body).toMatch(
      /does not have enough left for this request; .*budgets/,
    );
  });

  it('close half an event first', () => {
    expect(streamErrorEvent('STREAM_BROKEN', true).toString()).toMatch(/^\n\ndata: \{.*\}\n\n$/);
  });
});

describe('the model list', () => {
  it('is what the official client reads', async () => {
    const body = modelListBody(
      [
        { id: 'b', ownedBy: 'p' },
        { id: 'a', ownedBy: 'q' },
        { id: 'b', ownedBy: 'r' },
      ],
      1_700_000_000,
    );
    const client = await clientBefore({ status: 200, headers: { 'content-type': 'application/json' }, body });
    expect((await client.models.list()).data).toEqual([
      { id: 'a', object: 'model', created: 1_700_000_000, owned_by: 'q' },
      { id: 'b', object: 'model', created: 1_700_000_000, owned_by: 'p' },
    ]);
  });
});
