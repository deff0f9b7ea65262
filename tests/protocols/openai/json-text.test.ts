import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonText } from '../../../src/protocols/openai/json-text.ts';

/** With more of what matters than chance would bring. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '\\"', '\\\\', '\n', 'é', '😀', '0', '\u2028'),
    ),
  )
  .map((parts) => parts.join(''));

describe('a JSON text', () => {
  it('ends its strings where they end, whatever stands in them and around them', () => {
    fc.assert(
      fc.property(text, text, text, (before, within, after) => {
        const strings = [before, within, after].map((each) => JSON.stringify(each));
        const bytes = Buffer.from(`[${strings.join(',')}]`);
        const json = new JsonText(bytes);
        let start = 1;
        for (const each of strings) {
          const end = json.stringEnd(start);
          expect(bytes.toString('utf8', start, end)).toBe(each);
          start = end + 1;
        }
        expect(json.parse()).toEqual([before, within, after]);
      }),
      { seed: 1 },
    );
  });

  it('says of a string without an end that it has none', () => {
    for (const open of ['"', '"abc', '"abc\\"', '"\\\\\\"', 'x"']) {
      expect(new JsonText(Buffer.from(open)).stringEnd(open.indexOf('"'))).toBe(-1);
    }
    expect(new JsonText(Buffer.from('"\\\\"')).stringEnd(0)).toBe(4);
    expect(new JsonText(Buffer.from('""')).stringEnd(0)).toBe(2);
  });

  it('reads bytes that are no UTF-8 as they were always read', () => {
    const bytes = Buffer.concat([Buffer.from('"a'), Buffer.from([0xff, 0xc3]), Buffer.from('b"')]);
    expect(new JsonText(bytes).parse()).toBe('a\uFFFD\uFFFDb');
    expect(() => new JsonText(Buffer.from('{"a":')).parse()).toThrow(SyntaxError);
  });
});
