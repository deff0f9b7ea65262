import { describe, expect, it } from 'vitest';
import { SlidingWindows } from '../../src/router/state/sliding-windows.ts';
import { FAILED, LIMITED, poolOf, targetOf } from './small-pool.ts';
import { tryOut } from './trial.ts';

const START_MS = 1_750_000_000_000;
const pool = poolOf(
  [
    targetOf('aurora.main.small', { budgets: [{ metric: 'tokens', window: '1m', limit: 100_000 }] }),
    targetOf('borealis.main.small'),
  ],
  { keys: { 'aurora.main': { concurrencyLimit: 1, queueLimit: 7 } } },
);

describe('the view of a target', () => {
  it('starts from the prior of the policy', () => {
    const { router } = tryOut(pool, {}, 7, START_MS);
    expect(router.viewTarget(0, START_MS)).toEqual({
      state: 'healthy',
      inFlight: 0,
      keyInFlight: 0,
      concurrencyLimit: 1,
      waiting: 0,
      queueLimit: 7,
      restsUntilMs: 0,
      limitedUntilMs: 0,
      budgetRules: [0],
      recentAttempts: 0,
      recentFailures: 0,
      successRatio: expect.closeTo(0.95, 9),
      firstTokenMs: expect.closeTo(800, 6),
      tokensPerSecond: expect.closeTo(60, 6),
      cacheHitRatio: 0,
      isAssumed: { successRatio: true, firstTokenMs: true, tokensPerSecond: true, cacheHitRatio: true },
    });
    expect(router.viewTarget(1, START_MS).concurrencyLimit).toBeNull();
  });

  it('counts who is in flight and who waits', () => {
    const only = poolOf([targetOf('aurora.main.small')], { keys: { 'aurora.main': { concurrencyLimit: 1 } } });
    const trial = tryOut(only, {}, 7, START_MS);
    trial.send('r1');
    trial.begin('r2');
    trial.begin('r3');
    expect(trial.router.viewTarget(0, START_MS)).toMatchObject({ inFlight: 1, keyInFlight: 1, waiting: 2 });
    expect(trial.router.waitingRequests).toBe(2);
    expect(trial.router.openRequests).toBe(3);
  });

  it('says how long a rest and a rate limit last, and no longer', () => {
    const trial = tryOut(pool, {}, 7, START_MS);
    trial.order('cool', 'aurora.main.small', START_MS + 5_000);
    const sent = trial.send('r1');
    trial.end(sent, { ...LIMITED, retryAfterMs: 2_000 });
    expect(trial.router.viewTarget(0, START_MS + 4_999)).toMatchObject({
      state: 'cooldown',
      restsUntilMs: START_MS + 5_000,
    });
    expect(trial.router.viewTarget(0, START_MS + 5_000)).toMatchObject({ state: 'cooldown', restsUntilMs: 0 });
    expect(trial.router.viewTarget(1, START_MS).limitedUntilMs).toBe(START_MS + 2_000);
    expect(trial.router.viewTarget(1, START_MS + 2_000).limitedUntilMs).toBe(0);
  });

  it('lets beliefs and recent failures fade with time, however long nothing came', () => {
    const single = poolOf([targetOf('aurora.main.small')]);
    const trial = tryOut(single, { retry: { attemptsMax: 1 } }, 7, START_MS);
    for (let index = 0; index < 4; index++) trial.end(trial.send(`r${index}`), FAILED);
    const fresh = trial.router.viewTarget(0, START_MS);
    expect(fresh).toMatchObject({ recentAttempts: 4, recentFailures: 4 });
    // Attempts that failed say nothing about first tokens.
    expect(fresh.isAssumed).toMatchObject({ successRatio: false, firstTokenMs: true });
    // Half of the weight is the prior's, half is that of four failures; up to one step of the decay.
    expect(fresh.successRatio).toBeCloseTo(0.475, 1);
    const later = trial.router.viewTarget(0, START_MS + 120_000);
    expect(later).toMatchObject({ recentAttempts: 0, recentFailures: 0 });
    expect(later.successRatio).toBeCloseTo((4 * 0.95) / 6, 1);
    expect(trial.router.viewTarget(0, START_MS + 1e12).successRatio).toBeCloseTo(0.95, 9);
  });

  it('refuses positions that are not there', () => {
    const { router } = tryOut(pool);
    expect(() => router.viewTarget(2, 0)).toThrow('there is no target 2, only 2');
    expect(() => router.viewBudget(1, 0)).toThrow('there is no budget rule 1, only 1');
  });
});

describe('the view of a budget', () => {
  it('counts what is reserved, and forgets it when the window has passed', () => {
    const trial = tryOut(pool, {}, 7, START_MS);
    trial.order('disable', 'borealis.main.small');
    trial.send('r1');
    const view = { label: 'target aurora.main.small: tokens per 1m', metric: 'tokens', window: '1m', limit: 100_000 };
    expect(trial.router.viewBudget(0, START_MS)).toEqual({ ...view, used: 1_500 });
    expect(trial.router.viewBudget(0, START_MS + 60_000).used).toBe(1_500);
    expect(trial.router.viewBudget(0, START_MS + 61_000).used).toBe(0);
  });
});

describe('looking', () => {
  it('leaves no trace: snapshots and decisions are those of a router that nobody looked at', () => {
    const looked = tryOut(pool, {}, 7, START_MS);
    const alone = tryOut(pool, {}, 7, START_MS);
    for (let index = 0; index < 200; index++) {
      for (const trial of [looked, alone]) {
        const sent = trial.begin(`r${index}`).find((command) => command.kind === 'send');
        if (sent !== undefined) trial.end(sent, index % 3 === 0 ? FAILED : {});
        trial.pass(index % 50 === 0 ? 90_000 : 700);
      }
      for (let target = 0; target < 2; target++) looked.router.viewTarget(target, looked.nowMs + 1e9);
      looked.router.viewBudget(0, looked.nowMs + 1e9);
      expect(looked.router.snapshot()).toEqual(alone.router.snapshot());
    }
  });

  it('at a window gives the sum that is given to those who take part', () => {
    const windows = new SlidingWindows([{ bucketMs: 7, buckets: 3 }]);
    for (let step = 0; step < 500; step++) {
      const nowMs = 5 * step + (step % 3);
      windows.add(0, nowMs, step % 11, nowMs);
      const laterMs = nowMs + (step % 29);
      const copy = new SlidingWindows([{ bucketMs: 7, buckets: 3 }]);
      copy.load(windows.save());
      expect(windows.peek(0, laterMs)).toBe(copy.sum(0, laterMs));
    }
  });
});
