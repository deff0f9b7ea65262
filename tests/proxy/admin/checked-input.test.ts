import { describe, expect, it } from 'vitest';
import { coolUntilMs, refuseFields } from '../../../src/proxy/admin/checked-input.ts';

describe('a call without fields', () => {
  it.each([undefined, {}, Buffer.from(''), Buffer.from(' {} ')])('takes no body, or an empty one: %j', (body) => {
    expect(() => refuseFields(body)).not.toThrow();
  });

  it('refuses others', () => {
    expect(() => refuseFields(Buffer.from('{"table":"inputs"}'))).toThrow('table: unknown field; this call takes none');
    expect(() => refuseFields(Buffer.from('null'))).toThrow('must be empty or {}');
  });
});

describe('how long a target is to rest', () => {
  it.each([
    ['a body as bytes, as the proxy hands it on', Buffer.from('{"forMs":5000}'), 6_000],
    ['a body as bytes with a time', Buffer.from('{"untilMs":9000}'), 9_000],
    ['a parsed body', { forMs: 5_000 }, 6_000],
  ])('is read from %s', (_what, body, expected) => {
    expect(coolUntilMs(body, 1_000)).toBe(expected);
  });

  it('says so when the body is no JSON', () => {
    expect(() => coolUntilMs(Buffer.from('{bad'), 1_000)).toThrow('The body is not valid JSON.');
  });
});
