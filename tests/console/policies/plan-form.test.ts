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
    ['canaryPercent', '80', 'Expected at most 50 %, got "80".'],
    ['canaryPercent', '-1', 'Expected at least 0 %, got "-1".'],
    ['canaryFor', '0', 'Expected more than 0, got "0".'],
    ['canaryFor', 'soon', 'Expected a length such as 90s, 10m or 2h, got "soon".'],
    ['canaryFor', '40d', 'Expected at most 30 days, got "40d".'],
    ['shadowFor', ' ', 'A length is missing, such as 2m; 0 for none.'],
    ['costFactor', 'cheap', 'Expected a number, got "cheap".'],
    ['costFactor', '0.9', 'Expected at least 1, got "0.9".'],
    ['requestsMin', '1.5', 'Expected a whole number, got "1.5".'],
    ['successDropPoints', '-2', 'Expected at least 0 points, got "-2".'],
    ['successDropPoints', '120', 'Expected at most 100 points, got "120".'],
    ['budgetUsePercent', '0', 'Expected more than 0 %, got "0".'],
  ] satisfies [keyof PlanForm, string, string][])('says of the field %s that holds %j: %s', (field, text, problem) => {
    const { plan, problems } = withChanges({ [field]: text });
    expect(plan).toBeNull();
    expect(Object.keys(problems)).toEqual([field]);
    expect(problems[field]?.replaceAll('\u00a0', ' ')).toBe(problem);
  });

  it('says what is wrong with each field, not only with the first', () => {
    expect(Object.keys(withChanges({ canaryPercent: '80', costFactor: 'cheap' }).problems).sort()).toEqual([
      'canaryPercent',
      'costFactor',
    ]);
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
