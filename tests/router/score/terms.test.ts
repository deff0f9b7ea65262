import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheTerm } from '../../../src/router/score/cache.ts';
import { costTerm, expectedCostMicroUsd } from '../../../src/router/score/cost.ts';
import { firstTokenTerm } from '../../../src/router/score/first-token.ts';
import { loadTerm } from '../../../src/router/score/load.ts';
import { expectedOutputTokens } from '../../../src/router/score/score-candidates.ts';
import { speedTerm } from '../../../src/router/score/speed.ts';
import { successTerm } from '../../../src/router/score/success.ts';

const amount = fc.oneof(fc.constantFrom(0, 1e-300, 1, 1e9, 1e15, 1e300), fc.double({ min: 0, max: 1e12, noNaN: true }));
const tokens = fc.oneof(fc.constantFrom(0, 1, 1e9, 1e15), fc.integer({ min: 0, max: 1_000_000 }));
const positive = fc.oneof(fc.constantFrom(1e-9, 1, 1e12), fc.double({ min: 1e-6, max: 1e9, noNaN: true }));
const share = fc.double({ min: 0, max: 1, noNaN: true });
const ordered = fc.tuple(amount, amount).map(([a, b]): [number, number] => (a <= b ? [a, b] : [b, a]));

/** The law of every term: within [0, 1] for all inputs, and never better for the worse of two. */
function expectTerm(term: (value: number) => number, [less, more]: [number, number], rises: boolean): void {
  for (const value of [less, more]) {
    expect(term(value)).toBeGreaterThanOrEqual(0);
    expect(term(value)).toBeLessThanOrEqual(1);
  }
  if (rises) expect(term(more)).toBeGreaterThanOrEqual(term(less));
  else expect(term(more)).toBeLessThanOrEqual(term(less));
}

describe('score terms', () => {
  it('are within [0, 1] and monotone in what they measure, for hostile inputs too', () => {
    fc.assert(
      fc.property(ordered, positive, share, tokens, (pair, reference, ratio, tokens) => {
        expectTerm((ms) => firstTokenTerm(ms, reference), pair, false);
        expectTerm((speed) => speedTerm(speed, reference), pair, true);
        expectTerm((cost) => costTerm(cost, tokens, reference), pair, false);
        expectTerm((busyness) => loadTerm(busyness, true, ratio), pair, false);
        expectTerm((busyness) => loadTerm(busyness, false, ratio), pair, false);
        expectTerm((successes) => successTerm(successes, pair[1], ratio, reference), pair, true);
        expectTerm(
          (attempts) => successTerm(Math.min(pair[0], 5), Math.max(5, attempts), ratio, reference),
          pair,
          false,
        );
      }),
      { seed: 11, numRuns: 1_000 },
    );
  });

  it.each([
    ['first token at its reference', firstTokenTerm(800, 800), 0.5],
    ['first token at once', firstTokenTerm(0, 800), 1],
    ['first token at three references', firstTokenTerm(2_400, 800), 0.25],
    ['speed at its reference', speedTerm(60, 60), 0.5],
    ['no speed', speedTerm(0, 60), 0],
    ['speed at three references', speedTerm(180, 60), 0.75],
    ['free', costTerm(0, 10_000, 2), 1],
    ['a blended price equal to the reference', costTerm(20_000, 10_000, 2), 0.5],
    ['nothing sent, nothing to pay', costTerm(0, 0, 2), 1],
    ['a target without history', successTerm(0, 0, 0.95, 4), 0.95],
    ['one failure against a prior of 4 at .95', successTerm(0, 1, 0.95, 4), 3.8 / 5],
    ['96 of 96', successTerm(96, 96, 0.95, 4), 99.8 / 100],
    ['an idle limited key', loadTerm(0, true, 0), 1],
    ['a half full limited key', loadTerm(0.5, true, 0), 0.5],
    ['a full limited key', loadTerm(1, true, 0), 0],
    ['an unlimited key at its reference', loadTerm(1, false, 0), 0.5],
    ['an idle key with its budget nearly gone', loadTerm(0, true, 0.9), 0.1],
  ])('%s', (_, term, expected) => {
    expect(term).toBeCloseTo(expected, 12);
  });

  it('takes the cache of the warm target, none of the others, and the hit ratio when nothing is known', () => {
    expect(cacheTerm(3, 3, 0.7, 0.2)).toBe(0.7);
    expect(cacheTerm(4, 3, 0.7, 0.2)).toBe(0);
    expect(cacheTerm(4, -1, 0, 0.2)).toBe(0.2);
    expect(cacheTerm(4, -1, 0, 7)).toBe(1);
  });

  it('tells dear from cheap alike for short and long requests', () => {
    for (const tokens of [10, 1_000, 100_000]) {
      expect(costTerm(tokens * 6, tokens, 2)).toBeCloseTo(0.25, 12);
      expect(costTerm(tokens * 0.5, tokens, 2)).toBeCloseTo(0.8, 12);
    }
  });
});

describe('the expected cost of a request', () => {
  it('charges warm input at the cache-read price', () => {
    expect(expectedCostMicroUsd(1_000, 200, 0, 2, 0.2, 8)).toBe(2_000 + 1_600);
    expect(expectedCostMicroUsd(1_000, 200, 1, 2, 0.2, 8)).toBeCloseTo(200 + 1_600, 9);
    expect(expectedCostMicroUsd(1_000, 200, 0.5, 2, 0.2, 8)).toBeCloseTo(1_100 + 1_600, 9);
    expect(expectedCostMicroUsd(0, 0, 0, 2, 0.2, 8)).toBe(0);
  });

  it('expects what the policy assumes, within the limit of the client', () => {
    expect(expectedOutputTokens(512, null)).toBe(512);
    expect(expectedOutputTokens(512, 100)).toBe(100);
    expect(expectedOutputTokens(512, 100_000)).toBe(512);
    expect(expectedOutputTokens(512, 0)).toBe(0);
  });
});
