import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePayload } from '../../src/log/payload.ts';

const anyPayload = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.double({ noNaN: true }),
    fc.constantFrom(-0, 0, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE, 0.1 + 0.2),
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test('a payload comes back equal, every double bit for bit', () => {
  fc.assert(
    fc.property(anyPayload, (payload) => {
      // toEqual compares numbers by Object.is, so it tells 0 from -0.
      expect(JSON.parse(encodePayload(payload))).toEqual(payload);
    }),
    { numRuns: 500 },
  );
});

test.each([
  [{ a: -0 }, '{"a":-0}'],
  [[1, Infinity, -Infinity], '[1,1e999,-1e999]'],
  [{ a: -0, gone: undefined, b: ['x"'] }, '{"a":-0,"b":["x\\""]}'],
  [{ a: 0.1, b: null }, '{"a":0.1,"b":null}'],
])('%j is written as %s', (value, text) => {
  expect(encodePayload(value)).toBe(text);
});

test('NaN is refused, for JSON has no word for it', () => {
  expect(() => encodePayload({ deep: [NaN] })).toThrow(/NaN/);
});
