import { describe, expect, it } from 'vitest';
import { BadInput } from '../../src/config/bad-input.ts';
import { durationMs, parseDuration, positiveDurationMs } from '../../src/config/duration.ts';

describe('durations', () => {
  it.each([
    [0, 0],
    [1500, 1500],
    ['250', 250],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['10m', 600_000],
    ['1d', 86_400_000],
  ])('reads %s as %d ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', 'soon', '10 minutes', '-5s', '5sec', 'm', -1, NaN, Infinity])('refuses %s', (text) => {
    expect(() => parseDuration(text)).toThrow(BadInput);
    expect(durationMs.safeParse(text).success).toBe(false);
  });

  it('has a form that must be more than nothing', () => {
    expect(positiveDurationMs.parse('2s')).toBe(2_000);
    expect(durationMs.parse(0)).toBe(0);
    expect(positiveDurationMs.safeParse('0s').success).toBe(false);
  });
});
