import { describe, expect, it } from 'vitest';
import { tokenLimitOf } from '../../../src/console/playground/token-limit.ts';

describe('the most tokens of an answer', () => {
  it.each([
    ['', null],
    ['  ', null],
    ['1', 1],
    [' 120 ', 120],
  ])('that reads %j is taken', (text, tokens) => {
    expect(tokenLimitOf(text)).toEqual({ tokens, problem: null });
  });

  it.each(['-5', '0', '1.5', '1e3', 'many', '9'.repeat(30)])('that reads %j is refused in words', (text) => {
    const { tokens, problem } = tokenLimitOf(text);
    expect(tokens).toBeNull();
    expect(problem).toContain(`whole number of at least 1, or nothing for no limit; got "${text}"`);
  });
});
