import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CheckDifference } from '../../../src/cli/check/check-result.ts';
import { judgeLimits, passes } from '../../../src/cli/check/judge-limits.ts';

function difference(subject: CheckDifference['subject'], low95: number, high95: number): CheckDifference {
  const interval = { value: (low95 + high95) / 2, low95, high95 };
  return { subject, metric: subject, logged: 1, difference: interval, change: interval };
}

const verdictOf = (
  subject: CheckDifference['subject'],
  [low, high]: readonly [number, number],
  limit: number,
  isWhole = true,
) =>
  judgeLimits(
    subject === 'success'
      ? { minSuccessChange: limit }
      : subject === 'cost'
        ? { maxCostIncrease: limit }
        : { maxFirstTokenIncrease: limit },
    0,
    [difference(subject, low, high)],
    isWhole,
  )[0]!.verdict;

describe('a limit', () => {
  test.each([
    ['cost', [-0.05, 0.01], 0.02, 'kept'],
    ['cost', [-0.05, 0.02], 0.02, 'kept'],
    ['cost', [0.01, 0.03], 0.02, 'not-shown'],
    ['cost', [0.02, 0.03], 0.02, 'not-shown'],
    ['cost', [0.021, 0.03], 0.02, 'broken'],
    ['first-token', [0.06, 0.2], 0.05, 'broken'],
    ['success', [-0.001, 0.01], -0.002, 'kept'],
    ['success', [-0.004, 0.01], -0.002, 'not-shown'],
    ['success', [-0.01, -0.003], -0.002, 'broken'],
  ] as const)('on %s by %j is, at %d, %s', (subject, interval, limit, verdict) => {
    expect(verdictOf(subject, interval, limit)).toBe(verdict);
  });

  test('is not shown without a figure, and only figures of the whole show it to be kept', () => {
    const [reading] = judgeLimits({ maxCostIncrease: 1 }, 0, [], true);
    expect(reading).toMatchObject({ value: null, verdict: 'not-shown' });
    expect(verdictOf('cost', [0, 0.01], 0.02, false)).toBe('not-shown');
    expect(verdictOf('cost', [0.1, 0.2], 0.02, false)).toBe('broken');
  });

  test('on the number of changes is counted, whatever else is known', () => {
    const verdict = (ratio: number): string => judgeLimits({ maxChanged: 0.2 }, ratio, [], false)[0]!.verdict;
    expect([verdict(0), verdict(0.2), verdict(0.201)]).toEqual(['kept', 'kept', 'broken']);
  });

  test('that is tighter is never kept where a looser one is not', () => {
    const order = ['kept', 'not-shown', 'broken'];
    const share = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, share, (a, b, c, d) => {
        const interval = [Math.min(a, b), Math.max(a, b)] as const;
        const [tight, loose] = [Math.min(c, d), Math.max(c, d)];
        expect(order.indexOf(verdictOf('cost', interval, loose))).toBeLessThanOrEqual(
          order.indexOf(verdictOf('cost', interval, tight)),
        );
        expect(order.indexOf(verdictOf('success', interval, tight))).toBeLessThanOrEqual(
          order.indexOf(verdictOf('success', interval, loose)),
        );
      }),
    );
  });
});

test('a check passes when all is kept, or what is not shown is let pass', () => {
  const [kept] = judgeLimits({ maxChanged: 1 }, 0, [], true);
  const [open] = judgeLimits({ maxCostIncrease: 1 }, 0, [], true);
  const [broken] = judgeLimits({ maxChanged: 0 }, 1, [], true);
  expect(passes([], false)).toBe(true);
  expect(passes([kept!], false)).toBe(true);
  expect(passes([kept!, open!], false)).toBe(false);
  expect(passes([kept!, open!], true)).toBe(true);
  expect(passes([kept!, broken!], true)).toBe(false);
});
