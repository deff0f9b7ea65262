import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { BudgetMetric, BudgetRule, BudgetWindow, PoolDefinition } from '../../src/router/index.ts';
import { CANCELLED, FAILED, outcomeOf, poolOf, targetOf } from './small-pool.ts';
import { onlyReject, onlySend, onlyWait, rejections, tryOut, type Trial } from './trial.ts';

const TARGET = 'aurora.main.small';
const CLIENT = 'anyone';
const DAY_MS = 86_400_000;
/** Noon, so that a calendar day is neither just begun nor nearly over. */
const NOON_MS = 20_000 * DAY_MS + DAY_MS / 2;

type Scope = 'target' | 'key' | 'provider' | 'client key';

function poolWith(scope: Scope, rule: BudgetRule): PoolDefinition {
  const rules = [rule];
  return poolOf([targetOf(TARGET, { budgets: scope === 'target' ? rules : [] })], {
    keys: { 'aurora.main': { budgets: scope === 'key' ? rules : [], queueLimit: 0 } },
    providers: { aurora: scope === 'provider' ? rules : [] },
    clientKeys: [
      {
        name: CLIENT,
        priorityCeiling: 'high',
        models: null,
        maySteer: true,
        routes: null,
        budgets: scope === 'client key' ? rules : [],
      },
    ],
  });
}

/** The default request reserves 1,500 tokens and 1,000 x 1 + 500 x 4 = 3,000 micro-USD. */
const RESERVED: Readonly<Record<BudgetMetric, number>> = { tokens: 1_500, requests: 1, microUsd: 3_000 };
/** When the oldest amount of a window has left it, counted from sending; a day ends at midnight. */
const SLIDES_AFTER_MS: Readonly<Record<BudgetWindow, number>> = { '1m': 61_000, '5m': 305_000, day: DAY_MS / 2 };

const scopes: readonly Scope[] = ['target', 'key', 'provider', 'client key'];
const metrics: readonly BudgetMetric[] = ['tokens', 'requests', 'microUsd'];
const windows: readonly BudgetWindow[] = ['1m', '5m', 'day'];
const rules = scopes.flatMap((scope) =>
  metrics.flatMap((metric) => windows.map((window) => [scope, metric, window] as const)),
);

describe.each(rules)('a budget of the %s in %s per %s', (scope, metric, window) => {
  const trialAt = (limit: number): Trial => tryOut(poolWith(scope, { metric, window, limit }), {}, 1, NOON_MS);

  it('bites exactly at its limit, for requests in flight together', () => {
    const trial = trialAt(5 * RESERVED[metric]);
    for (let index = 0; index < 5; index++) trial.send(`r${index}`);
    const reject = onlyReject(trial.begin('one too many'));
    expect(rejections(reject)).toEqual({ [TARGET]: 'budget_exhausted' });
    expect(trial.router.budgetUse(0)).toBe(1);

    const roomier = trialAt(5 * RESERVED[metric] - 1);
    for (let index = 0; index < 4; index++) roomier.send(`r${index}`);
    onlyReject(roomier.begin('one too many'));
  });

  it('tells which code and when to come back', () => {
    const trial = trialAt(RESERVED[metric]);
    trial.send('a');
    trial.pass(2_000);
    const reject = onlyReject(trial.begin('b'));
    const retryAfterMs = SLIDES_AFTER_MS[window] - 2_000;
    if (scope === 'client key')
      expect(reject).toMatchObject({ code: 'CLIENT_BUDGET_EXHAUSTED', status: 429, retryAfterMs });
    else expect(reject).toMatchObject({ code: 'NO_AVAILABLE_PROVIDER', status: 503, retryAfterMs });
  });

  it('is released when the window has slid', () => {
    const trial = trialAt(RESERVED[metric]);
    trial.serve('a', {}, { inputTokens: 1_000, outputTokens: 500, costMicroUsd: 3_000 });
    trial.pass(SLIDES_AFTER_MS[window] - 6_000);
    onlyReject(trial.begin('b'));
    trial.pass(6_000);
    trial.send('c');
    onlyReject(trial.begin('d'));
  });

  it('is settled with what was really used', () => {
    const trial = trialAt(10 * RESERVED[metric]);
    for (let index = 0; index < 8; index++) {
      trial.serve(`r${index}`, {}, { inputTokens: 70, outputTokens: 5, costMicroUsd: 150 });
    }
    const used = { tokens: 8 * 75, requests: 8, microUsd: 8 * 150 }[metric];
    expect(trial.router.budgetUse(0)).toBeCloseTo(used / (10 * RESERVED[metric]), 12);
  });
});

describe('a budget', () => {
  it('counts the tokens and the money that a failed attempt burnt', () => {
    const rule = { metric: 'tokens', window: '1m', limit: 100_000 } as const;
    const trial = tryOut(poolWith('target', rule));
    trial.end(trial.send('a'), { ...FAILED, inputTokens: 900, outputTokens: 40, costMicroUsd: 77 });
    expect(trial.router.budgetUse(0)).toBeCloseTo(940 / 100_000, 12);
    trial.end(trial.send('b'), { ...CANCELLED, inputTokens: 1_000, outputTokens: 60 });
    expect(trial.router.budgetUse(0)).toBeCloseTo(2_000 / 100_000, 12);
    trial.end(trial.send('c'), FAILED);
    expect(trial.router.budgetUse(0)).toBeCloseTo(2_000 / 100_000, 12);
  });

  it('takes in full what an attempt used beyond its reservation', () => {
    const trial = tryOut(poolWith('key', { metric: 'tokens', window: '1m', limit: 10_000 }));
    trial.serve('a', {}, { inputTokens: 9_000, outputTokens: 600 });
    expect(trial.router.budgetUse(0)).toBeCloseTo(0.96, 12);
    onlyReject(trial.begin('b'));
  });

  it('forgets a reservation that left its window with whatever it was settled for', () => {
    const trial = tryOut(poolWith('key', { metric: 'tokens', window: '1m', limit: 10_000 }));
    const long = trial.send('long');
    trial.pass(61_000);
    trial.end(long, { inputTokens: 5_000, outputTokens: 5_000 });
    expect(trial.router.budgetUse(0)).toBe(0);
  });

  it('of a provider is shared by its keys; of a key by its targets; of a target by nobody', () => {
    const rule: BudgetRule = { metric: 'requests', window: '1m', limit: 1 };
    const targets = ['aurora.main.small', 'aurora.main.large', 'aurora.spare.small', 'borealis.main.small'];
    const left = (facts: Parameters<typeof poolOf>[1], ofFirst: readonly BudgetRule[] = []): string[] => {
      const pool = poolOf(
        targets.map((id, index) => targetOf(id, { budgets: index === 0 ? ofFirst : [] })),
        { ...facts, modelAliases: { first: ['aurora.main.small'] } },
      );
      const trial = tryOut(pool);
      trial.send('uses it up', { model: 'first' });
      const found = rejections(trial.send('looks'));
      return targets.filter((target) => found[target] === null);
    };
    expect(left({ providers: { aurora: [rule] } })).toEqual(['borealis.main.small']);
    expect(left({ keys: { 'aurora.main': { budgets: [rule] } } })).toEqual([
      'aurora.spare.small',
      'borealis.main.small',
    ]);
    expect(left({}, [rule])).toEqual(targets.slice(1));
  });

  it('of a client key binds that client alone and counts a request once, however often it is tried', () => {
    const pool = poolOf([targetOf(TARGET), targetOf('borealis.main.small')], {
      clientKeys: [
        {
          name: 'guest',
          priorityCeiling: 'high',
          models: null,
          maySteer: true,
          routes: null,
          budgets: [{ metric: 'requests', window: '1m', limit: 2 }],
        },
        { name: 'team', priorityCeiling: 'high', models: null, maySteer: true, routes: null, budgets: [] },
      ],
    });
    const trial = tryOut(pool);
    trial.end(trial.send('a', { clientKey: 'guest' }), FAILED);
    const again = onlySend(trial.pass(1_000));
    expect(again.attempt).toBe(2);
    trial.end(again);
    trial.send('b', { clientKey: 'guest' });
    expect(onlyReject(trial.begin('c', { clientKey: 'guest' })).code).toBe('CLIENT_BUDGET_EXHAUSTED');
    trial.send('d', { clientKey: 'team' });
    trial.send('e', { clientKey: 'stranger' });
  });

  it('too small for a request is never waited for', () => {
    const trial = tryOut(poolWith('client key', { metric: 'tokens', window: '1m', limit: 1_000 }));
    expect(onlyReject(trial.begin('a'))).toMatchObject({ code: 'CLIENT_BUDGET_EXHAUSTED', retryAfterMs: null });
    expect(onlyReject(trial.begin('b', { clientKey: 'other', inputTokens: 2_000_000 }))).toMatchObject({
      code: 'UNSUPPORTED_REQUEST',
      retryAfterMs: null,
    });
  });

  it('is waited for when it will do in a moment', () => {
    const rule = { metric: 'requests', window: '1m', limit: 1 } as const;
    const trial = tryOut(poolOf([targetOf(TARGET, { budgets: [rule] })]));
    trial.serve('a');
    trial.pass(57_000);
    onlyWait(trial.begin('b'));
    expect(onlySend(trial.pass(4_000)).requestId).toBe('b');
  });

  it('holds under any concurrency: what is reserved in a window is never above the limit', () => {
    const limit = 20_000;
    const attempt = fc.record({
      gapMs: fc.integer({ min: 0, max: 4_000 }),
      tokens: fc.integer({ min: 1, max: 6_000 }),
      endsFirst: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 5, maxLength: 80 }), (attempts) => {
        const trial = tryOut(poolWith('key', { metric: 'tokens', window: '1m', limit }));
        const charged: { atMs: number; tokens: number }[] = [];
        const open: { requestId: string; charge: { tokens: number } }[] = [];
        attempts.forEach(({ gapMs, tokens, endsFirst }, index) => {
          trial.pass(gapMs);
          const ended = endsFirst ? open.shift() : undefined;
          if (ended !== undefined) {
            ended.charge.tokens = Math.ceil(ended.charge.tokens / 2);
            const used = { inputTokens: ended.charge.tokens, outputTokens: 0 };
            trial.router.observe(outcomeOf(ended.requestId, 1, used), trial.nowMs);
          }
          const commands = trial.begin(`r${index}`, { inputTokens: tokens, maxOutputTokens: 0 });
          const used = charged
            .filter(({ atMs }) => Math.floor(atMs / 1_000) > Math.floor(trial.nowMs / 1_000) - 61)
            .reduce((sum, charge) => sum + charge.tokens, 0);
          expect(commands[0]!.kind).toBe(used + tokens <= limit ? 'send' : 'reject');
          if (commands[0]!.kind !== 'send') return;
          const charge = { atMs: trial.nowMs, tokens };
          charged.push(charge);
          open.push({ requestId: `r${index}`, charge });
        });
      }),
      { seed: 31, numRuns: 100 },
    );
  });
});

describe('budget pressure', () => {
  const DEAR = 'aurora.main.small';
  const CHEAP = 'borealis.main.small';
  /** The dear one answers faster; the client has 100,000 micro-USD a minute. */
  const pool = poolOf(
    [
      targetOf(DEAR, { prices: { inputMicroUsdPerToken: 5, outputMicroUsdPerToken: 5 } }),
      targetOf(CHEAP, { prices: { inputMicroUsdPerToken: 0.5, outputMicroUsdPerToken: 0.5 } }),
    ],
    {
      modelAliases: { dear: [DEAR], cheap: [CHEAP] },
      clientKeys: [
        {
          name: CLIENT,
          priorityCeiling: 'high',
          models: null,
          maySteer: true,
          routes: null,
          budgets: [{ metric: 'microUsd', window: '1m', limit: 100_000 }],
        },
      ],
    },
  );
  /** Uses this share of the client's budget and says what is decided then. */
  const decidedAt = (share: number) => {
    const trial = tryOut(pool, { score: { halfLifeMs: 1e9 } });
    for (let index = 0; index < 30; index++) {
      trial.serve(`dear-${index}`, { clientKey: 'other', model: 'dear' }, { firstTokenMs: 150 });
      trial.serve(`cheap-${index}`, { clientKey: 'other', model: 'cheap' }, { firstTokenMs: 1_500 });
    }
    if (share > 0) trial.serve('spends', { clientKey: CLIENT }, { costMicroUsd: share * 100_000 });
    return trial.send('decided', { clientKey: CLIENT }).decision;
  };
  it.each([
    [0, 0],
    [0.5, 0],
    [0.8, 0],
    [0.85, 0.25],
    [0.9, 0.5],
  ])('at a use of %d is %d', (use, pressure) => {
    expect(decidedAt(use).budgetPressure).toBeCloseTo(pressure, 9);
  });

  it('moves traffic to the cheaper target', () => {
    expect(decidedAt(0).target).toBe(DEAR);
    expect(decidedAt(0.92).target).toBe(CHEAP);
  });

  it('raises nothing but the weight of the cost', () => {
    const [calm, pressed] = [decidedAt(0.5), decidedAt(0.92)];
    expect(pressed.candidates!.map((each) => each.terms)).toEqual(calm.candidates!.map((each) => each.terms));
    const gain = (target: string): number => {
      const score = (decision: typeof calm): number =>
        decision.candidates!.find((each) => each.target === target)!.score;
      return score(pressed) - score(calm);
    };
    expect(gain(CHEAP)).toBeGreaterThan(0);
    expect(gain(DEAR)).toBeLessThan(gain(CHEAP));
  });

  it('of a token budget spares its own target rather than money', () => {
    const trial = tryOut(
      poolOf([targetOf(DEAR, { budgets: [{ metric: 'tokens', window: '1m', limit: 10_000 }] }), targetOf(CHEAP)]),
    );
    trial.order('disable', CHEAP);
    trial.serve('uses', {}, { inputTokens: 8_000, outputTokens: 500 });
    trial.order('enable', CHEAP);
    const { candidates, budgetPressure } = trial.send('a').decision;
    expect(budgetPressure).toBe(0);
    expect(candidates![0]!.terms.load).toBeCloseTo(0.75, 9);
    expect(candidates![1]!.terms.load).toBe(1);
  });
});
