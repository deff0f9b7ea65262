import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChunk, readErrorBody } from '../../../src/console/playground/completion-chunk.ts';
import { EventReader } from '../../../src/console/playground/sse-events.ts';

function eventsOf(...pieces: readonly string[]): readonly string[] {
  const reader = new EventReader();
  return [...pieces.flatMap((piece) => reader.take(piece)), ...reader.end()];
}

describe('the reader of events', () => {
  it.each([
    ['data: a\n\ndata:b\n\n', ['a', 'b']],
    [': a comment\n\ndata: a\nid: 7\n\n', ['a']],
    ['data: a\r\ndata: b\r\n\r\n', ['a\nb']],
    ['data: {"x": "data: y"}\n\n', ['{"x": "data: y"}']],
    ['data: cut off', ['cut off']],
    ['', []],
  ])('reads %j', (text, events) => expect(eventsOf(text)).toEqual(events));

  it('reads the same however the stream is cut', () => {
    const text = 'data: one\r\ndata: two\r\n\r\n: beat\n\ndata: three\n\ndata: [DONE]\n\n';
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = edges.slice(1).map((edge, index) => text.slice(edges[index], edge));
        expect(eventsOf(...pieces)).toEqual(['one\ntwo', 'three', '[DONE]']);
      }),
    );
  });
});

describe('a chunk of an answer', () => {
  it('gives text, ending and usage', () => {
    expect(readChunk('{"choices":[{"delta":{"content":"Hi"}}]}')).toMatchObject({ text: 'Hi', finish: null });
    expect(readChunk('{"choices":[{"delta":{},"finish_reason":"stop"}]}')).toMatchObject({ text: '', finish: 'stop' });
    expect(
      readChunk(
        '{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":3}}}',
      ).usage,
    ).toEqual({ promptTokens: 9, completionTokens: 4, cachedTokens: 3 });
  });

  it('tells an error in its own words', () => {
    expect(readChunk('{"error":{"message":"It broke.","code":"STREAM_BROKEN"}}').error).toBe('It broke.');
    expect(readChunk('{"error":{"code":"STREAM_BROKEN"}}').error).toBe('STREAM_BROKEN');
    expect(readErrorBody('{"error":{"message":"No model m","code":null}}')).toBe('No model m');
    expect(readErrorBody('<html>')).toBeNull();
  });

  it('takes anything else for nothing', () => {
    const nothing = { text: '', finish: null, usage: null, error: null };
    for (const data of ['[DONE]', 'no json', '7', '[]', '{"choices":"?"}', '{"choices":[{"delta":{"content":[1]}}]}']) {
      expect(readChunk(data)).toEqual(nothing);
    }
  });
});
