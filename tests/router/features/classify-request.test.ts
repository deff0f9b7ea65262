import { describe, expect, it } from 'vitest';
import { classifyRequest, estimatedTokens, prioritise } from '../../../src/router/features/classify-request.ts';
import { DEFAULT_POLICY, type Priority, type RequestClass } from '../../../src/router/index.ts';
import { requestOf } from '../small-pool.ts';

describe('the class of a request', () => {
  it.each<[number, number | null, string | null, RequestClass]>([
    [0, 0, null, 'chat'],
    [5_500, 500, null, 'chat'],
    [5_500, 501, null, 'balanced'],
    [5_488, null, null, 'chat'],
    [5_489, null, null, 'balanced'],
    [23_499, 500, null, 'balanced'],
    [23_500, 500, null, 'long'],
    [1_000_000_000, null, null, 'long'],
    [10, 10, 'background', 'background'],
    [900_000, 10, 'background', 'background'],
    [10, 10, 'long', 'chat'],
    [30_000, 10, 'chat', 'long'],
    [10, 10, 'nonsense', 'chat'],
  ])('%d + %s tokens, declared %s: %s', (inputTokens, maxOutputTokens, declaredClass, expected) => {
    const request = requestOf('r', { inputTokens, maxOutputTokens, declaredClass });
    expect(classifyRequest(request, DEFAULT_POLICY)).toBe(expected);
  });

  it('does not depend on the protocol', () => {
    for (const protocol of ['openai', 'anthropic', 'gemini']) {
      expect(classifyRequest(requestOf('r', { protocol, inputTokens: 200_000 }), DEFAULT_POLICY)).toBe('long');
    }
  });

  it('counts the assumed output when the client names no maximum', () => {
    expect(estimatedTokens(requestOf('r', { inputTokens: 100, maxOutputTokens: null }), DEFAULT_POLICY)).toBe(612);
    expect(estimatedTokens(requestOf('r', { inputTokens: 100, maxOutputTokens: 0 }), DEFAULT_POLICY)).toBe(100);
  });
});

describe('the priority of a request', () => {
  it.each<[string | null, RequestClass, Priority, Priority]>([
    [null, 'chat', 'high', 'normal'],
    [null, 'background', 'high', 'low'],
    ['high', 'background', 'high', 'high'],
    [' High ', 'chat', 'high', 'high'],
    ['LOW', 'chat', 'high', 'low'],
    ['high', 'chat', 'normal', 'normal'],
    ['high', 'chat', 'low', 'low'],
    [null, 'chat', 'low', 'low'],
    ['urgent', 'chat', 'high', 'normal'],
    ['', 'background', 'high', 'low'],
    ['__proto__', 'chat', 'high', 'normal'],
  ])('declared %s in class %s under a ceiling of %s: %s', (declared, requestClass, ceiling, expected) => {
    expect(prioritise(declared, requestClass, ceiling)).toBe(expected);
  });
});
