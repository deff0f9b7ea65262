import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsMarkers, problemAnswer, readMarkers, type MarkedBody } from '../../../src/protocols/openai/index.ts';

const user = (content: unknown) => ({ role: 'user', content });
const text = (content: string) => ({ type: 'text', text: content });
const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };

function marked(fields: unknown): MarkedBody {
  const result = readMarkers(Buffer.from(typeof fields === 'string' ? fields : JSON.stringify(fields)));
  if (result?.kind !== 'marked') throw new Error(`expected markers, not ${JSON.stringify(result)}`);
  return result;
}

const instructionsOf = (fields: unknown) =>
  marked(fields).instructions.map(({ kind, name }) => `${kind} ${name}`.trim());
const messagesLeft = (messages: unknown) =>
  (JSON.parse(marked({ messages }).body.toString()) as { messages: unknown }).messages;

describe('B.6 instructions of a chat', () => {
  it.each([
    ['the latest user message', [user('<**p.a**>'), user('<**q.b**> go')], ['force q.b']],
    ['none of earlier ones', [user('<**p.a**> go'), user('go on')], []],
    [
      'the latest user message in a loop of tools',
      [user('<**p.a**> go'), { role: 'assistant', content: null, tool_calls: [] }, { role: 'tool', content: 'done' }],
      ['force p.a'],
    ],
    [
      'all parts in their order',
      [user([text('<**clear**> a'), IMAGE, text('b <**#p,q.1**>')])],
      ['clear', 'disable p', 'disable q.1'],
    ],
    ['one that is left empty', [user('go'), user('<**!p**>')], ['allow p']],
  ])('%s', (_, messages, expected) => {
    expect(instructionsOf({ messages })).toEqual(expected);
  });

  it('are refused when there are more than can be followed, in one part or in several', () => {
    for (const content of ['<**p**>'.repeat(65), [text('<**p**>'.repeat(40)), text('<**q**>'.repeat(25))]]) {
      const read = readMarkers(Buffer.from(JSON.stringify({ messages: [user(content)] })));
      expect(read).toMatchObject({ kind: 'problem', code: 'invalid_value', param: 'messages' });
    }
  });

  it.each([
    ['no marker', { messages: [user('hello')] }],
    ['stars', { messages: [user('<**bold words**>')] }],
    ['markers in code', { messages: [user('`<**p**>`')] }],
    [
      'markers of others',
      { messages: [{ role: 'system', content: '<**p**>' }, { role: 'tool', content: '<**p**>' }, user('x')] },
    ],
    ['markers elsewhere', { user: '<**p**>', messages: [{ role: 'user', name: '<**p**>', content: 'x' }] }],
    ['no messages', { input: '<**p**>' }],
    ['messages that are no list', { messages: '<**p**>' }],
    ['messages that are no objects', { messages: ['<**p**>', null, 7, [user('<**p**>')]] }],
    [
      'contents that are no texts',
      { messages: [user(null), user(7), user({ text: '<**p**>' }), user([7, null, ['<**p**>'], { text: 7 }])] },
    ],
    ['a list', ['<**p**>']],
  ])('none in %s', (_, fields) => {
    const body = Buffer.from(JSON.stringify(fields));
    expect(readMarkers(body)).toBeNull();
    expect(holdsMarkers(body)).toBe(false);
  });

  it.each([
    '{"messages":[{"role":"user","content":"<**p**>"}',
    '{"messages":[{"role":"user","content":"<**p**>"} x, {"role":"user","content":"y"}]}',
    '<**p**>',
    '',
  ])('none in what is no JSON: %s', (body) => {
    expect(readMarkers(Buffer.from(body))).toBeNull();
  });

  it.each(['\\u003c**p.a**>', '\\u003C\\u002a\\u002A!p.a*\\u002a\\u003e', '<*\\u002ap.a**>', '<\\u002a*p\\u002ea**>'])(
    'written by the numbers of characters: %s',
    (escaped) => {
      const body = `{"messages":[{"role":"user","content":"${escaped} go"}]}`;
      expect(marked(body).instructions).toMatchObject([{ name: 'p.a' }]);
      expect(marked(body).body.toString()).toBe('{"messages":[{"role":"user","content":"go"}]}');
      expect(holdsMarkers(Buffer.from(body))).toBe(true);
    },
  );

  it('refuses markers also in earlier messages, for keys that may have none', () => {
    expect(holdsMarkers(Buffer.from(JSON.stringify({ messages: [user('<**p**> a'), user('b')] })))).toBe(true);
  });
});

describe('B.6 what goes upstream', () => {
  it.each([
    ['all user messages', [user('<**p**> a'), user('b <**q**>'), user('c')], [user('a'), user('b'), user('c')]],
    [
      'not those of others',
      [{ role: 'system', content: '<**p**>' }, user('<**q**> a')],
      [{ role: 'system', content: '<**p**>' }, user('a')],
    ],
    ['a message left empty is dropped', [user('<**p**>'), user('a')], [user('a')]],
    ['the last message left empty', [user('a'), user(' <**p**>\n')], [user('a')]],
    [
      'several in a row',
      [user('a'), user('<**p**>'), user('<**p**>'), user('b'), user('<**p**>'), user('<**p**>')],
      [user('a'), user('b')],
    ],
    ['one that was empty before stays', [user(''), user('<**p**> a')], [user(''), user('a')]],
    ['a part left empty is dropped', [user([text('<**p**>'), IMAGE])], [user([IMAGE])]],
    ['a part of nothing else is dropped', [user([text('a'), text('<**p**>')])], [user([text('a')])]],
    ['parts in between', [user([text('a'), text('<**p**>'), text('b')])], [user([text('a'), text('b')])]],
    ['a message whose parts are left empty', [user([text('<**p**>'), text(' ')]), user('a')], [user('a')]],
    ['parts that are texts', [user(['<**p**> a', '<**q**>'])], [user(['a'])]],
    [
      'a text besides something else',
      [user([{ type: 'file', text: '<**p**>', file: 1 }])],
      [user([{ type: 'file', text: '', file: 1 }])],
    ],
    ['code stays', [user('<**p**> `<**q**>`')], [user('`<**q**>`')]],
  ])('%s', (_, messages, expected) => {
    expect(messagesLeft(messages)).toEqual(expected);
  });

  it('keeps every other byte', () => {
    const body = [
      '\r\n{ "seed" : 1.0e+02,\t"messages" :[ {"role":"user", "content" : "\\u0041 \\/ <**p**>" } ,\n',
      ' { "role":"user","content":"<**p**>"}, {"content":"\\u0042\\/","role":"us\\u0065r"} , {"content":[',
      ' {"text":"<**p**>","type":"text"} ,{"type":"text", "text":"\\u0043 `<**q**>`"}],"role":"user","n":1.50}],"x":"<**p**>"} \n',
    ].join('');
    expect(marked(body).body.toString()).toBe(
      [
        '\r\n{ "seed" : 1.0e+02,\t"messages" :[ {"role":"user", "content" : "A /" } ,\n',
        ' {"content":"\\u0042\\/","role":"us\\u0065r"} , {"content":[',
        ' {"type":"text", "text":"\\u0043 `<**q**>`"}],"role":"user","n":1.50}],"x":"<**p**>"} \n',
      ].join(''),
    );
  });

  it.each([
    [
      'messages',
      '{"messages":[{"role":"user","content":"<**p**> a"}],"messages":[{"role":"user","content":"b <**q**>"}]}',
      '{"messages":[{"role":"user","content":"a"}],"messages":[{"role":"user","content":"b"}]}',
    ],
    [
      'contents',
      '{"messages":[{"role":"user","content":"<**p**> a","content":"<**q**> b"}]}',
      '{"messages":[{"role":"user","content":"a","content":"b"}]}',
    ],
    [
      'roles',
      '{"messages":[{"role":"user","content":"b <**q**>"},{"role":"user","content":"<**p**> a","role":"assistant"}]}',
      '{"messages":[{"role":"user","content":"b"},{"role":"user","content":"a","role":"assistant"}]}',
    ],
    [
      'texts',
      '{"messages":[{"role":"user","content":[{"type":"text","text":"<**q**> a","text":"b"}]}]}',
      '{"messages":[{"role":"user","content":[{"type":"text","text":"a","text":"b"}]}]}',
    ],
    [
      'lists of nothing else',
      '{"messages":[{"role":"user","content":"<**p**>"}],"messages":[{"role":"user","content":"b <**q**>"}]}',
      '{"messages":[],"messages":[{"role":"user","content":"b"}]}',
    ],
  ])('lets no marker slip through with repeated %s', (_, body, expected) => {
    const result = marked(body);
    expect(result.body.toString()).toBe(expected);
    expect(result.instructions).toEqual([{ kind: 'allow', name: 'q' }]);
  });
});

describe('B.12.18 bugs of the seed that are none here', () => {
  it('parts of a list leak no marker', () => {
    expect(messagesLeft([user([text('a <**p**>'), text('<**q**> b')])])).toEqual([user([text('a'), text('b')])]);
  });

  it('markers in code are not stripped', () => {
    const code = '```\n<**p**>\n```';
    expect(messagesLeft([user(code), user(`<**q**> ${code}`)])).toEqual([user(code), user(code)]);
  });

  it.each([
    ['one message', [user('<**p**>')]],
    ['two', [user('<**p**>'), user([text('<**q**>')])]],
  ])('zero messages are refused: %s', (_, messages) => {
    const body = Buffer.from(JSON.stringify({ model: 'm', messages }));
    const result = readMarkers(body);
    expect(result).toMatchObject({ kind: 'problem', status: 400, code: 'NO_STANDARDIZED_REQUEST', param: 'messages' });
    expect(holdsMarkers(body)).toBe(true);
    if (result?.kind !== 'problem') throw new Error('no problem');
    expect(problemAnswer(result)).toMatchObject({ status: 400 });
    expect(problemAnswer(result).body).toContain('"code":"NO_STANDARDIZED_REQUEST"');
  });

  it("the caller's request is not changed", () => {
    const body = Buffer.from(JSON.stringify({ messages: [user('<**p**> a'), user([text('<**q**>'), IMAGE])] }));
    const before = Buffer.from(body);
    readMarkers(body);
    holdsMarkers(body);
    expect(body.equals(before)).toBe(true);
  });
});

describe('B.6 whatever the body', () => {
  const piece = fc.constantFrom(
    '<**p**>',
    '<**#p.1**>',
    '<',
    '**q**>',
    '`',
    '```',
    '\n',
    ' ',
    'x',
    '語',
    '"',
    '\\',
    '\u2028',
  );
  const content = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  const part = fc.oneof(
    content,
    content.map(text),
    fc.constant(IMAGE),
    fc.record({ type: fc.constantFrom('text', 'x'), text: content }),
  );
  const message = fc.record({
    role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
    content: fc.oneof(content, fc.array(part, { maxLength: 4 }), fc.constant(null)),
  });

  it('a second time there is nothing to take out, and only user messages change', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.constantFrom(0, 1), (messages, indent) => {
        const body = Buffer.from(JSON.stringify({ model: 'm', messages, n: 1 }, null, indent));
        const first = readMarkers(body);
        if (first?.kind !== 'marked') return;
        expect(readMarkers(first.body)).toBeNull();
        const left = JSON.parse(first.body.toString()) as { messages: typeof messages };
        const others = (list: typeof messages) => list.filter(({ role }) => role !== 'user');
        expect(others(left.messages)).toEqual(others(messages));
        expect(left).toMatchObject({ model: 'm', n: 1 });
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws on arbitrary JSON, nor on what is none', () => {
    const start = '{"messages":[{"role":"user","content":"<**p**> x"},';
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, cut) => {
        const body = `${start}${json}]}`;
        for (const each of [
          body,
          body.slice(0, cut % body.length),
          json,
          `{"messages":[{"role":"user","content":${json}},"<**"]}`,
        ]) {
          expect(['marked', 'problem', undefined]).toContain(readMarkers(Buffer.from(each))?.kind);
        }
      }),
    );
  });

  it('takes time for a megabyte of messages, not more', () => {
    const body = (count: number) => ({
      messages: Array.from({ length: count }, (_, index) => user(`<**p**> ${index}`)),
    });
    expect(marked(body(20_000)).instructions).toHaveLength(1);
    const parts = { messages: [user(Array.from({ length: 20_000 }, () => text('<**p**>'))), user('x')] };
    expect(JSON.parse(marked(parts).body.toString())).toEqual({ messages: [user('x')] });
  });
});
