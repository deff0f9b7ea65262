/** Faults of the original token budget (seed-semantics A.4.17 to 20), one test each that shows the fault gone. */
import { describe, expect, it } from 'vitest';
import type { BudgetRule } from '../../src/router/index.ts';
import { CANCELLED, FAILED, poolOf, targetOf } from './small-pool.ts';
import { onlyReject, rejections, tryOut } from './trial.ts';

const TARGET = 'aurora.main.small';
const HUNDRED_THOUSAND: BudgetRule = { metric: 'tokens', window: '1m', limit: 100_000 };
/** 500 tokens, all of which are used. */
const REQUEST = { inputTokens: 400, maxOutputTokens: 100 };
const USED = { inputTokens: 400, outputTokens: 100 };

describe('a token budget', () => {
  it('A.4.17 of 100,000 a minute bites at 100,000: after 200 requests of 500, and not before', () => {
    const trial = tryOut(poolOf([targetOf(TARGET, { budgets: [HUNDRED_THOUSAND] })]));
    for (let index = 0; index < 200; index++) {
      trial.serve(`r${index}`, REQUEST, USED);
      trial.pass(250);
    }
    expect(trial.nowMs).toBe(50_000);
    const reject = onlyReject(trial.begin('one too many', REQUEST));
    expect(Object.values(rejections(reject))).toEqual(['budget_exhausted']);
  });

  it('A.4.17 lets through in any minute what the limit says, hour after hour', () => {
    const trial = tryOut(poolOf([targetOf(TARGET, { budgets: [HUNDRED_THOUSAND] })]), {
      queue: { recoveryWaitMaxMs: 0 },
    });
    const sentAtMs: number[] = [];
    for (let index = 0; index < 36_000; index++) {
      const [command] = trial.begin(`r${index}`, REQUEST);
      if (command?.kind === 'send') {
        trial.end(command, USED);
        sentAtMs.push(trial.nowMs);
      }
      trial.pass(100);
    }
    for (let first = 0, last = 0; last < sentAtMs.length; last++) {
      while (sentAtMs[first]! <= sentAtMs[last]! - 60_000) first++;
      expect(last - first + 1).toBeLessThanOrEqual(200);
    }
    // An hour at the limit, less what the 61st second of each window costs.
    expect(sentAtMs.length).toBeGreaterThan((3_600 / 61) * 200 - 200);
  });

  it('A.4.18 has a window of five minutes beside that of one', () => {
    const budgets: readonly BudgetRule[] = [HUNDRED_THOUSAND, { metric: 'tokens', window: '5m', limit: 150_000 }];
    const trial = tryOut(poolOf([targetOf(TARGET, { budgets })]), { queue: { recoveryWaitMaxMs: 0 } });
    let sent = 0;
    for (let second = 0; second < 300; second++) {
      for (let each = 0; each < 10; each++) {
        const [command] = trial.begin(`r${second}-${each}`, REQUEST);
        if (command?.kind !== 'send') continue;
        trial.end(command, USED);
        sent++;
      }
      trial.pass(1_000);
    }
    expect(sent).toBe(300);
  });

  it('A.4.18 is per target, key and provider, beside requests a minute and concurrency', () => {
    const pool = poolOf(
      [
        targetOf(TARGET, { budgets: [HUNDRED_THOUSAND] }),
        targetOf('aurora.spare.small'),
        targetOf('borealis.main.small'),
      ],
      {
        keys: {
          'aurora.spare': { budgets: [{ metric: 'requests', window: '1m', limit: 1 }] },
          'borealis.main': { concurrencyLimit: 1, queueLimit: 0 },
        },
        modelAliases: { first: [TARGET], spare: ['aurora.spare.small'], other: ['borealis.main.small'] },
      },
    );
    const trial = tryOut(pool);
    trial.serve('a', { model: 'first' }, { inputTokens: 100_000, outputTokens: 0 });
    trial.serve('b', { model: 'spare' });
    trial.send('c', { model: 'other' });
    const reject = onlyReject(trial.begin('d'));
    expect(rejections(reject)).toEqual({
      [TARGET]: 'budget_exhausted',
      'aurora.spare.small': 'budget_exhausted',
      'borealis.main.small': 'queue_full',
    });
  });

  it('A.4.19 is reserved: 1,000 requests at the same instant do not overshoot', () => {
    const trial = tryOut(poolOf([targetOf(TARGET, { budgets: [HUNDRED_THOUSAND] })]));
    let sent = 0;
    for (let index = 0; index < 1_000; index++) if (trial.begin(`r${index}`, REQUEST)[0]?.kind === 'send') sent++;
    expect(sent).toBe(200);
    expect(trial.router.budgetUse(0)).toBe(1);
  });

  it('A.4.19 is settled: what was reserved but not used is given back', () => {
    const trial = tryOut(poolOf([targetOf(TARGET, { budgets: [HUNDRED_THOUSAND] })]));
    const all = Array.from({ length: 200 }, (_, index) => trial.send(`r${index}`, REQUEST));
    for (const sent of all) trial.end(sent, { inputTokens: 400, outputTokens: 0 });
    expect(trial.router.budgetUse(0)).toBeCloseTo(0.8, 12);
    for (let index = 0; index < 40; index++) trial.send(`more-${index}`, REQUEST);
    onlyReject(trial.begin('one too many', REQUEST));
  });

  it('A.4.20 counts once, counts failures that burnt tokens, and clears by itself', () => {
    const trial = tryOut(poolOf([targetOf(TARGET, { budgets: [HUNDRED_THOUSAND] })]));
    const sent = trial.send('a', REQUEST);
    trial.end(sent, { ...FAILED, inputTokens: 400, outputTokens: 30 });
    trial.end(sent, { ...FAILED, inputTokens: 400, outputTokens: 30 });
    expect(trial.router.budgetUse(0)).toBeCloseTo(430 / 100_000, 12);
    trial.serve('b', REQUEST, { ...CANCELLED, inputTokens: 400 });
    expect(trial.router.budgetUse(0)).toBeCloseTo(830 / 100_000, 12);
    trial.serve('c', REQUEST, { inputTokens: 99_170, outputTokens: 0 });
    onlyReject(trial.begin('d', REQUEST));
    trial.pass(61_000);
    trial.send('e', REQUEST);
  });
});
