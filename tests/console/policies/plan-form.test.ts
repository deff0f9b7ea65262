import { describe, expect, it } from 'vitest';
import { readPlan, USUAL_PLAN, type PlanForm } from '../../../src/console/policies/plan-form.ts';
import { effectsOf } from '../../../src/console/policies/promotion-effects.ts';
import { parseGuards, DEFAULT_GUARDS_TEXT } from '../../../src/cli/guards-option.ts';

const withChanges = (changes: Partial<PlanForm>) => readPlan({ ...USUAL_PLAN, ...changes });

describe('the form of a plan', () => {
  it('means at first what the command line means', () => {
    expect(readPlan(USUAL_PLAN).plan).toEqual({
      shadowForMs: 120_000,
      canaryShare: 0.05,
      canaryForMs: 600_000,
      requestsMin: 100,
      guards: parseGuards(DEFAULT_GUARDS_TEXT),
    });
  });

  it('takes lengths and numbers as people write them', () => {
    const { plan } = withChanges({
      shadowFor: '0',
      canaryFor: '1.5h',
      canaryPercent: ' 12,5 ',
      successDropPoints: '0',
    });
    expect(plan).toMatchObject({ shadowForMs: 0, canaryForMs: 5_400_000, canaryShare: 0.125 });
    expect(Object.is(plan?.guards.successDropMax, 0)).toBe(true);
  });

  it.each([
    [{ canaryPercent: '60' }, /^canaryShare: expected number <= 0\.5, got 0\.6$/],
    [{ canaryFor: '0' }, /^canaryForMs: expected number > 0/],
    [{ canaryFor: 'soon' }, /^Canary: expected a duration.*got "soon"$/],
    [{ shadowFor: ' ' }, /^Shadow: a length is missing/],
    [{ costFactor: 'cheap' }, /^Cost per request: expected a number, got "cheap"$/],
    [{ requestsMin: '1.5' }, /^requestsMin: /],
  ] satisfies [Partial<PlanForm>, RegExp][])('says what is wrong with %j', (changes, problem) => {
    expect(withChanges(changes)).toEqual({ plan: null, problem: expect.stringMatching(problem) as string });
  });
});

describe('the effects that are confirmed', () => {
  const effects = (changes: Partial<PlanForm> = {}): string =>
    effectsOf(withChanges(changes).plan!).join('\n').replaceAll('\u00a0', ' ');

  it('name every stage, its length and its guards', () => {
    expect(effects()).toBe(
      [
        'For 2 min its decisions are only heard, beside those of the policy in force. No request goes by it.',
        'Then 5.0 % of the sessions go by it for 10 min, and it waits for at least 100 requests.',
        'It is rolled back by itself when a guard breaks: requests answered at most 1 point below the rest; late first tokens at most 2 times the rest; cost per request at most 1.1 times the rest; use of budgets at most 100 % of any budget, unless it costs no more than the rest.',
        'Then all requests go by it, until somebody rolls it back.',
      ].join('\n'),
    );
  });

  it('warn where nothing watches', () => {
    expect(effects({ shadowFor: '0', canaryPercent: '0' })).toMatch(
      /^There is no shadow stage\.\nThere is no canary: all requests go by it at once, and no guard watches\.\nThen all/,
    );
  });
});
