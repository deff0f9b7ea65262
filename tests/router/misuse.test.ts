import { describe, expect, it } from 'vitest';
import { createRouter, restoreRouter } from '../../src/router/index.ts';
import { CANCELLED, outcomeOf, policyWith, poolOf, requestOf, targetOf } from './small-pool.ts';
import { onlyReject, onlyWait, tryOut } from './trial.ts';

const POOL = poolOf([targetOf('aurora.main.small'), targetOf('borealis.main.small')], {
  keys: { 'aurora.main': { concurrencyLimit: 1 }, 'borealis.main': { concurrencyLimit: 1 } },
});

describe('calls that are mistakes', () => {
  it('throw for a request that is in flight already, and leave that one as it is', () => {
    const trial = tryOut(POOL);
    const sent = trial.send('a');
    const before = JSON.stringify(trial.router.snapshot());
    expect(() => trial.begin('a')).toThrow('request "a" is already in flight');
    expect(JSON.stringify(trial.router.snapshot())).toBe(before);
    trial.end(sent);
    expect(trial.router.openRequests).toBe(0);
    trial.send('a');
  });

  it('throw for a request that is waiting already', () => {
    const trial = tryOut(POOL);
    trial.send('a');
    trial.send('b');
    onlyWait(trial.begin('c'));
    expect(() => trial.begin('c')).toThrow('request "c" is already in flight');
    expect(trial.router.openRequests).toBe(3);
  });

  it('throw when time goes back, in every kind of input, and when it is no time', () => {
    const trial = tryOut(POOL);
    const { router } = trial;
    const sent = router.begin(requestOf('a'), 1_000)[0]!;
    const order = { kind: 'enable', target: 'aurora.main.small', untilMs: null } as const;
    for (const nowMs of [999.9, -1, NaN]) {
      expect(() => router.begin(requestOf('b'), nowMs)).toThrow(/time went back/);
      expect(() => router.observe(outcomeOf(sent.requestId, 1), nowMs)).toThrow(/time went back/);
      expect(() => router.wake(nowMs)).toThrow(/time went back/);
      expect(() => router.order(order, nowMs)).toThrow(/time went back/);
      expect(() => restoreRouter(router.snapshot()).wake(nowMs)).toThrow(/time went back/);
    }
    expect(router.observe(outcomeOf('a', 1), 1_000)).toEqual([]);
    expect(router.openRequests).toBe(0);
  });

  it('throw for an order to an unknown target', () => {
    expect(() => tryOut(POOL).order('disable', 'nowhere.main.small')).toThrow(
      'there is no target "nowhere.main.small"',
    );
  });

  it('throw for a rest without an end: that is what disabling is for', () => {
    const trial = tryOut(POOL);
    expect(() => trial.order('cool', 'aurora.main.small', Infinity)).toThrow(/disable/);
    expect(() => trial.order('cool', 'aurora.main.small', NaN)).toThrow(/disable/);
    expect(trial.state('aurora.main.small')).toBe('healthy');
  });

  it.each([
    ['a target with an unknown key', { ...POOL, keys: [] }, /names key "aurora.main"/],
    ['a target with an unknown provider', { ...POOL, providers: [] }, /names provider "aurora"/],
    ['two targets of one id', { ...POOL, targets: [...POOL.targets, POOL.targets[0]!] }, /two entries for target/],
    ['two keys of one id', { ...POOL, keys: [...POOL.keys, POOL.keys[0]!] }, /two entries for key/],
    [
      'an alias of an unknown target',
      { ...POOL, modelAliases: { best: ['x.y.z'] } },
      /alias best names target "x.y.z"/,
    ],
  ])('refuse a pool with %s', (_, pool, message) => {
    expect(() => createRouter(pool, policyWith(), { seed: 1 })).toThrow(message);
  });
});

describe('calls that come too late or too early', () => {
  it('change nothing: outcomes of unknown requests, of other attempts, and a second time', () => {
    const trial = tryOut(POOL);
    const sent = trial.send('a');
    const before = JSON.stringify(trial.router.snapshot());
    for (const [requestId, attempt] of [
      ['never', 1],
      ['a', 0],
      ['a', 2],
    ] as const) {
      expect(trial.router.observe(outcomeOf(requestId, attempt), 0)).toEqual([]);
      expect(JSON.stringify(trial.router.snapshot())).toBe(before);
    }
    trial.end(sent);
    const after = JSON.stringify(trial.router.snapshot());
    expect(trial.end(sent)).toEqual([]);
    expect(JSON.stringify(trial.router.snapshot())).toBe(after);
  });

  it('change nothing: results for a request that waits', () => {
    const trial = tryOut(POOL);
    trial.send('a');
    trial.send('b');
    onlyWait(trial.begin('c'));
    const before = JSON.stringify(trial.router.snapshot());
    expect(trial.router.observe(outcomeOf('c', 0), 0)).toEqual([]);
    expect(trial.router.observe(outcomeOf('c', 1), 0)).toEqual([]);
    expect(JSON.stringify(trial.router.snapshot())).toBe(before);
    trial.router.observe(outcomeOf('c', 0, CANCELLED), 0);
    expect(trial.router.openRequests).toBe(2);
  });

  it('change nothing: waking early, or with nothing to wake', () => {
    const trial = tryOut(POOL);
    expect(trial.router.nextWakeAtMs).toBe(Infinity);
    expect(trial.router.wake(0)).toEqual([]);
    trial.send('a');
    trial.send('b');
    const { untilMs } = onlyWait(trial.begin('c'));
    expect(trial.router.nextWakeAtMs).toBe(untilMs);
    const { flow } = trial.router.snapshot();
    expect(trial.router.wake(untilMs - 1)).toEqual([]);
    expect(trial.router.snapshot().flow).toEqual(flow);
  });

  it('know no model that the pool lacks', () => {
    const reject = onlyReject(tryOut(POOL).begin('a', { model: 'large' }));
    expect(reject).toEqual({
      kind: 'reject',
      requestId: 'a',
      code: 'UNKNOWN_MODEL',
      status: 404,
      retryAfterMs: null,
      attempts: [],
      decision: null,
      details: null,
    });
  });

  it('are given back a key that a driver lost an attempt of, after a long time', () => {
    const trial = tryOut(POOL);
    trial.send('lost');
    trial.pass(3_600_000);
    trial.send('a');
    expect(trial.router.openRequests).toBe(1);
    expect(trial.send('b').target).not.toBe('');
  });
});
