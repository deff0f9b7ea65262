import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatMs,
  formatPercent,
  formatPoints,
  formatSigned,
  formatSpan,
  formatTick,
  formatUsd,
  listWords,
  plural,
  shorten,
} from '../../reports/format.ts';

/** As people see it: a no-break space is a space. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
    [-12_000, '−12,000'],
    [null, '–'],
    [NaN, '–'],
  ])('counts %s as %s', (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  it.each([
    [0, '0 ms'],
    [0.4213, '0.421 ms'],
    [42, '42.0 ms'],
    [843.4, '843 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1_923, '1.92 s'],
    [34_520, '34.5 s'],
    [119_000, '119 s'],
    [150_000, '2.50 min'],
    [11_160_000, '3.10 h'],
    [null, '–'],
  ])('writes %s ms as %s', (value, text) => {
    expect(plain(formatMs(value))).toBe(text);
  });

  it.each([
    [0, '$0'],
    [0.000_123_4, '$0.000123'],
    [0.0999, '$0.0999'],
    [0.9996, '$1.00'],
    [4.659, '$4.66'],
    [1_234.5, '$1,234.50'],
    [-0.538, '−$0.538'],
  ])('writes %s dollars as %s', (value, text) => {
    expect(formatUsd(value)).toBe(text);
  });

  it.each([
    [0.1234, 1, '12.3 %'],
    [0.999_95, 2, '100.00 %'],
    [1, 0, '100 %'],
    [-0.05, 1, '−5.0 %'],
    [-0.000_01, 1, '0.0 %'],
  ])('writes the ratio %s with %s decimals as %s', (value, decimals, text) => {
    expect(plain(formatPercent(value, decimals))).toBe(text);
  });

  it('signs differences, and zero not at all', () => {
    expect(plain(formatSigned(375, formatMs))).toBe('+375 ms');
    expect(plain(formatSigned(-375, formatMs))).toBe('−375 ms');
    expect(plain(formatSigned(0, formatMs))).toBe('0 ms');
    expect(plain(formatSigned(-0.0042, formatPoints))).toBe('−0.420 points');
    expect(formatSigned(null, formatMs)).toBe('–');
  });

  it.each([
    [60_000, '1 min'],
    [90_000, '1.5 min'],
    [500, '500 ms'],
    [3_600_000, '1 h'],
    [604_800_000, '7 days'],
  ])('writes a span of %s ms as %s', (value, text) => {
    expect(plain(formatSpan(value))).toBe(text);
  });

  it.each([
    [4_000, '4 s'],
    [1_500, '1.5 s'],
    [0, '0'],
    [100, '100 ms'],
    [600_000, '10 min'],
  ])('labels an axis at %s ms with %s', (value, text) => {
    expect(plain(formatTick(value, formatMs))).toBe(text);
  });

  it('keeps three digits: what is read back is within half a unit of the third', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 0.99, noNaN: true }), (value) => {
        const read = Number(formatUsd(value).slice(1));
        expect(Math.abs(read - value)).toBeLessThanOrEqual(value * 0.0051);
      }),
    );
  });
});

describe('words', () => {
  it('lists', () => {
    expect(listWords([])).toBe('');
    expect(listWords(['a'])).toBe('a');
    expect(listWords(['a', 'b'])).toBe('a and b');
    expect(listWords(['a', 'b', 'c'], 'or')).toBe('a, b or c');
  });

  it('counts things', () => {
    expect(plural(1, 'request')).toBe('1 request');
    expect(plural(2_000, 'request')).toBe('2,000 requests');
  });

  it('shortens in the middle to the length asked for', () => {
    expect(shorten('cumulus.team.nimbus-large', 11)).toBe('cumul…large');
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 5, max: 40 }), (text, limit) => {
        expect(shorten(text, limit).length).toBeLessThanOrEqual(Math.max(limit, 0));
        if (text.length <= limit) expect(shorten(text, limit)).toBe(text);
      }),
    );
  });
});
