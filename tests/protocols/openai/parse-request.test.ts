import { describe, expect, it } from 'vitest';
import { HEADER_WORDS, parseRequest, type Endpoint, type ParsedRequest } from '../../../src/protocols/openai/index.ts';
import { REQUEST_CLASSES } from '../../../src/router/index.ts';

function parse(fields: unknown, headers: Record<string, string> = {}, endpoint: Endpoint = 'chat', scope = 'alice') {
  return parseRequest(Buffer.from(JSON.stringify(fields)), endpoint, headers, scope);
}

function features(fields: object, headers: Record<string, string> = {}, endpoint: Endpoint = 'chat', scope = 'alice') {
  const filled = endpoint === 'chat' ? { model: 'm', messages: [user('hi')], ...fields } : { model: 'm', ...fields };
  const parsed = parse(filled, headers, endpoint, scope);
  if (parsed.kind !== 'request') throw new Error(parsed.message);
  return parsed.features;
}

const user = (content: unknown) => ({ role: 'user', content });

describe('a chat request', () => {
  it('gives the core what it needs', () => {
    const { prefixBlocks, ...rest } = features({ stream: true, max_tokens: 100, tools: [{ type: 'function' }] });
    expect(rest).toEqual({
      protocol: 'openai',
      model: 'm',
      declaredClass: null,
      declaredPriority: null,
      sessionId: null,
      // 3 for the prompt, 4 for the message, 2 bytes of text and 21 of tools.
      inputTokens: 3 + 4 + Math.ceil((2 + 21) / 4),
      maxOutputTokens: 100,
      stream: true,
      hasTools: true,
      hasImage: false,
      steering: null,
    });
    expect(prefixBlocks).toHaveLength(1);
  });

  it.each([
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 7, max_tokens: 5 }, 7],
    [{ max_completion_tokens: null, max_tokens: 5 }, 5],
    [{ max_tokens: -1 }, null],
    [{}, null],
  ])('takes the limit of the answer from %j', (fields, expected) => {
    expect(features(fields).maxOutputTokens).toBe(expected);
  });

  it.each([
    [{ tools: [] }, false],
    [{ tools: null }, false],
    [{ functions: [{ name: 'f' }] }, true],
  ])('sees tools in %j: %s', (fields, expected) => {
    expect(features(fields).hasTools).toBe(expected);
  });

  it.each(['image_url', 'input_image'])('sees an image part of type %s, at a fixed price', (type) => {
    const image = { type, image_url: { url: `data:image/png;base64,${'A'.repeat(100_000)}` } };
    const seen = features({ messages: [user([{ type: 'text', text: 'what is it?!' }, image])] });
    expect(seen.hasImage).toBe(true);
    expect(seen.inputTokens).toBe(3 + 4 + 3 + 765);
    expect(features({ messages: [user('image_url')] }).hasImage).toBe(false);
  });

  it('counts bytes, not characters, and the arguments of calls', () => {
    expect(features({ messages: [user('語'.repeat(100))] }).inputTokens).toBe(7 + 75);
    const call = { id: 'c', type: 'function', function: { name: 'look', arguments: 'x'.repeat(396) } };
    expect(features({ messages: [{ role: 'assistant', content: null, tool_calls: [call] }] }).inputTokens).toBe(
      7 + 100,
    );
  });

  it.each([
    [{ 'x-token-pool-session': 's' }, { metadata: { session_id: 'm' }, prompt_cache_key: 'p', user: 'u' }, 'alice:s'],
    [{}, { metadata: { session_id: 'm' }, prompt_cache_key: 'p', user: 'u' }, 'alice:m'],
    [{}, { prompt_cache_key: 'p', user: 'u' }, 'alice:p'],
    [{}, { metadata: { session_id: 7 }, prompt_cache_key: '', user: 'u' }, 'alice:u'],
    [{ session_id: 'h' }, { metadata: { session_id: 'm' }, prompt_cache_key: 'p' }, 'alice:h'],
    [{ 'x-conversation-id': 'c' }, { prompt_cache_key: 'p' }, 'alice:c'],
    [{ 'x-token-pool-resume': 'r' }, { previous_response_id: 'r', prompt_cache_key: 'p' }, 'alice:p'],
    [{}, { metadata: 'x', user: 3 }, null],
  ])('takes the session from %j and %j: %s', (headers, fields, expected) => {
    expect(features(fields, headers).sessionId).toBe(expected);
  });

  it('shortens long sessions and keeps them apart', () => {
    const a = features({ user: 'x'.repeat(10_000) }).sessionId!;
    expect(a.length).toBeLessThan(100);
    expect(features({ user: `${'x'.repeat(9_999)}y` }).sessionId).not.toBe(a);
  });

  it('takes class and priority from headers first, then metadata', () => {
    const metadata = { class: 'background', priority: 'low' };
    expect(features({ metadata })).toMatchObject({ declaredClass: 'background', declaredPriority: 'low' });
    expect(features({ metadata }, { 'x-token-pool-priority': 'high', 'x-token-pool-class': 'chat' })).toMatchObject({
      declaredClass: 'chat',
      declaredPriority: 'high',
    });
    expect(features({ metadata: { class: 'x'.repeat(1_000), priority: 1 } })).toMatchObject({
      declaredClass: null,
      declaredPriority: null,
    });
  });

  it('refuses a class or priority in a header that is none, naming the header and the words', () => {
    expect(HEADER_WORDS['x-token-pool-class']).toEqual(REQUEST_CLASSES);
    const shouted = { 'x-token-pool-priority': ' HIGH ', 'x-token-pool-class': 'Background' };
    expect(features({}, shouted)).toMatchObject({ declaredClass: 'background', declaredPriority: 'high' });
    const empty = { 'x-token-pool-priority': '', 'x-token-pool-class': '' };
    expect(features({ metadata: { priority: 'low' } }, empty)).toMatchObject({ declaredPriority: 'low' });
    for (const [header, words] of [
      ['x-token-pool-priority', 'low, normal, high'],
      ['x-token-pool-class', 'chat, long, background, balanced'],
    ] as const) {
      for (const value of ['urgent', ' ', 'low, chat', 'x'.repeat(1_000)]) {
        for (const body of [
          { model: 'm', messages: [user('x')] },
          { model: 'm', input: 'x' },
        ]) {
          const endpoint = 'input' in body ? 'embeddings' : 'chat';
          expect(parseRequest(Buffer.from(JSON.stringify(body)), endpoint, { [header]: value }, 'k')).toEqual({
            kind: 'problem',
            status: 400,
            code: 'invalid_value',
            param: header,
            message: `The header '${header}' must be one of ${words}.`,
          });
        }
      }
    }
    // What a client keeps in its metadata is its own affair.
    expect(features({ metadata: { priority: 'P1' } })).toMatchObject({ declaredPriority: 'P1' });
  });

  it('knows whether the client wants usage', () => {
    const wants = (fields: object) =>
      (parse({ model: 'm', messages: [user('x')], stream: true, ...fields }) as ParsedRequest).wantsStreamUsage;
    expect(wants({})).toBe(false);
    expect(wants({ stream_options: { include_usage: false } })).toBe(false);
    expect(wants({ stream_options: { include_usage: true } })).toBe(true);
  });
});

describe('a body that cannot be used', () => {
  const messages = [user('x')];
  it.each([
    [{ messages }, 'missing_field', 'model'],
    [{ model: '', messages }, 'missing_field', 'model'],
    [{ model: 4, messages }, 'invalid_type', 'model'],
    [{ model: 'x'.repeat(300), messages }, 'invalid_value', 'model'],
    [{ model: 'm' }, 'missing_field', 'messages'],
    [{ model: 'm', messages: 'hi' }, 'invalid_type', 'messages'],
    [{ model: 'm', messages: [] }, 'invalid_value', 'messages'],
    [{ model: 'm', messages: [user('x'), 'y'] }, 'invalid_type', 'messages[1]'],
    [{ model: 'm', messages, stream: 'yes' }, 'invalid_type', 'stream'],
    [{ model: 'm', messages, tools: {} }, 'invalid_type', 'tools'],
    [{ model: 'm', messages, stream_options: true }, 'invalid_type', 'stream_options'],
    [{ model: 'm', messages, max_tokens: '5' }, 'invalid_value', 'max_tokens'],
    [{ model: 'm', messages, max_completion_tokens: 0.5 }, 'invalid_value', 'max_completion_tokens'],
    [[], 'invalid_json', null],
    [null, 'invalid_json', null],
    ['text', 'invalid_json', null],
  ])('%j: %s of %s', (fields, code, param) => {
    expect(parse(fields)).toMatchObject({ kind: 'problem', status: 400, code, param });
  });

  it.each(['', '{', '{"model":"m",}', '{"model":"m"} x', '\ufeff{"model":"m"}', '{"secret text": nope}'])(
    'not JSON: %j, and the answer does not quote it',
    (text) => {
      const parsed = parseRequest(Buffer.from(text), 'chat', {}, 'a');
      expect(parsed).toMatchObject({ kind: 'problem', code: 'invalid_json', param: null });
      expect(JSON.stringify(parsed)).not.toContain('nope');
    },
  );

  it.each([
    [{ model: 'm' }, 'missing_field'],
    [{ model: 'm', input: 3 }, 'invalid_type'],
    [{ model: 'm', input: [] }, 'invalid_type'],
    [{ model: 'm', input: [{}] }, 'invalid_type'],
  ])('of embeddings: %j', (fields, code) => {
    expect(parse(fields, {}, 'embeddings')).toMatchObject({ kind: 'problem', code, param: 'input' });
  });
});

describe('an embeddings request', () => {
  it.each([
    ['x'.repeat(40), 10],
    [['x'.repeat(40), 'y'], 11],
    [[1, 2, 3], 3],
    [[[1, 2], [3]], 3],
  ])('is as long as its input (%#)', (input, tokens) => {
    expect(features({ input }, {}, 'embeddings')).toMatchObject({
      inputTokens: tokens,
      maxOutputTokens: 0,
      stream: false,
      prefixBlocks: null,
      steering: null,
    });
  });
});

describe('prefix blocks', () => {
  const turns = Array.from({ length: 100 }, (_, index) => user(`turn ${index}`));
  const blocks = (count: number, scope = 'alice', extra: object = {}) =>
    features({ messages: turns.slice(0, count), ...extra }, {}, 'chat', scope).prefixBlocks!;

  it('grow with the conversation and keep what they were', () => {
    expect(blocks(5)).toHaveLength(5);
    expect(blocks(8).slice(0, 5)).toEqual(blocks(5));
    expect(new Set(blocks(8)).size).toBe(8);
  });

  it('differ from the first change on', () => {
    const changed = [...turns.slice(0, 2), user('other'), ...turns.slice(3, 6)];
    const other = features({ messages: changed }).prefixBlocks!;
    expect(other.slice(0, 2)).toEqual(blocks(6).slice(0, 2));
    for (const index of [2, 3, 4, 5]) expect(other[index]).not.toBe(blocks(6)[index]);
  });

  it('are never shared by two clients, nor by different tools', () => {
    const all = [...blocks(20), ...blocks(20, 'bob'), ...blocks(20, 'alice', { tools: [{ a: 1 }] })];
    expect(new Set(all).size).toBe(60);
  });

  it('do not depend on other fields', () => {
    expect(blocks(5, 'alice', { temperature: 1, model: 'other' })).toEqual(blocks(5));
  });

  it('are bounded, and weigh long messages by their length', () => {
    expect(blocks(100)).toHaveLength(64);
    const long = user('x'.repeat(20_000));
    expect(features({ messages: [long, user('y')] }).prefixBlocks).toHaveLength(6);
    expect(features({ messages: [user('x'.repeat(2_000_000))] }).prefixBlocks).toHaveLength(64);
    for (const block of blocks(10)) expect(Number.isInteger(block) && block >= 0 && block < 2 ** 32).toBe(true);
  });
});
