/** The official client, unchanged, against the proxy: twins behind it, or an upstream that writes down what comes. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { smallScenario, TARGET_IDS } from '../../../simulator/validate/small/small-scenario.ts';
import {
  CHAT,
  DONE,
  httpChunk,
  sendStream,
  STOP,
  streamHead,
  text,
  USAGE,
  wholeAnswer,
} from '../upstream/rough-server.ts';
import { until } from './until.ts';
import { expectParity, readLogged, type LoggedRows } from './logged-rows.ts';
import { forTest, shared } from './proxy-of-test.ts';
import { atRest, ROUGH_SECRET, sha256, startBeforeTwins, startLive, type LiveProxy } from './running-proxy.ts';
import { startScripted } from './scripted-lanes.ts';

const BASE_PATHS = ['/openai/v1', '/v1'] as const;
const messages = [{ role: 'user', content: 'What is a token?' }] as const;
/** By the twins' count of 16 characters. */
const PROMPT_TOKENS = 4;
const answerOf = (tokens: number, id = '') => ({
  headers: {
    'x-twin-output-tokens': String(tokens),
    ...(id === '' ? {} : { 'x-token-pool-request-id': id }),
  },
});

const TOOL = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } } },
  },
} as const;
const TOOL_ARGUMENTS = { city: 'text', days: 2 };

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The error that a call ends with. */
async function errorOf<T>(call: PromiseLike<T>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error;
    throw error;
  }
  throw new Error('the call went well');
}

const chat = (live: LiveProxy, model: string, secret = 'whole') =>
  live.client({ apiKey: secret }).chat.completions.create({ model, messages: [...messages] });

describe('before twins', () => {
  const running = shared(() =>
    startBeforeTwins(smallScenario(), {
      endpoints: ['chat', 'embeddings'],
      server: { bodyMebibytesMax: 0.5 },
      clientKeys: [
        { name: 'whole', secretSha256: sha256('whole') },
        { name: 'auto-only', secretSha256: sha256('auto-only'), models: ['auto'] },
        { name: 'poor', secretSha256: sha256('poor'), budgets: [{ metric: 'requests', window: 'day', limit: 2 }] },
      ],
    }),
  );

  describe.each(BASE_PATHS)('under %s', (basePath) => {
    const client = (): OpenAI => running().client({ apiKey: 'whole' }, basePath);
    const idOf = (name: string): string => `${name}${basePath.replaceAll('/', '-')}`;

    it('answers a chat in one piece, and says how it was routed', async () => {
      const { data, response } = await client()
        .chat.completions.create({ model: 'large', messages: [...messages] }, answerOf(20, idOf('whole')))
        .withResponse();
      expect(data.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
      expect(data.choices[0]!.message.content).toHaveLength(20 * 4);
      expect(data.usage).toMatchObject({ prompt_tokens: PROMPT_TOKENS, completion_tokens: 20 });
      expect(TARGET_IDS).toContain(response.headers.get('x-token-pool-target'));
      expect(response.headers.get('x-token-pool-attempts')).toBe('1');
      expect(response.headers.get('x-token-pool-policy')).toBe(running().proxy.driver.policy.hash);
      expect(response.headers.get('x-token-pool-request-id')).toBe(idOf('whole'));
    });

    it.each([true, false])('streams; usage asked for: %s', async (asksForUsage) => {
      const stream = await client().chat.completions.create(
        {
          model: 'auto',
          messages: [...messages],
          stream: true,
          ...(asksForUsage ? { stream_options: { include_usage: true } } : {}),
        },
        answerOf(60, idOf(`stream-${asksForUsage}`)),
      );
      const chunks = await collect(stream);
      const choices = chunks.flatMap((chunk) => chunk.choices);
      expect(choices.map(({ delta }) => delta.content ?? '').join('')).toHaveLength(60 * 4);
      const reasons = choices.map(({ finish_reason: reason }) => reason).filter((reason) => reason !== null);
      expect(reasons).toEqual(['stop']);
      const counts = chunks.filter(({ usage }) => usage !== null && usage !== undefined);
      expect(counts.map(({ usage }) => usage!.completion_tokens)).toEqual(asksForUsage ? [60] : []);
      expect(chunks.filter(({ choices: some }) => some.length === 0)).toHaveLength(asksForUsage ? 1 : 0);
    });

    it('calls a tool, in one piece and streamed', async () => {
      const request = { model: 'large', messages: [...messages], tools: [TOOL], tool_choice: 'required' as const };
      const whole = await client().chat.completions.create(request, answerOf(20, idOf('tool')));
      const call = whole.choices[0]!.message.tool_calls![0]!;
      expect(call).toMatchObject({ type: 'function', function: { name: 'weather' } });
      expect(call.type === 'function' && JSON.parse(call.function.arguments)).toEqual(TOOL_ARGUMENTS);
      const final = await client().chat.completions.stream(request, answerOf(20)).finalChatCompletion();
      const streamed = final.choices[0]!.message.tool_calls![0]!;
      expect(streamed.type === 'function' && JSON.parse(streamed.function.arguments)).toEqual(TOOL_ARGUMENTS);
    });

    it('embeds, with a model that is for that', async () => {
      const { data, usage } = await client().embeddings.create(
        { model: 'large', input: ['one', 'two'], dimensions: 8 },
        answerOf(0, idOf('vectors')),
      );
      expect(data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
      expect(usage.prompt_tokens).toBeGreaterThan(0);
    });

    it('lists models, aliases and auto; to a key that may use some only, those', async () => {
      const namesFor = async (apiKey: string) =>
        (await collect(running().client({ apiKey }, basePath).models.list())).map(({ id }) => id);
      expect(await namesFor('whole')).toEqual(['auto', 'large']);
      expect(await namesFor('auto-only')).toEqual(['auto']);
    });

    it('retrieves one of them; to a key that may not use it there is none', async () => {
      const listed = await collect(client().models.list());
      for (const model of listed) expect(await client().models.retrieve(model.id)).toEqual(model);
      // Served though not listed, and not to everybody.
      const [provider] = listed.filter(({ id }) => id === 'large').map(({ owned_by }) => owned_by);
      const address = `${provider}.large`;
      expect(await client().models.retrieve(address)).toMatchObject({
        id: address,
        object: 'model',
        owned_by: provider,
      });
      expect(await errorOf(running().client({ apiKey: 'auto-only' }, basePath).models.retrieve(address))).toMatchObject(
        {
          code: 'model_not_found',
        },
      );
      for (const [apiKey, name] of [
        ['whole', 'no-such'],
        ['auto-only', 'large'],
      ] as const) {
        const error = await errorOf(running().client({ apiKey }, basePath).models.retrieve(name));
        expect(error).toBeInstanceOf(OpenAI.NotFoundError);
        expect(error).toMatchObject({ code: 'model_not_found', param: 'model', type: 'invalid_request_error' });
      }
    });

    it('401 for a key that is missing or not known', async () => {
      const stranger = running().client({ apiKey: 'wrong' }, basePath);
      const calls = [
        () => stranger.chat.completions.create({ model: 'large', messages: [...messages] }),
        () => stranger.embeddings.create({ model: 'large', input: 'x' }),
        () => stranger.models.list(),
        () => stranger.models.retrieve('large'),
      ];
      for (const call of calls) {
        const error = await errorOf<unknown>(call());
        expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
        expect(error).toMatchObject({ code: 'invalid_client_key', type: 'authentication_error' });
      }
      const nobody = await running().post('chat/completions', {});
      expect(nobody.status).toBe(401);
    });

    it('404 for an unknown model and an unknown address', async () => {
      const error = await errorOf(client().chat.completions.create({ model: 'no-such', messages: [...messages] }));
      expect(error).toBeInstanceOf(OpenAI.NotFoundError);
      expect(error).toMatchObject({ code: 'UNKNOWN_MODEL', param: 'model', type: 'invalid_request_error' });
      expect(error.message).toMatch(/The model "no-such" does not exist, .*; GET \/v1\/models lists what there is\.$/);
      const nowhere = await errorOf(client().get('/no-such-thing'));
      expect(nowhere).toBeInstanceOf(OpenAI.NotFoundError);
      expect(nowhere.code).toBe('unknown_url');
    });
  });

  it('403 for a model that the key may not use', async () => {
    const error = await errorOf(chat(running(), 'large', 'auto-only'));
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error).toMatchObject({ code: 'model_not_allowed', type: 'permission_error' });
    expect((await chat(running(), 'auto', 'auto-only')).choices).toHaveLength(1);
  });

  it.each<[string, string, string | null, string]>([
    ['that is no JSON', '{"model":', null, 'invalid_json'],
    ['that is a list', '[]', null, 'invalid_json'],
    ['without a model', '{"messages":[{}]}', 'model', 'missing_field'],
    ['without messages', '{"model":"m"}', 'messages', 'missing_field'],
    ['with a wrong field', '{"model":"m","messages":[{}],"stream":"yes"}', 'stream', 'invalid_type'],
  ])('400 for a body %s', async (_, body, param, code) => {
    const headers = { 'content-type': 'application/json' };
    const error = await errorOf(running().client({ apiKey: 'whole' }).post('/chat/completions', { body, headers }));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ param, code });
  });

  it('413 for a body that is too large, also without a length; 415 for one that is no JSON', async () => {
    const huge = 'x'.repeat(3_000_000);
    const error = await errorOf(
      running()
        .client({ apiKey: 'whole' })
        .chat.completions.create({ model: 'large', messages: [{ role: 'user', content: huge }] }),
    );
    expect(error).toMatchObject({ status: 413, code: 'body_too_large' });
    const streamed = await fetch(`${running().url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer whole' },
      body: new Blob([huge]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(413);
    expect(await streamed.json()).toMatchObject({ error: { code: 'body_too_large' } });
    const plain = { 'content-type': 'text/plain', authorization: 'Bearer whole' };
    const odd = await running().post('chat/completions', 'hello', { headers: plain });
    expect(odd.status).toBe(415);
    expect(await odd.json()).toMatchObject({ error: { code: 'unsupported_media_type' } });
  });

  it('429 with Retry-After when the budget of the key is used up', async () => {
    for (let count = 0; count < 2; count++) await chat(running(), 'large', 'poor');
    const error = await errorOf(chat(running(), 'large', 'poor'));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ code: 'CLIENT_BUDGET_EXHAUSTED', type: 'insufficient_quota' });
    const seconds = Number(error.headers!.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(86_400);
    expect(Number(error.headers!.get('retry-after-ms'))).toBeGreaterThan((seconds - 1) * 1_000);
    // The others go on.
    expect((await chat(running(), 'large')).choices).toHaveLength(1);
  });

  it('and the log tells it all', async () => {
    await running().close();
    const logged = await readLogged(running().logFolder);
    expectParity(logged);
    for (const place of ['-openai-v1', '-v1']) {
      for (const name of ['whole', 'stream-true', 'stream-false', 'tool', 'vectors']) {
        const tokens = name === 'vectors' ? 0 : name.startsWith('stream') ? 60 : 20;
        const { begin, decisions, outcomes } = rowsOf(logged, name + place);
        expect(begin).toMatchObject({
          clientKey: 'whole',
          stream: name.startsWith('stream'),
          hasTools: name === 'tool',
        });
        const protocol = name === 'vectors' ? 'openai-embeddings' : 'openai';
        expect(decisions).toMatchObject([{ attempt: 1, cause: 'arrival', protocol, reject_code: null }]);
        expect(outcomes).toMatchObject([{ kind: 'success', status: 200, error_code: null, output_tokens: tokens }]);
        // Usage is known whether or not the client asked for it.
        const inputTokens = outcomes[0]!.input_tokens;
        expect(inputTokens).toBeGreaterThan(0);
        expect(outcomes[0]!.cost_usd).toBeCloseTo((inputTokens * 2 + tokens * 8) / 1e6, 12);
        expect(outcomes[0]!.first_token_ms === null).toBe(!name.startsWith('stream'));
      }
    }
  });
});

function rowsOf({ inputs, decisions, outcomes }: LoggedRows, id: string) {
  const begin = inputs.find((input) => input.kind === 'begin' && input.payload.requestId === id)?.payload;
  const isOfId = ({ request_id: each }: { readonly request_id: string }): boolean => each === id;
  return { begin, decisions: decisions.filter(isOfId), outcomes: outcomes.filter(isOfId) };
}

it('retrieves models whose names have slashes and more in them, however they are written', async () => {
  const ids = ['org/small:v1.5', 'a+b@100%', 'caf\u00e9/\u2603', 'what?#'];
  const models = ids.map((id) => ({ id, prices: { inputUsdPerMillion: 1, outputUsdPerMillion: 2 } }));
  const provider = { id: 'a', baseUrl: 'http://127.0.0.1:9/v1', auth: 'none', keys: [{ alias: 'k' }], models };
  const live = await forTest(startLive({ pool: { providers: [provider], modelAliases: { 'org/all': ids } } }));
  for (const basePath of BASE_PATHS) {
    for (const id of [...ids, 'org/all', 'auto']) {
      expect(await live.client({}, basePath).models.retrieve(id)).toMatchObject({ id, object: 'model' });
    }
    for (const path of ['org/small:v1.5', 'org%2Fsmall%3Av1.5', 'org/all?x=1']) {
      expect((await fetch(`${live.url}${basePath}/models/${path}`)).status).toBe(200);
    }
    for (const path of ['org', 'org/', 'org/small', 'org%252Fsmall:v1.5']) {
      const response = await fetch(`${live.url}${basePath}/models/${path}`);
      expect(await response.json()).toMatchObject({ error: { code: 'model_not_found' } });
    }
    expect(await (await fetch(`${live.url}${basePath}/models/`)).json()).toMatchObject({ error: { param: 'model' } });
  }
});

describe('before a server that writes down what comes', () => {
  const running = shared(() =>
    startScripted(
      { solo: 6, pair: 1, narrow: 1 },
      { policy: { retry: { attemptsMax: 1 }, health: { minSamples: 1 } } },
    ),
  );

  it('it is what the client sent, byte for byte: unknown fields, numbers, escapes, order, spaces', async () => {
    const lane = running().lane('solo', (socket) => socket.write(wholeAnswer(200, CHAT)));
    const body =
      `{ "x_unknown": {"deep": [1.0, 1e3, 12345678901234567890, -0.0]},\n "model" : "${lane.model}",\t"messages":` +
      '[{"role":"user","content":"caf\\u00e9 \\/ \u2603","name":"n"}],"temperature":0.70,"logit_bias":{"50256":-100},' +
      '"x-null":null,"x_dup":1,"x_dup":2 }';
    const response = await running().post('chat/completions', body);
    expect(await response.text()).toBe(CHAT);
    expect(lane.requests(0)[0]!.body).toBe(body);
  });

  it('it is asked for usage in streams, and nothing else is changed', async () => {
    const lane = running().lane('solo', (socket) => sendStream(socket, [text('a'), STOP, USAGE, DONE]));
    const body = `{"model":"${lane.model}","stream":true,"messages":[{"x":1.50}]}`;
    const response = await running().post('chat/completions', body);
    expect(await response.text()).toBe(text('a') + STOP + DONE);
    expect(lane.requests(0)[0]!.body).toBe(body.replace('{', '{"stream_options":{"include_usage":true},'));
  });

  it('it has images in it', async () => {
    const lane = running().lane('solo', (socket) => socket.write(wholeAnswer(200, CHAT)));
    const url = `data:image/png;base64,${'iVBORw0KGgo'.repeat(400)}`;
    await running()
      .client()
      .chat.completions.create({
        model: lane.model,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url, detail: 'low' } }] }],
      });
    expect(lane.requests(0)[0]!.body).toContain(url);
  });

  it("it comes with the provider's key and the client's trace, without the client's key, cookies and others", async () => {
    const lane = running().lane('solo', (socket) => socket.write(wholeAnswer(200, CHAT)));
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = { authorization: 'Bearer of-the-client', cookie: 'a=b', traceparent, tracestate: 'x=1' };
    const response = await running().chat({ model: lane.model }, { headers: { ...headers, 'x-other': 'y' } });
    expect(response.status).toBe(200);
    const { head } = lane.requests(0)[0]!;
    expect(head).toContain(`authorization: Bearer ${ROUGH_SECRET}`);
    expect(head).toContain(`traceparent: ${traceparent}`);
    expect(head).toContain('tracestate: x=1');
    expect(head).not.toMatch(/of-the-client|cookie|x-other/i);
  });

  it("the provider's refusal of a request is told as it was said, and nobody else is asked", async () => {
    const said = '{"error":{"message":"too long","type":"invalid_request_error","param":null,"code":"context"}}';
    const lane = running().lane('pair', (socket) => socket.write(wholeAnswer(400, said)));
    const error = await errorOf(chat(running(), lane.model));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: 'context', type: 'invalid_request_error' });
    expect(error.message).toContain('too long');
    expect([lane.requests(0).length, lane.requests(1).length]).toEqual([1, 0]);
  });

  it('502 when all failed, 503 when there is nobody to ask', async () => {
    const lane = running().lane('solo', (socket) => socket.write(wholeAnswer(503, '{}')));
    const failed = await errorOf(chat(running(), lane.model));
    expect(failed).toBeInstanceOf(OpenAI.InternalServerError);
    expect(failed).toMatchObject({ status: 502, code: 'ALL_PROVIDER_FAILED' });
    expect(failed.error).toMatchObject({ attempts: [{ target: lane.targets[0], status: 503 }] });
    // The target rests now.
    const none = await errorOf(chat(running(), lane.model));
    expect(none).toBeInstanceOf(OpenAI.InternalServerError);
    expect(none).toMatchObject({ status: 503, code: 'NO_AVAILABLE_PROVIDER' });
    expect(Number(none.headers!.get('retry-after'))).toBeGreaterThan(0);
    expect(lane.requests(0)).toHaveLength(1);
  });

  it('an abort of a stream ends it upstream at once', async () => {
    const lane = running().lane('solo', (socket) => socket.write(streamHead() + httpChunk(text('a'))));
    const openBefore = running().server.open();
    const stream = await running()
      .client()
      .chat.completions.create({ model: lane.model, messages: [...messages], stream: true });
    for await (const chunk of stream) {
      expect(chunk.choices[0]!.delta.content).toBe('a');
      stream.controller.abort();
    }
    await until(() => running().server.open() <= openBefore, 'the connection upstream closed');
    await atRest(running());
  });

  it('an abort of a request that waits for its answer, and of one that waits in the queue', async () => {
    const lane = running().lane('narrow', () => undefined);
    const { driver } = running().proxy;
    const client = running().client();
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) =>
      client.chat.completions.create({ model: lane.model, messages: [...messages] }, { signal }).then(
        () => 'answered',
        (error: unknown) => (error instanceof OpenAI.APIUserAbortError ? 'aborted' : 'failed'),
      ),
    );
    await until(() => driver.openRequests === 2 && lane.requests(0).length === 1, 'one in flight, one waiting');
    const [served] = lane.requests(0);
    expect(served!.body).toContain(lane.model);
    for (const controller of controllers) controller.abort();
    expect(await Promise.all(calls)).toEqual(['aborted', 'aborted']);
    await atRest(running());
  });

  it('and the log tells it all', async () => {
    await running().close();
    const logged = await readLogged(running().logFolder);
    expectParity(logged);
    expect(logged.inputs.filter((input) => input.kind === 'begin' && input.payload.hasImage)).toHaveLength(1);
    const cancelled = logged.outcomes.filter(({ kind }) => kind === 'cancelled');
    expect(cancelled.map(({ error_code: code, output_tokens: tokens }) => [code, tokens])).toEqual([
      ['client_left', 1],
      ['client_left', 0],
      ['client_left', 0],
    ]);
    await until(() => running().server.open() === 0, 'no connection upstream');
  });
});
