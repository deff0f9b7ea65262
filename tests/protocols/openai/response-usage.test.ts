import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../src/protocols/openai/index.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const read = (body: string | Buffer, type: string | null = JSON_TYPE, endpoint: 'chat' | 'embeddings' = 'chat') =>
  readAnswer(Buffer.from(body), type, endpoint);
const usage = { prompt_tokens: 10, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } };
const chat = JSON.stringify({ id: 'c', choices: [{ message: { content: 'hi "usage"' } }], usage });
const vectors = (numbers: number) =>
  JSON.stringify({
    object: 'list',
    data: [{ embedding: Array.from({ length: numbers }, (_, i) => i / 7) }],
    usage: { prompt_tokens: 5, total_tokens: 5 },
  });

describe('a whole answer', () => {
  it('of chat gives its usage', () => {
    const counted = { inputTokens: 10, outputTokens: 3, cacheReadTokens: 4, cacheWriteTokens: 0 };
    expect(read(chat)).toEqual({ kind: 'answer', usage: counted });
    expect(read(chat, null)).toEqual({ kind: 'answer', usage: counted });
    expect(read('{"choices":[]}')).toEqual({ kind: 'answer', usage: null });
    expect(read('{"choices":[],"usage":{"prompt_tokens":"many"}}')).toEqual({ kind: 'answer', usage: null });
  });

  it.each([3, 50_000])('of embeddings gives its usage, with %d numbers', (numbers) => {
    expect(read(vectors(numbers), JSON_TYPE, 'embeddings')).toEqual({
      kind: 'answer',
      usage: { inputTokens: 5, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    });
  });

  it.each<[string, string | null, string]>([
    [chat, 'text/html', 'wrong_content_type'],
    [chat, 'application/jsonp', 'wrong_content_type'],
    [chat.slice(0, -1), JSON_TYPE, 'truncated_json'],
    [chat.slice(0, 30), JSON_TYPE, 'truncated_json'],
    ['  {', JSON_TYPE, 'truncated_json'],
    ['', JSON_TYPE, 'not_json'],
    ['<html>', JSON_TYPE, 'not_json'],
    ['{"choices":nonsense}', JSON_TYPE, 'not_json'],
    ['[1]', JSON_TYPE, 'not_an_answer'],
    ['{"choices":null}', JSON_TYPE, 'not_an_answer'],
    ['{}', null, 'not_an_answer'],
  ])('that is none is called so: %.30s as %s is %s', (body, type, reason) => {
    expect(read(body, type)).toEqual({ kind: 'bad', reason });
  });

  it('cut anywhere is never taken for one, short or long', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(vectors(20), vectors(20_000)), (place, body) => {
        expect(read(body.slice(0, place % body.length), JSON_TYPE, 'embeddings').kind).toBe('bad');
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['{"error":{"message":"m","code":429}}', 429],
    ['{"error":{"message":"m","type":"invalid"}}', null],
    ['{"object":"error","message":"m","code":400}', 400],
  ])('may be an error in disguise: %s', (body, status) => {
    expect(read(body)).toMatchObject({ kind: 'error', error: { status } });
  });
});
