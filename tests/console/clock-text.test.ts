import { describe, expect, it } from 'vitest';
import { countdownText, countdownWords, leftAt } from '../../src/console/clock-text.ts';

describe('a countdown', () => {
  it.each([
    [0, '0:00', '0 s'],
    [1, '0:01', '1 s'],
    [6_400, '0:07', '7 s'],
    [60_000, '1:00', '1 min'],
    [754_000, '12:34', '12 min 34 s'],
    [3_723_000, '1:02:03', '1 h 2 min'],
    [187_200_000, '2 d 4 h', '2 d 4 h'],
    [-5, '0:00', '0 s'],
  ])('of %d ms is %s', (ms, text, words) => {
    expect([countdownText(ms), countdownWords(ms)]).toEqual([text, words]);
  });

  it('goes on by itself, and ends at nothing', () => {
    expect(leftAt(5_000, 1_000, 3_000)).toBe(3_000);
    expect(leftAt(5_000, 1_000, 9_000)).toBe(0);
    // Seen a moment after the clock was looked at last.
    expect(leftAt(5_000, 1_000, 900)).toBe(5_000);
  });
});
