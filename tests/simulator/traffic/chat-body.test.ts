/** Prompts made of nothing must count as many tokens at the twin as the trace says, and share what it says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatBody } from '../../../simulator/traffic/chat-body.ts';
import { embeddingsBody } from '../../../simulator/traffic/embeddings-body.ts';
import { requestHeaders } from '../../../simulator/traffic/request-headers.ts';
import { readChatCall, readEmbeddingsCall, type ChatCall } from '../../../simulator/twin-server/openai-request.ts';
import type { TraceRow } from '../../../datasets/trace.ts';
import { rowAt } from '../../../simulator/validate/small/pool-in-small.ts';

const rowOf = (changes: Partial<TraceRow>): TraceRow => ({ ...rowAt(0, 0), ...changes });

function callOf(changes: Partial<TraceRow>): ChatCall {
  const row = rowOf(changes);
  const call = readChatCall(JSON.parse(chatBody(row, row.model).toString('utf8')));
  if ('problem' in call) throw new Error(call.problem);
  return call;
}
const textOf = (changes: Partial<TraceRow>): string => callOf(changes).prompt.texts.join('');

/** Characters that two texts begin with in common. */
function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

describe('the body of a row', () => {
  it('has its input tokens by the count of the twins', () => {
    const blocks = fc.option(fc.array(fc.oneof(fc.nat(50), fc.maxSafeNat()), { maxLength: 30 }));
    fc.assert(
      fc.property(fc.nat(20_000), blocks, fc.option(fc.string()), (inputTokens, prefixBlocks, sessionId) => {
        expect(callOf({ inputTokens, prefixBlocks, sessionId }).prompt.tokens).toBe(inputTokens);
      }),
    );
  });

  it('counts an image as one of them', () => {
    expect(callOf({ inputTokens: 500, hasImage: true }).prompt.tokens).toBe(500);
    expect(callOf({ inputTokens: 10, hasImage: true }).prompt.tokens).toBe(85);
  });

  it('says what the row says', () => {
    const whole = JSON.parse(chatBody(rowOf({ stream: false }), 'a "model"').toString()) as object;
    expect(Object.keys(whole)).toEqual(['model', 'messages']);
    expect(whole).toMatchObject({ model: 'a "model"' });
    const row = rowOf({ stream: true, hasTools: true, hasImage: true, maxOutputTokens: 77 });
    expect(JSON.parse(chatBody(row, 'auto').toString())).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 77,
      tools: [{ type: 'function' }],
      tool_choice: 'auto',
      messages: [{ role: 'user', content: [{ type: 'text' }, { type: 'image_url' }] }],
    });
  });

  it('is cut at a million tokens', () => {
    expect(callOf({ inputTokens: 3_000_000 }).prompt.tokens).toBe(1_000_000);
  });
});

describe('the body of a row that asks for embeddings', () => {
  it.each([
    [0, 1],
    [1, 1],
    [700, 700],
    [3_000_000, 1_000_000],
  ])('has its input tokens by the count of the twins: %i', (inputTokens, counted) => {
    const row = rowOf({ inputTokens, protocol: 'openai-embeddings', maxOutputTokens: 0, stream: false });
    const body = JSON.parse(embeddingsBody(row, 'a "model"').toString('utf8')) as object;
    expect(Object.keys(body)).toEqual(['model', 'input']);
    expect(body).toMatchObject({ model: 'a "model"' });
    expect(readEmbeddingsCall(body)).toMatchObject({ prompt: { tokens: counted } });
  });
});

describe('prompts', () => {
  it('of a session begin with the turn before, and differ from other sessions at once', () => {
    const first = textOf({ requestId: 'a', sessionId: 's', inputTokens: 700 });
    const second = textOf({ requestId: 'b', sessionId: 's', inputTokens: 900 });
    expect(second.startsWith(first)).toBe(true);
    expect(sharedLength(first, textOf({ requestId: 'a', sessionId: 't', inputTokens: 700 }))).toBeLessThan(8);
  });

  it('without session or blocks share nothing', () => {
    const [a, b] = ['a', 'b'].map((requestId) => textOf({ requestId, inputTokens: 700 }));
    expect(sharedLength(a!, b!)).toBeLessThan(8);
    expect(textOf({ requestId: 'a', inputTokens: 700 })).toBe(a);
  });

  it.each([
    ['full blocks and a rest', [11, 12, 13], [11, 12, 99], 3 * 512 + 100],
    ['a last block that is not full', [11, 12, 13], [11, 12, 99], 2 * 512 + 5],
  ])('with %s share the text of the blocks that they share', (_, one, other, inputTokens) => {
    const a = textOf({ requestId: 'a', prefixBlocks: one, inputTokens });
    const b = textOf({ requestId: 'b', prefixBlocks: other, inputTokens });
    const shared = sharedLength(a, b);
    expect(shared).toBeGreaterThanOrEqual(2 * 512 * 4);
    expect(shared).toBeLessThan(2 * 512 * 4 + 8);
  });

  it('are plain text', () => {
    expect(textOf({ inputTokens: 70_000, sessionId: 's' })).toMatch(/^[a-z0-9 ]+$/);
  });
});

describe('the headers of a row', () => {
  const headersOf = (changes: Partial<TraceRow>, secret: string | null = null): Record<string, string> => {
    const list = requestHeaders(rowOf(changes), secret);
    return Object.fromEntries(list.flatMap((name, place) => (place % 2 === 0 ? [[name, list[place + 1]!]] : [])));
  };

  it('say who asks for what', () => {
    expect(headersOf({ requestId: 'r1', outputTokens: 12 })).toEqual({
      'content-type': 'application/json',
      'x-request-id': 'r1',
      'x-twin-output-tokens': '12',
      'x-twin-prefix-blocks': 'none',
    });
    const changes = { sessionId: 's', declaredPriority: 'low', declaredClass: 'background', prefixBlocks: [1, 2, 3] };
    expect(headersOf(changes, 'sk-1')).toMatchObject({
      authorization: 'Bearer sk-1',
      'x-session-id': 's',
      'x-token-pool-priority': 'low',
      'x-token-pool-class': 'background',
      'x-twin-prefix-blocks': '1-3',
    });
  });

  it('leave out words for class and priority that mean nothing, which the proxy would refuse', () => {
    expect(headersOf({ declaredPriority: ' High ', declaredClass: 'chat' })).toMatchObject({
      'x-token-pool-priority': 'high',
      'x-token-pool-class': 'chat',
    });
    const headers = headersOf({ declaredPriority: 'urgent', declaredClass: 'code' });
    expect(headers).not.toHaveProperty('x-token-pool-priority');
    expect(headers).not.toHaveProperty('x-token-pool-class');
  });

  it('hold nothing that a header cannot', () => {
    const blocks = Array.from({ length: 4_000 }, (_, place) => place * 1_000);
    const headers = headersOf({ requestId: 'a\r\nb', sessionId: 'zwölf', prefixBlocks: blocks });
    expect(headers).toMatchObject({ 'x-request-id': 'a%0D%0Ab', 'x-session-id': 'zw%C3%B6lf' });
    expect(headers).not.toHaveProperty('x-twin-prefix-blocks');
  });
});
