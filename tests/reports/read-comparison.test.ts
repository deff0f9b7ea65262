import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseComparison } from '../../reports/read-comparison.ts';
import { readResult } from '../../reports/read-result.ts';
import { BadInput } from '../../src/config/bad-input.ts';
import { DEGENERATE } from './degenerate-comparisons.ts';
import { fixtureComparison } from './fixture-comparison.ts';

const whole = JSON.stringify(fixtureComparison());

/** The message of the one error that bad input may give. */
function complaint(text: string): string {
  try {
    parseComparison(text, 'result.json');
  } catch (error) {
    if (error instanceof BadInput) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

describe('reading a result', () => {
  it('gives back what was written, with fields that it does not know', () => {
    expect(parseComparison(whole, 'result.json')).toEqual(fixtureComparison());
    expect(parseComparison(JSON.stringify({ ...fixtureComparison(), extra: 1 }), 'result.json')).toHaveProperty(
      'extra',
      1,
    );
  });

  it.each(DEGENERATE)('accepts %s', (_name, comparison) => {
    expect(parseComparison(JSON.stringify(comparison), 'result.json')).toEqual(comparison);
  });

  it('says in one line what is wrong, wherever the file was cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        const message = complaint(whole.slice(0, length));
        expect(message).toMatch(/^result\.json: is not JSON/);
        expect(message).not.toContain('\n');
      }),
    );
  });

  it.each([
    ['[]', /kind: is not a comparison but something else/],
    ['null', /kind: is not a comparison/],
    ['{"kind":"simulation"}', /kind: is not a comparison but a "simulation"/],
    [
      JSON.stringify({ ...fixtureComparison(), formatVersion: 2 }),
      /^result\.json: formatVersion: expected 1, got 2; another version of tokenpool wrote it; write it again/,
    ],
    [
      JSON.stringify({ ...fixtureComparison(), policies: [] }),
      /^result\.json: policies: expected a list of >= 1 entries, got an empty list; it was changed, /,
    ],
    [whole.replace('"successRatio":0', '"successRatio":7'), /policies\[0\]\.successRatio: expected number <= 1, got 7/],
    [whole.replace('"name":"weighted"', '"name":"ranked"'), /policies\[1\]\.name: ranked is used twice/],
    [
      whole.replace(/"attemptsByTarget":\[\d+,/, '"attemptsByTarget":['),
      /policies\[0\]\.slices\[0\]: must have one entry for each target/,
    ],
    [whole.replace('"cooldown"', '"asleep"'), /stateByTarget/],
  ])('refuses %#', (text, reason) => {
    const message = complaint(text);
    expect(message).toMatch(reason);
    expect(message).toContain('compare --out');
    expect(message).not.toMatch(/\n|Invalid|received|input:/);
  });

  it('says so when there is no file', async () => {
    await expect(readResult('no-such-file.json')).rejects.toThrow(/^no-such-file\.json: there is no such file; /);
  });
});
