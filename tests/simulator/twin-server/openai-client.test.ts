/** The official client against the twins, unchanged. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { AttemptPlan } from '../../../simulator/twins/attempt-plan.ts';
import { createFleet } from '../../../simulator/twins/fleet.ts';
import { smallScenario } from '../../../simulator/validate/small/small-scenario.ts';
import { clientOf, runningTwins } from './running-twins.ts';

const messages = [{ role: 'user', content: 'What is a token?' }] as const;
/** 16 characters. */
const PROMPT_TOKENS = 4;

const TOOL = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        unit: { enum: ['C', 'F'] },
        days: { type: 'integer', minimum: 2 },
        places: { type: 'array', items: { type: 'object', properties: { inside: { type: 'boolean' } } } },
      },
    },
  },
} as const;
const TOOL_ARGUMENTS = { city: 'text', unit: 'C', days: 2, places: [{ inside: true }] };

const answerOf = (tokens: number) => ({ headers: { 'x-twin-output-tokens': String(tokens) } });

describe('chat', () => {
  it('answers in one piece', async () => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const completion = await clientOf(twins).chat.completions.create(
      { model: 'large', messages: [...messages] },
      answerOf(20),
    );
    expect(completion).toMatchObject({ object: 'chat.completion', model: 'large' });
    expect(completion.choices).toHaveLength(1);
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expect(completion.choices[0]!.message.content).toHaveLength(20 * 4);
    expect(completion.usage).toMatchObject({
      prompt_tokens: PROMPT_TOKENS,
      completion_tokens: 20,
      total_tokens: PROMPT_TOKENS + 20,
      prompt_tokens_details: { cached_tokens: 0 },
    });
  });

  it('stops at max_tokens and says so', async () => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const completion = await clientOf(twins).chat.completions.create(
      { model: 'large', messages: [...messages], max_completion_tokens: 7 },
      answerOf(20),
    );
    expect(completion.choices[0]!.finish_reason).toBe('length');
    expect(completion.usage!.completion_tokens).toBe(7);
  });

  it('draws a length of its own when nobody names one, the same for the same request', async () => {
    const twins = await runningTwins({ scenario: smallScenario(), speed: 10_000 });
    const lengthOf = async (id: string): Promise<number> => {
      const headers = { 'x-request-id': id };
      const { usage } = await clientOf(twins).chat.completions.create(
        { model: 'large', messages: [...messages] },
        { headers },
      );
      return usage!.completion_tokens;
    };
    const lengths = await Promise.all(['a', 'b', 'c', 'a'].map(lengthOf));
    expect(new Set(lengths).size).toBe(3);
    expect(lengths[3]).toBe(lengths[0]);
    expect(Math.min(...lengths)).toBeGreaterThan(0);
  });

  it('streams role, content, finish and usage', async () => {
    const twins = await runningTwins({ scenario: smallScenario(), speed: 1, chunkGapMs: 100 });
    const stream = await clientOf(twins).chat.completions.create(
      { model: 'large', messages: [...messages], stream: true, stream_options: { include_usage: true } },
      answerOf(60),
    );
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const choices = chunks.flatMap((chunk) => chunk.choices);
    expect(choices[0]!.delta).toMatchObject({ role: 'assistant', content: '' });
    expect(choices.map(({ delta }) => delta.content ?? '').join('')).toHaveLength(60 * 4);
    expect(choices.map(({ finish_reason: reason }) => reason).filter((reason) => reason !== null)).toEqual(['stop']);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: PROMPT_TOKENS, completion_tokens: 60 },
    });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    // 60 tokens, one each 10 ms, in frames 100 ms apart.
    expect(choices.length).toBeGreaterThan(4);
    expect(choices.length).toBeLessThan(20);
  });

  it('streams a token a frame when there is time enough, and no usage unless asked', async () => {
    const interToken = { aMs: 100, bMs: 0, sigma: 0 };
    const twins = await runningTwins({ scenario: smallScenario({ twin: { interToken } }), speed: 1, chunkGapMs: 1 });
    const stream = await clientOf(twins).chat.completions.create(
      { model: 'large', messages: [...messages], stream: true },
      answerOf(12),
    );
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.every(({ usage }) => usage === undefined)).toBe(true);
    const contents = chunks.map(({ choices }) => choices[0]!.delta.content ?? '').filter((text) => text !== '');
    expect(contents.join('')).toHaveLength(48);
    expect(contents.length).toBeGreaterThan(6);
  });

  it('calls a tool when the client insists, in one piece and streamed', async () => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const client = clientOf(twins);
    const request = { model: 'large', messages: [...messages], tools: [TOOL], tool_choice: 'required' } as const;
    const whole = await client.chat.completions.create(
      { ...request, messages: [...messages], tools: [TOOL] },
      answerOf(20),
    );
    const call = whole.choices[0]!.message.tool_calls![0]!;
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(call).toMatchObject({ type: 'function', function: { name: 'weather' } });
    expect(JSON.parse((call as { function: { arguments: string } }).function.arguments)).toEqual(TOOL_ARGUMENTS);

    const final = await client.chat.completions
      .stream({ ...request, messages: [...messages], tools: [TOOL] }, answerOf(9))
      .finalChatCompletion();
    const streamed = final.choices[0]!.message.tool_calls![0]!;
    expect(streamed.id).toMatch(/^call_/);
    expect(JSON.parse((streamed as { function: { arguments: string } }).function.arguments)).toEqual(TOOL_ARGUMENTS);
    expect(final.choices[0]!.finish_reason).toBe('tool_calls');
  });

  it('answers in words when a tool is only on offer', async () => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const { choices } = await clientOf(twins).chat.completions.create(
      { model: 'large', messages: [...messages], tools: [TOOL] },
      answerOf(3),
    );
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: ' ora lin ten' } });
  });

  it('reads a session from its prompt cache at the second turn', async () => {
    const promptCache = { ttlMs: 1e10, minTokens: 100, blockTokens: 64 };
    const twins = await runningTwins({ scenario: smallScenario({ twin: { promptCache } }), speed: 10_000 });
    const turn = async (text: string, headers: Record<string, string>): Promise<number> => {
      const request = { model: 'large', messages: [{ role: 'user' as const, content: text }] };
      const { usage } = await clientOf(twins).chat.completions.create(request, { headers });
      return usage!.prompt_tokens_details!.cached_tokens!;
    };
    const session = { 'x-session-id': 'talk', 'x-twin-output-tokens': '10' };
    expect(await turn('a'.repeat(4_000), session)).toBe(0);
    // 1,000 tokens in and 10 out are warm: 15 blocks of 64.
    expect(await turn('a'.repeat(5_000), session)).toBe(960);
    // Without a session the text speaks for itself, in full blocks.
    const text = 'bcd '.repeat(1_000);
    expect(await turn(text, {})).toBe(0);
    expect(await turn(`${text}and more`, {})).toBe(960);
    expect(await turn(`x${text}`, {})).toBe(0);
  });
});

describe('embeddings and models', () => {
  it('come as numbers, whichever way they travel', async () => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const client = clientOf(twins);
    const request = { model: 'large', input: ['one', 'two'], dimensions: 16 };
    const headers = { 'x-request-id': 'e' };
    const encoded = await client.embeddings.create(request, { headers });
    const plain = await client.embeddings.create({ ...request, encoding_format: 'float' }, { headers });
    expect(encoded.data.map(({ embedding }) => embedding.length)).toEqual([16, 16]);
    expect(encoded.data[1]!.embedding[3]).toBeCloseTo(plain.data[1]!.embedding[3]!, 6);
    expect(Math.hypot(...plain.data[0]!.embedding)).toBeCloseTo(1, 5);
    expect(plain.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
  });

  it('lists what the provider has', async () => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const client = clientOf(twins, 1);
    const list = await client.models.list();
    expect(list.data).toEqual([{ id: 'large', object: 'model', created: 0, owned_by: 'borealis' }]);
    expect((await client.models.retrieve('large')).owned_by).toBe('borealis');
    await expect(client.models.retrieve('small')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

describe('errors', () => {
  const create = (client: OpenAI, changes: object = {}) =>
    client.chat.completions.create({ model: 'large', messages: [...messages], ...changes });

  it.each([
    ['an unknown key', 'wrong', {}, OpenAI.AuthenticationError, 'invalid_api_key'],
    ["another provider's key", 'twin-borealis-main', {}, OpenAI.AuthenticationError, 'invalid_api_key'],
    ['an unknown model', undefined, { model: 'small' }, OpenAI.NotFoundError, 'model_not_found'],
    ['no messages', undefined, { messages: [] }, OpenAI.BadRequestError, null],
    ['a bad limit', undefined, { max_tokens: -1 }, OpenAI.BadRequestError, null],
    ['a tool that is not there', undefined, { tool_choice: 'required' }, OpenAI.BadRequestError, null],
  ] as const)('%s', async (_, secret, changes, errorClass, code) => {
    const twins = await runningTwins({ scenario: smallScenario() });
    const error = await create(clientOf(twins, 0, secret), changes).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(errorClass);
    expect((error as InstanceType<typeof OpenAI.APIError>).code).toBe(code);
    expect(twins.status().providers[0]!.targets[0]!.requests).toBe(0);
    expect(Object.values(twins.status().refused)).toEqual([1]);
  });

  it.each([
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [403, OpenAI.PermissionDeniedError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [502, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError],
    [529, OpenAI.InternalServerError],
  ] as const)('a plan that says %i', async (status, errorClass) => {
    const refuses: typeof createFleet = (...args) => {
      const fleet = createFleet(...args);
      return {
        ...fleet,
        attempt: (...attempt): AttemptPlan => ({
          ...fleet.attempt(...attempt),
          kind: 'failure',
          status,
          errorCode: 'made',
          firstTokenMs: null,
          durationMs: 50,
        }),
      };
    };
    const twins = await runningTwins({ scenario: smallScenario(), fleetOf: refuses });
    for (const stream of [false, true]) {
      const error = await create(clientOf(twins), { stream }).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(errorClass);
      expect(error).toMatchObject({ status, error: { type: expect.any(String), message: expect.any(String) } });
    }
    expect(twins.status().providers[0]!.targets[0]!.statuses).toEqual({ [status]: 2 });
  });

  it('429 says how long to wait, in time on the wall', async () => {
    const rateLimit = { requestsPerMinute: 2, tokensPerMinute: 10_000, retryAfter: true };
    const twins = await runningTwins({ scenario: smallScenario({ twin: { rateLimit } }), speed: 10 });
    const client = clientOf(twins);
    const { response } = await client.chat.completions
      .create({ model: 'large', messages: [...messages] }, answerOf(20))
      .withResponse();
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe(String(10_000 - 24));
    // One of two requests refills in 30 s, which is 3 s at this speed.
    expect(response.headers.get('x-ratelimit-reset-requests')).toBe('3s');
    await client.chat.completions.create({ model: 'large', messages: [...messages] }, answerOf(1));
    const error = (await create(client).catch((caught: unknown) => caught)) as InstanceType<
      typeof OpenAI.RateLimitError
    >;
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error.code).toBe('rate_limit_exceeded');
    const waitMs = Number(error.headers!.get('retry-after-ms'));
    expect(waitMs).toBeGreaterThan(2_000);
    expect(waitMs).toBeLessThanOrEqual(3_000);
    expect(error.headers!.get('retry-after')).toBe('3');
    expect(error.headers!.get('x-ratelimit-remaining-requests')).toBe('0');
  });
});
