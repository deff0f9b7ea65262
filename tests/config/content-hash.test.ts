import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/config/canonical-json.ts';
import { contentHash } from '../../src/config/content-hash.ts';

describe('canonicalJson', () => {
  it.each([
    [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    [{ a: { z: 1, y: 2 }, B: 3 }, '{"B":3,"a":{"y":2,"z":1}}'],
    [{ a: undefined, b: -0 }, '{"b":0}'],
    ['é\n', '"é\\n"'],
    [[], '[]'],
  ])('writes %j', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([NaN, Infinity, undefined, [undefined], () => 1, 1n, Symbol('s')])('refuses %s', (value) => {
    expect(() => canonicalJson({ inside: [value] })).toThrow(TypeError);
  });

  it('means the same as JSON, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('contentHash', () => {
  it('is the SHA-256 of the canonical JSON', () => {
    // printf '{}' | sha256sum
    expect(contentHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
    expect(contentHash({ b: 1, a: 2 })).toBe(createHash('sha256').update('{"a":2,"b":1}').digest('hex'));
  });
});
