import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOfObject } from '../../../src/protocols/openai/json-layout.ts';
import { JsonText } from '../../../src/protocols/openai/json-text.ts';
import { rewriteRequest } from '../../../src/protocols/openai/index.ts';

function rewrite(text: string, model = 'new-model', asksForUsage = false): string {
  const body = Buffer.from(text);
  return rewriteRequest(body, layoutOfObject(new JsonText(body))!, { model, asksForUsage }).toString();
}

describe('rewriting the model', () => {
  it.each([
    ['the plain case', '{"model":"a","x":1}', '{"model":"new-model","x":1}'],
    [
      'blanks and line ends',
      '\r\n{ "x" : 1 ,\t"model"\n:  "a"  } \n',
      '\r\n{ "x" : 1 ,\t"model"\n:  "new-model"  } \n',
    ],
    [
      'the key within messages and tools',
      '{"messages":[{"model":"m","content":"\\"model\\":\\"x\\""}],"tools":[{"model":{"model":1}}],"model":"a"}',
      '{"messages":[{"model":"m","content":"\\"model\\":\\"x\\""}],"tools":[{"model":{"model":1}}],"model":"new-model"}',
    ],
    [
      'numbers as they are written',
      '{"seed":1.0e+02,"big":12345678901234567890,"model":"a"}',
      '{"seed":1.0e+02,"big":12345678901234567890,"model":"new-model"}',
    ],
    ['an escaped key', '{"mod\\u0065l":"a"}', '{"mod\\u0065l":"new-model"}'],
    [
      'every one of several, as parsers differ in which they take',
      '{"model":"a","x":1,"model":"b"}',
      '{"model":"new-model","x":1,"model":"new-model"}',
    ],
    ['a name with escapes', '{"model":"a\\"b\\\\"}', '{"model":"new-model"}'],
    ['braces and brackets in texts', '{"x":"}]{[\\\\","model":"a"}', '{"x":"}]{[\\\\","model":"new-model"}'],
    ['a text that is one backslash', '{"x":"\\\\","model":"a"}', '{"x":"\\\\","model":"new-model"}'],
  ])('keeps all else in %s', (_, text, expected) => {
    expect(rewrite(text)).toBe(expected);
  });

  it('returns the same buffer when nothing changes', () => {
    const body = Buffer.from('{"model":"a","messages":[]}');
    expect(rewriteRequest(body, layoutOfObject(new JsonText(body))!, { model: 'a', asksForUsage: false })).toBe(body);
  });

  it('writes names that need escapes', () => {
    expect(JSON.parse(rewrite('{"model":"a"}', 'q"\\\u0000é'))).toEqual({ model: 'q"\\\u0000é' });
  });
});

describe('asking for usage', () => {
  it.each([
    ['{"model":"a"}', '{"stream_options":{"include_usage":true},"model":"a"}'],
    ['{"model":"a","stream_options":{}}', '{"model":"a","stream_options":{"include_usage":true}}'],
    ['{"stream_options":null,"model":"a"}', '{"stream_options":{"include_usage":true},"model":"a"}'],
    ['{"stream_options":{"include_usage":false},"model":"a"}', '{"stream_options":{"include_usage":true},"model":"a"}'],
    [
      '{"stream_options":{ "include_obfuscation" : false },"model":"a"}',
      '{"stream_options":{"include_usage":true, "include_obfuscation" : false },"model":"a"}',
    ],
    ['{"stream_options":{"include_usage":true},"model":"a"}', '{"stream_options":{"include_usage":true},"model":"a"}'],
  ])('%s', (text, expected) => {
    expect(rewrite(text, 'a', true)).toBe(expected);
  });
});

/** JSON text of a value with blanks strewn in, and with other escapes than `JSON.stringify` would choose. */
function looseJson(value: unknown, blanks: () => string): string {
  const inner = (item: unknown): string => blanks() + looseJson(item, blanks) + blanks();
  if (Array.isArray(value)) return `[${value.map(inner).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${blanks()}${JSON.stringify(key)}${blanks()}:${inner(item)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value).replaceAll('/', '\\/');
}

describe('for any JSON', () => {
  const key = fc.oneof(fc.constantFrom('model', 'stream', 'messages', 'stream_options', 'mod\\el'), fc.string());
  const leaf = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom(
      '"',
      '\\',
      '\\"',
      '"model":"x"',
      '{',
      '}',
      '\\\\'.repeat(40),
      `${'x'.repeat(90)}\\"${'y'.repeat(90)}`,
    ),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value')), fc.dictionary(key, tie('value'))),
  }));
  const blank = fc.infiniteStream(fc.constantFrom('', '', '', ' ', '\n', '\t\r\n'));

  it('changes the model at the top and nothing else', () => {
    fc.assert(
      fc.property(fc.dictionary(key, value), fc.string(), blank, (fields, model, blanks) => {
        const given = { ...fields, model: 'given/model' };
        const text = looseJson(given, () => blanks.next().value!);
        expect(JSON.parse(text)).toEqual(given);
        const rewritten = rewrite(text, model);
        expect(JSON.parse(rewritten)).toEqual({ ...given, model });
        // The same bytes around it: putting the old name back gives the old text.
        const body = Buffer.from(rewritten);
        const member = layoutOfObject(new JsonText(body))!.members.find(({ key: name }) => name === 'model')!;
        const restored = Buffer.concat([
          body.subarray(0, member.valueStart),
          Buffer.from('"given\\/model"'),
          body.subarray(member.valueEnd),
        ]);
        expect(restored.toString()).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('asks for usage and changes nothing else', () => {
    const options = fc.option(fc.dictionary(fc.constantFrom('include_usage', 'other'), leaf));
    fc.assert(
      fc.property(fc.dictionary(key, value), options, blank, (fields, streamOptions, blanks) => {
        const given = { ...fields, model: 'm', stream_options: streamOptions };
        const text = looseJson(given, () => blanks.next().value!);
        const asked = JSON.parse(rewrite(text, 'm', true)) as unknown;
        expect(asked).toEqual({ ...given, stream_options: { ...streamOptions, include_usage: true } });
      }),
      { numRuns: 300 },
    );
  });

  it('never reads for ever or outside, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc
        .array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', ' ', 'a', '1'))
        .map((parts) => Buffer.from(`{${parts.join('')}`)),
    );
    fc.assert(
      fc.property(bytes, (body) => {
        const layout = layoutOfObject(new JsonText(body));
        for (const member of layout?.members ?? []) {
          expect(member.valueEnd).toBeLessThanOrEqual(body.length);
          expect(member.valueStart).toBeLessThan(member.valueEnd);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
