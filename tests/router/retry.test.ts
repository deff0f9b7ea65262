import { describe, expect, it } from 'vitest';
import type { AttemptOutcome } from '../../src/router/index.ts';
import {
  BAD_REQUEST,
  CANCELLED,
  FAILED,
  LIMITED,
  outcomeOf,
  poolOf,
  targetOf,
  TIMED_OUT,
  UNAUTHORISED,
} from './small-pool.ts';
import { onlyReject, onlySend, onlyWait, rejections, tryOut } from './trial.ts';

const IDS = ['aurora.main.small', 'borealis.main.small', 'cirrus.main.small', 'dune.main.small', 'ember.main.small'];
const POOL = poolOf(IDS.map((id) => targetOf(id)));

describe('a retry', () => {
  it('goes to another target each time', () => {
    const trial = tryOut(POOL, { retry: { attemptsMax: 5 } });
    const targets: string[] = [];
    let sent = trial.send('a');
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(sent.attempt).toBe(attempt);
      for (const tried of targets) expect(rejections(sent)[tried]).toBe('excluded');
      targets.push(sent.target);
      const commands = trial.end(sent, FAILED);
      if (attempt === 5) expect(onlyReject(commands).code).toBe('ALL_PROVIDER_FAILED');
      else sent = onlySend([...trial.pass(5_000)]);
    }
    expect([...targets].sort()).toEqual(IDS);
  });

  it('waits within the bounds of the backoff: 100, 200, 400, ... ms', () => {
    const trial = tryOut(POOL, { retry: { attemptsMax: 5 }, health: { minSamples: 10_000 } });
    const waits: number[][] = [[], [], [], []];
    for (let index = 0; index < 200; index++) {
      let sent = trial.send(`r${index}`);
      for (let failures = 1; failures <= 4; failures++) {
        const { reason, untilMs } = onlyWait(trial.end(sent, FAILED));
        expect(reason).toBe('backoff');
        waits[failures - 1]!.push(untilMs - trial.nowMs);
        sent = onlySend(trial.pass(untilMs - trial.nowMs));
        expect(sent.decision.cause).toBe('retry');
      }
      trial.end(sent);
    }
    waits.forEach((drawn, index) => {
      const ceiling = 100 * 2 ** index;
      expect(Math.min(...drawn)).toBeLessThan(0.1 * ceiling);
      expect(Math.max(...drawn)).toBeGreaterThan(0.9 * ceiling);
      expect(Math.max(...drawn)).toBeLessThan(ceiling);
    });
  });

  it.each<[string, Partial<AttemptOutcome>]>([
    ['a 500', FAILED],
    ['a time-out', TIMED_OUT],
    ['a 429', LIMITED],
    ['a 401', UNAUTHORISED],
    ['no connection', { ...FAILED, status: null }],
    ['a broken answer that had not reached the client', { ...FAILED, status: 200 }],
  ])('follows %s', (_, outcome) => {
    const trial = tryOut(POOL);
    expect(onlyWait(trial.end(trial.send('a'), outcome)).reason).toBe('backoff');
  });

  it.each([400, 404, 413, 422])("does not follow a %d, which is the client's own", (status) => {
    const trial = tryOut(POOL);
    const sent = trial.send('a');
    const reject = onlyReject(trial.end(sent, { ...BAD_REQUEST, status, errorCode: 'context_length_exceeded' }));
    expect(reject).toMatchObject({ code: 'UPSTREAM_REJECTED', status, retryAfterMs: null });
    expect(reject.attempts).toEqual([
      { attempt: 1, target: sent.target, kind: 'failure', status, errorCode: 'context_length_exceeded' },
    ]);
  });

  it.each<[string, Partial<AttemptOutcome>]>([
    ['a failure', FAILED],
    ['a time-out', TIMED_OUT],
    ['a 400', BAD_REQUEST],
  ])('does not follow %s after the first byte reached the client', (_, outcome) => {
    const trial = tryOut(POOL);
    const reject = onlyReject(trial.end(trial.send('a'), { ...outcome, reachedClient: true }));
    expect(reject).toMatchObject({ code: 'STREAM_BROKEN', status: 502 });
    expect(reject.attempts).toHaveLength(1);
    expect(trial.router.openRequests).toBe(0);
  });

  it('does not follow a client that left', () => {
    const trial = tryOut(POOL);
    expect(trial.end(trial.send('a'), CANCELLED)).toEqual([]);
    expect(trial.router.openRequests).toBe(0);
  });

  it('is called off by a client that leaves during the backoff', () => {
    const trial = tryOut(POOL);
    trial.end(trial.send('a'), FAILED);
    expect(trial.router.observe(outcomeOf('a', 0, CANCELLED), 0)).toEqual([]);
    expect(trial.router.openRequests).toBe(0);
    expect(trial.router.nextWakeAtMs).toBe(Infinity);
    expect(trial.pass(60_000)).toEqual([]);
  });

  it('keeps to the limit of attempts and tells them all', () => {
    const trial = tryOut(POOL);
    const outcomes = [FAILED, { ...LIMITED, errorCode: 'slow_down' }, TIMED_OUT];
    let sent = trial.send('a');
    const targets = [sent.target];
    for (const outcome of outcomes.slice(0, 2)) {
      trial.end(sent, outcome);
      sent = onlySend(trial.pass(5_000));
      targets.push(sent.target);
    }
    const reject = onlyReject(trial.end(sent, outcomes[2]));
    expect(reject).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 504, retryAfterMs: null });
    expect(reject.attempts).toEqual([
      { attempt: 1, target: targets[0], kind: 'failure', status: 500, errorCode: null },
      { attempt: 2, target: targets[1], kind: 'limited', status: 429, errorCode: 'slow_down' },
      { attempt: 3, target: targets[2], kind: 'timeout', status: null, errorCode: null },
    ]);
  });

  it('keeps to the deadline', () => {
    const trial = tryOut(POOL, { retry: { deadlineMs: 10_000 } });
    const sent = trial.send('a');
    trial.pass(10_001);
    expect(onlyReject(trial.end(sent, TIMED_OUT))).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 504 });
    const inTime = trial.send('b');
    trial.pass(9_000);
    onlyWait(trial.end(inTime, TIMED_OUT));
  });

  it('is not even waited for when nobody is left', () => {
    const trial = tryOut(poolOf([targetOf(IDS[0]!), targetOf(IDS[1]!)]));
    trial.end(trial.send('a'), FAILED);
    const second = onlySend(trial.pass(5_000));
    const reject = onlyReject(trial.end(second, FAILED));
    expect(reject).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 502 });
    expect(Object.values(rejections(reject))).toEqual(['excluded', 'excluded']);
  });

  it('answers 429 with the soonest end of the waits when every attempt was limited', () => {
    const trial = tryOut(poolOf([targetOf(IDS[0]!), targetOf(IDS[1]!)]));
    trial.end(trial.send('a'), { ...LIMITED, retryAfterMs: 9_000 });
    trial.pass(1_000);
    const commands = trial.router.observe(outcomeOf('a', 2, { ...LIMITED, retryAfterMs: 20_000 }), trial.nowMs);
    expect(onlyReject(commands)).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 429, retryAfterMs: 8_000 });
  });

  it('is possible for the next request of the same name', () => {
    const trial = tryOut(POOL);
    const first = trial.send('a');
    trial.end(first, FAILED);
    trial.end(onlySend(trial.pass(5_000)));
    const again = trial.send('a');
    expect(again.attempt).toBe(1);
    expect(Object.values(rejections(again))).toEqual(IDS.map(() => null));
  });
});

describe('a 503 with Retry-After', () => {
  it('keeps the key out for that time, like a 429, and still counts as a failure', () => {
    const trial = tryOut(poolOf([targetOf(IDS[0]!), targetOf(IDS[1]!)]));
    const sent = trial.send('a');
    trial.end(sent, { ...FAILED, status: 503, retryAfterMs: 20_000 });
    const second = onlySend(trial.pass(200));
    trial.end(second);
    expect(rejections(trial.send('b'))[sent.target]).toBe('rate_limited');
    trial.pass(20_000);
    expect(rejections(trial.send('c'))[sent.target]).toBeNull();
  });
});

describe('nothing eligible', () => {
  it('says when the soonest target is back', () => {
    const trial = tryOut(POOL);
    IDS.forEach((id, index) => trial.order('cool', id, 100_000 - 10_000 * index));
    trial.pass(1_000);
    const reject = onlyReject(trial.begin('a'));
    expect(reject).toMatchObject({ code: 'NO_AVAILABLE_PROVIDER', status: 503, retryAfterMs: 59_000, attempts: [] });
    expect(reject.decision).toMatchObject({ target: null, eligible: 0, propensity: 0, explored: false });
  });

  it('takes the soonest of cooldown, rate limit and budget', () => {
    const pool = poolOf(
      [
        targetOf(IDS[0]!),
        targetOf(IDS[1]!, { budgets: [{ metric: 'requests', window: '5m', limit: 1 }] }),
        targetOf(IDS[2]!),
      ],
      { modelAliases: { second: [IDS[1]!], third: [IDS[2]!] } },
    );
    const trial = tryOut(pool);
    trial.order('cool', IDS[0]!, 500_000);
    trial.serve('uses', { model: 'second' });
    trial.serve('limits', { model: 'third' }, { ...LIMITED, retryAfterMs: 50_000 });
    expect(onlyReject(trial.begin('a')).retryAfterMs).toBe(50_000);
    trial.order('disable', IDS[2]!);
    expect(onlyReject(trial.begin('b')).retryAfterMs).toBe(305_000);
    trial.order('disable', IDS[1]!);
    expect(onlyReject(trial.begin('c')).retryAfterMs).toBe(500_000);
    trial.order('disable', IDS[0]!);
    expect(onlyReject(trial.begin('d')).retryAfterMs).toBeNull();
  });
});
