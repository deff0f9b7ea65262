import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamUsage } from '../../../src/protocols/openai/index.ts';

const chunk = (fields: object, choice?: object) =>
  JSON.stringify({ id: 'c', object: 'chat.completion.chunk', ...(choice ? { choices: [choice] } : {}), ...fields });
const event = (data: string) => `data: ${data}\n\n`;
const role = event(
  chunk({}, { index: 0, delta: { role: 'assistant', content: '', refusal: null }, finish_reason: null }),
);
const text = (content: string) => event(chunk({ usage: null }, { index: 0, delta: { content }, finish_reason: null }));
const stop = event(chunk({ usage: null }, { index: 0, delta: {}, finish_reason: 'stop' }));
const usage = { prompt_tokens: 11, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 8 } };
const usageOnly = event(chunk({ choices: [], usage }));
const done = event('[DONE]');
const whole = role + text('Hel') + text('lo') + stop + usageOnly + done;

interface Reading {
  readonly released: string;
  readonly tail: string | null;
  readonly state: object;
}

function read(
  stream: string | Buffer,
  cuts: readonly number[] = [],
  hidesUsage = false,
  eventBytesMax?: number,
): Reading {
  const bytes = Buffer.from(stream);
  const scanner = new StreamUsage(hidesUsage, eventBytesMax);
  const parts: Buffer[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    parts.push(scanner.push(bytes.subarray(from, cut)));
    from = cut;
  }
  parts.push(scanner.finish());
  const { finishReason, hasContent, contentEvents, isDone, error, isMalformed, isMidEvent } = scanner;
  return {
    released: Buffer.concat(parts).toString('latin1'),
    tail: scanner.tail?.toString('latin1') ?? null,
    state: { usage: scanner.usage, finishReason, hasContent, contentEvents, isDone, error, isMalformed, isMidEvent },
  };
}

describe('reading a stream', () => {
  it('finds the end, the usage and the reason, and passes all on', () => {
    const { released, tail, state } = read(whole);
    expect(released + tail).toBe(whole);
    expect(tail).toBe(done);
    expect(state).toEqual({
      usage: { inputTokens: 11, outputTokens: 5, cacheReadTokens: 8, cacheWriteTokens: 0 },
      finishReason: 'stop',
      hasContent: true,
      contentEvents: 2,
      isDone: true,
      error: null,
      isMalformed: false,
      isMidEvent: false,
    });
  });

  it('keeps the usage-only event from a client that did not ask', () => {
    const { released, tail, state } = read(whole, [], true);
    expect(released + tail).toBe(role + text('Hel') + text('lo') + stop + done);
    expect(state).toMatchObject({ usage: { inputTokens: 11 } });
  });

  it('hides only that event: usage beside choices, and empty choices without usage, pass', () => {
    const filter = event(chunk({ choices: [], prompt_filter_results: [] }));
    const both = event(chunk({ usage }, { index: 0, delta: { content: 'x' }, finish_reason: 'stop' }));
    expect(read(filter + both + done, [], true).released).toBe(filter + both);
  });

  it.each([
    ['content', { content: 'x' }],
    ['a tool call', { tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] }],
    ['reasoning', { reasoning_content: 'hm' }],
    ['a refusal', { refusal: 'no' }],
    ['sound', { audio: { data: 'AAAA' } }],
  ])('takes %s for the first token', (_, delta) => {
    const scanner = new StreamUsage(false);
    scanner.push(Buffer.from(role));
    expect(scanner.hasContent).toBe(false);
    scanner.push(Buffer.from(event(chunk({}, { index: 0, delta, finish_reason: null }))));
    expect(scanner.hasContent).toBe(true);
  });

  it('holds an event until it is whole', () => {
    const scanner = new StreamUsage(false);
    const first = text('one');
    expect(scanner.push(Buffer.from(first.slice(0, 20)))).toHaveLength(0);
    expect(scanner.push(Buffer.from(first.slice(20) + 'data: {'))).toEqual(Buffer.from(first));
    expect(scanner.finish()).toHaveLength(0);
  });

  it('gives whole events back as they came, without a copy', () => {
    const scanner = new StreamUsage(true);
    scanner.push(Buffer.from(text('a')));
    const bytes = Buffer.from(text('b') + text('c'));
    expect(scanner.push(bytes)).toBe(bytes);
    expect(scanner.contentEvents).toBe(3);
  });

  it.each([
    ['"usage"', '"usage"'],
    ['a text about usage', '{"usage":{"prompt_tokens":9}} and "error":{} and "finish_reason":"x" [DONE]'],
  ])('is not taken in by a text that is %s', (_, content) => {
    const { released, tail, state } = read(text('a') + text(content) + stop + done);
    expect(released + tail).toBe(text('a') + text(content) + stop + done);
    expect(state).toMatchObject({ usage: null, error: null, finishReason: 'stop', contentEvents: 2 });
  });

  it.each([
    ['blanks after the colons', `data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}\n\n`],
    [
      'several lines',
      `data: {"choices":[],\ndata: "usage":\ndata: {"prompt_tokens":3,\ndata: "completion_tokens":4}}\n\n`,
    ],
    ['no blank after data', `data:{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n`],
    [
      'comments and other fields',
      `: ping\nid: 7\nevent: x\ndata: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\nretry: 1\n\n`,
    ],
    ['Groq', `data: {"choices":[],"x_groq":{"usage":{"prompt_tokens":3,"completion_tokens":4}}}\n\n`],
  ])('reads usage with %s', (_, last) => {
    const input = text('a') + last + done;
    for (const form of [input, input.replaceAll('\n', '\r\n'), input.replaceAll('\n', '\r')]) {
      expect(read(form).state).toMatchObject({ usage: { inputTokens: 3, outputTokens: 4 }, isDone: true });
    }
  });

  it('keeps the last usage of a stream that tells it again and again', () => {
    const running = (count: number) =>
      event(chunk({ usage: { prompt_tokens: 1, completion_tokens: count } }, { index: 0, delta: { content: 'x' } }));
    expect(read(running(1) + running(2) + running(3) + done).state).toMatchObject({
      usage: { outputTokens: 3 },
      contentEvents: 3,
    });
  });

  it.each([
    [`data: {"error":{"message":"m","code":429}}\n\n`, 429],
    [`data: {"error":{"message":"m","code":"rate_limit"}}\n\n`, null],
    [`data: {"error":"boom"}\n\n`, null],
    [`event: error\ndata: {"message":"m","code":"400"}\n\n`, 400],
    [`data: {"object":"error","message":"m","code":400}\n\n`, 400],
  ])('stops at an error event: %j', (error, status) => {
    for (const before of ['', role, text('a')]) {
      const { released, tail, state } = read(before + error + text('late') + done);
      expect(released).toBe(before);
      expect(tail).toBe(error + text('late') + done);
      expect(state).toMatchObject({ error: { status }, isDone: false });
    }
  });

  it.each(['data: <html>\n\n', 'data: {"choices":[{\n\n', 'data: 7\n\n'])(
    'knows rubbish before the first token: %j',
    (rubbish) => {
      expect(read(rubbish).state).toMatchObject({ isMalformed: true, hasContent: false });
      expect(read(text('a') + rubbish).state).toMatchObject({ isMalformed: false });
    },
  );

  it('sees nothing in a page of HTML', () => {
    expect(read('<html>\n\n<body>no</body>\n\n</html>').state).toMatchObject({ hasContent: false, isDone: false });
  });

  it('reads a last event without its empty line, and drops half of one', () => {
    expect(read(text('a') + 'data: [DONE]').state).toMatchObject({ isDone: true });
    expect(read(text('a') + stop.trimEnd())).toMatchObject({
      released: text('a') + stop.trimEnd(),
      state: { finishReason: 'stop' },
    });
    expect(read(text('a') + stop.slice(0, 30))).toMatchObject({ released: text('a'), state: { finishReason: null } });
  });
});

describe('an event that is too long', () => {
  const long = text('x'.repeat(5_000));

  it('is passed on in pieces, with bounded memory, and what follows is read', () => {
    const scanner = new StreamUsage(false, 1_000);
    let largest = 0;
    let held = 0;
    const bytes = Buffer.from(long + stop + done);
    const parts: Buffer[] = [];
    for (let from = 0; from < bytes.length; from += 100) {
      const part = scanner.push(bytes.subarray(from, from + 100));
      held += Math.min(100, bytes.length - from) - part.length;
      largest = Math.max(largest, held);
      parts.push(part);
    }
    expect(largest).toBeLessThan(1_200);
    expect(Buffer.concat([...parts, scanner.tail!]).toString()).toBe(long + stop + done);
    expect(scanner).toMatchObject({ hasContent: true, contentEvents: 1, finishReason: 'stop', isDone: true });
  });

  it('leaves word that the client has half of it', () => {
    const { state } = read(long.slice(0, 3_000), [1_500], false, 1_000);
    expect(state).toMatchObject({ isMidEvent: true });
  });

  it('costs a slow drip no more than its bytes', () => {
    const scanner = new StreamUsage(false);
    const bytes = Buffer.from(text('x'.repeat(200_000)));
    const startedAtMs = performance.now();
    for (let at = 0; at < bytes.length; at++) scanner.push(bytes.subarray(at, at + 1));
    // Copying what is held for every byte would take 20 GB of copies.
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(scanner.hasContent).toBe(true);
  });
});

describe('however the bytes are cut', () => {
  const pieces = [
    role,
    text('a'),
    text('b "usage":{} [DONE] \\'),
    text('"usage"'),
    text('ü語😀'),
    stop,
    usageOnly,
    done,
    ': ping\n\n',
    '\n',
    '\n\n\n',
    'data: {"error":{"code":500}}\n\n',
    'event: error\ndata: {"message":"m"}\n\n',
    'data: {"choices":[],\ndata: "usage":{"prompt_tokens":3}}\n\n',
    'data:\n\n',
    'data: rubbish\n\n',
    'id: 1\n\n',
    text('x'.repeat(700)),
    'data: {"cho',
  ];
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r', 'mixed');
  const stream = fc
    .tuple(fc.array(fc.tuple(fc.constantFrom(...pieces), lineEnd), { maxLength: 12 }), lineEnd)
    .map(([list, common]) =>
      Buffer.from(
        list
          .map(([piece, own]) => piece.replaceAll('\n', common === 'mixed' ? (own === 'mixed' ? '\n' : own) : common))
          .join(''),
      ),
    );

  it('the result is the same, and all bytes are there', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.boolean(),
        fc.constantFrom(undefined, 400),
        (bytes, places, hides, longest) => {
          const cuts = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
          const atOnce = read(bytes, [], hides, longest);
          expect(read(bytes, cuts, hides, longest)).toEqual(atOnce);
          const everywhere = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1);
          expect(read(bytes, everywhere, hides, longest)).toEqual(atOnce);
          // What is dropped: the usage-only events, and half an event at the end.
          if (!hides) expect(bytes.toString('latin1').startsWith(atOnce.released + (atOnce.tail ?? ''))).toBe(true);
        },
      ),
      { numRuns: 1_500 },
    );
  });
});
