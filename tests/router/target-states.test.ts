import { describe, expect, it } from 'vitest';
import { TARGET_STATES, type AttemptOutcome, type TargetState } from '../../src/router/index.ts';
import { HEALTH_EVENTS, TRANSITIONS, type HealthEvent } from '../../src/router/state/target-state-machine.ts';
import { BAD_REQUEST, CANCELLED, FAILED, LIMITED, poolOf, targetOf, TIMED_OUT, UNAUTHORISED } from './small-pool.ts';
import { onlyReject, onlySend, onlyWait, rejections, tryOut, type Trial } from './trial.ts';

const TARGET = 'aurora.main.small';
const OTHER = 'borealis.main.large';
const POOL = poolOf([targetOf(TARGET), targetOf(OTHER)], { modelAliases: { any: [TARGET, OTHER] } });
/** Requests for the target under test alone. */
const HERE = { model: 'small' };

function serveMany(trial: Trial, name: string, count: number, outcome: Partial<AttemptOutcome> = {}): void {
  for (let index = 0; index < count; index++) trial.serve(`${name}-${index}`, HERE, outcome);
}

/** Ten failures trip an idle target: unhealthy, drained at once, cooling down. */
function trip(trial: Trial): void {
  serveMany(trial, `trip-${trial.nowMs}`, 10, FAILED);
  expect(trial.state(TARGET)).toBe('cooldown');
}

/** Lets the cooldown pass and a request come, so that the target is looked at and found probing. */
function probe(trial: Trial): ReturnType<typeof onlySend> {
  const sent = trial.send(`probe-${trial.nowMs}`, HERE);
  expect(trial.state(TARGET)).toBe('probing');
  return sent;
}

describe('thresholds over the window', () => {
  it.each([
    [10, 2, 'healthy'],
    [10, 3, 'degraded'],
    [10, 5, 'degraded'],
    [10, 6, 'cooldown'],
    [20, 4, 'healthy'],
    [20, 5, 'degraded'],
    [9, 9, 'healthy'],
  ] as const)('of %d attempts %d failed: %s', (attempts, failures, expected) => {
    const trial = tryOut(POOL);
    serveMany(trial, 'good', attempts - failures);
    serveMany(trial, 'bad', failures, FAILED);
    expect(trial.state(TARGET)).toBe(expected);
  });

  it('time-outs count as failures', () => {
    const trial = tryOut(POOL);
    serveMany(trial, 'slow', 10, TIMED_OUT);
    expect(trial.state(TARGET)).toBe('cooldown');
  });

  it.each([
    ['a 429', LIMITED],
    ['a 400', BAD_REQUEST],
    ['a 404', { ...BAD_REQUEST, status: 404 }],
    ['a client that left', CANCELLED],
  ])('%s changes nothing', (_, outcome) => {
    const trial = tryOut(POOL);
    serveMany(trial, 'good', 9);
    for (let index = 0; index < 30; index++) {
      trial.serve(`odd-${index}`, HERE, outcome);
      trial.pass(100_000);
    }
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('failures leave the window: an old bad hour does not condemn', () => {
    const trial = tryOut(POOL);
    serveMany(trial, 'bad', 9, FAILED);
    trial.pass(66_000);
    serveMany(trial, 'good', 10);
    serveMany(trial, 'again', 2, FAILED);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('old success does not shield', () => {
    const trial = tryOut(POOL);
    serveMany(trial, 'good', 5_000);
    trial.pass(66_000);
    trip(trial);
  });

  it('busy is not degraded', () => {
    const trial = tryOut(poolOf([targetOf(TARGET)], { keys: { 'aurora.main': { concurrencyLimit: 3 } } }));
    for (let index = 0; index < 3; index++) trial.send(`busy-${index}`);
    onlyWait(trial.begin('waiting'));
    expect(trial.state(TARGET)).toBe('healthy');
  });
});

describe('a latency spike', () => {
  /** 40 answers at the usual 400 ms. */
  const usual = (trial: Trial): void => serveMany(trial, 'usual', 40, { firstTokenMs: 400 });

  it('degrades when the recent level is three times the usual one', () => {
    const trial = tryOut(POOL);
    usual(trial);
    expect(trial.state(TARGET)).toBe('healthy');
    serveMany(trial, 'slow', 12, { firstTokenMs: 4_000, durationMs: 6_000 });
    expect(trial.state(TARGET)).toBe('degraded');
  });

  it('is not one cold start', () => {
    const trial = tryOut(POOL);
    usual(trial);
    trial.serve('cold', HERE, { firstTokenMs: 60_000, durationMs: 61_000 });
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('is over when the recent level is normal again', () => {
    const trial = tryOut(POOL);
    usual(trial);
    serveMany(trial, 'slow', 12, { firstTokenMs: 4_000, durationMs: 6_000 });
    serveMany(trial, 'normal', 12, { firstTokenMs: 400 });
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('no longer stands without any answer in the window', () => {
    const trial = tryOut(POOL);
    usual(trial);
    serveMany(trial, 'slow', 12, { firstTokenMs: 4_000, durationMs: 6_000 });
    trial.pass(66_000);
    trial.send('looked at', HERE);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it.each([
    ['a client that left', CANCELLED],
    ['a 400', BAD_REQUEST],
    ['a 429', LIMITED],
  ])('is not ended by %s', (_, outcome) => {
    const trial = tryOut(POOL);
    usual(trial);
    serveMany(trial, 'slow', 12, { firstTokenMs: 4_000, durationMs: 6_000 });
    trial.serve('odd', HERE, outcome);
    trial.pass(6_000);
    trial.send('looked at', { model: 'any' });
    expect(trial.state(TARGET)).toBe('degraded');
  });
});

describe('a degraded target', () => {
  it('still gets traffic, at .7 of its score', () => {
    const trial = tryOut(POOL, {
      score: { stability: { recentFailures: 99, recentFailuresFactor: 0.5, degradedFactor: 0.7 } },
    });
    serveMany(trial, 'good', 7);
    serveMany(trial, 'bad', 3, FAILED);
    expect(trial.state(TARGET)).toBe('degraded');
    const sent = trial.send('a', HERE);
    expect(sent.target).toBe(TARGET);
    const { score, terms } = sent.decision.candidates![0]!;
    const plain = tryOut(POOL, {
      health: { minSamples: 99 },
      score: { stability: { recentFailures: 99, recentFailuresFactor: 0.5, degradedFactor: 0.7 } },
    });
    serveMany(plain, 'good', 7);
    serveMany(plain, 'bad', 3, FAILED);
    const same = plain.send('a', HERE).decision.candidates![0]!;
    expect(same.terms).toEqual(terms);
    expect(score).toBeCloseTo(0.7 * same.score, 12);
  });

  it('recovers by success', () => {
    const trial = tryOut(POOL);
    serveMany(trial, 'good', 7);
    serveMany(trial, 'bad', 3, FAILED);
    serveMany(trial, 'better', 5);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('recovers by time alone', () => {
    const trial = tryOut(POOL);
    serveMany(trial, 'good', 7);
    serveMany(trial, 'bad', 3, FAILED);
    trial.pass(66_000);
    trial.send('looked at', HERE);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('is halved beyond three recent failures, until they leave the window', () => {
    const trial = tryOut(POOL, { health: { minSamples: 1_000 } });
    const scoreAfter = (failures: number): number => {
      serveMany(trial, `bad-${trial.nowMs}-${failures}`, failures, FAILED);
      const sent = trial.send(`look-${trial.nowMs}-${failures}`, HERE);
      trial.end(sent, CANCELLED);
      const candidate = sent.decision.candidates![0]!;
      return candidate.score;
    };
    const three = scoreAfter(3);
    const four = scoreAfter(1);
    expect(four).toBeLessThan(0.52 * three);
    trial.pass(66_000);
    expect(scoreAfter(0)).toBeGreaterThan(three);
  });
});

describe('cooldown and probes', () => {
  it('rests 60 s to the millisecond; who comes shortly before waits for it', () => {
    const trial = tryOut(POOL);
    trip(trial);
    trial.pass(54_999);
    expect(onlyReject(trial.begin('early', HERE)).retryAfterMs).toBe(5_001);
    trial.pass(1);
    onlyWait(trial.begin('soon', HERE));
    expect(trial.pass(4_999)).toEqual([]);
    expect(onlySend(trial.pass(1)).requestId).toBe('soon');
  });

  it('says when it comes back', () => {
    const trial = tryOut(POOL);
    trip(trial);
    trial.pass(10_000);
    const reject = onlyReject(trial.begin('early', HERE));
    expect(reject).toMatchObject({ code: 'NO_AVAILABLE_PROVIDER', status: 503, retryAfterMs: 50_000 });
    expect(rejections(reject)).toEqual({ [TARGET]: 'cooldown' });
  });

  it('admits no flood: one probe in flight, the rest waits or goes elsewhere', () => {
    const trial = tryOut(POOL);
    trip(trial);
    trial.pass(60_000);
    const first = probe(trial);
    for (let index = 0; index < 30; index++) {
      const elsewhere = trial.send(`else-${index}`, { model: 'any' });
      expect(elsewhere.target).toBe(OTHER);
      expect(rejections(elsewhere)[TARGET]).toBe('unhealthy');
      trial.end(elsewhere);
    }
    onlyWait(trial.begin('second', HERE));
    const second = onlySend(trial.end(first));
    expect(second).toMatchObject({ requestId: 'second', target: TARGET });
    onlyWait(trial.begin('third', HERE));
    const third = onlySend(trial.end(second));
    expect(trial.state(TARGET)).toBe('probing');
    trial.end(third);
    expect(trial.state(TARGET)).toBe('healthy');
    for (let index = 0; index < 20; index++) trial.send(`free-${index}`, HERE);
  });

  it('admits as many probes as the policy says', () => {
    const trial = tryOut(POOL, { health: { probeConcurrency: 2 } });
    trip(trial);
    trial.pass(60_000);
    trial.send('one', HERE);
    trial.send('two', HERE);
    onlyWait(trial.begin('three', HERE));
  });

  it('a failed probe sends it back for twice as long, up to the maximum', () => {
    const trial = tryOut(POOL);
    trip(trial);
    let restMs = 60_000;
    for (const next of [120_000, 240_000, 480_000, 600_000, 600_000]) {
      trial.pass(restMs);
      trial.end(probe(trial), FAILED);
      expect(trial.state(TARGET)).toBe('cooldown');
      expect(onlyReject(trial.begin(`early-${restMs}-${trial.nowMs}`, HERE)).retryAfterMs).toBe(next);
      restMs = next;
    }
  });

  it('after a recovery the next cooldown is short again', () => {
    const trial = tryOut(POOL);
    trip(trial);
    trial.pass(60_000);
    trial.end(probe(trial), FAILED);
    trial.pass(120_000);
    for (let index = 0; index < 3; index++) trial.serve(`passing-${index}`, HERE);
    expect(trial.state(TARGET)).toBe('healthy');
    trial.pass(66_000);
    serveMany(trial, 'bad', 10, FAILED);
    expect(onlyReject(trial.begin('early', HERE)).retryAfterMs).toBe(60_000);
  });

  it.each([
    ['a 429', LIMITED],
    ['a 400', BAD_REQUEST],
    ['a client that left', CANCELLED],
  ])('%s is no passed and no failed probe', (_, outcome) => {
    const trial = tryOut(POOL);
    trip(trial);
    trial.pass(60_000);
    for (let index = 0; index < 3; index++) {
      trial.end(probe(trial), outcome);
      expect(trial.state(TARGET)).toBe('probing');
      trial.pass(70_000);
    }
    for (let index = 0; index < 2; index++) trial.serve(`good-${index}`, HERE);
    expect(trial.state(TARGET)).toBe('probing');
    trial.serve('good-2', HERE);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('the fourth 429 in a row is a failed probe', () => {
    const trial = tryOut(POOL);
    trip(trial);
    trial.pass(60_000);
    for (let index = 0; index < 3; index++) {
      trial.end(probe(trial), LIMITED);
      trial.pass(70_000);
    }
    trial.end(probe(trial), LIMITED);
    expect(trial.state(TARGET)).toBe('cooldown');
  });

  it('late ends of attempts from before the trip neither pass nor fail it', () => {
    const trial = tryOut(POOL);
    const late = Array.from({ length: 6 }, (_, index) => trial.send(`late-${index}`, HERE));
    serveMany(trial, 'bad', 10, FAILED);
    expect(trial.state(TARGET)).toBe('unhealthy');
    trial.pass(60_000);
    const first = probe(trial);
    for (const each of late.slice(0, 3)) trial.end(each);
    for (const each of late.slice(3)) trial.end(each, FAILED);
    expect(trial.state(TARGET)).toBe('probing');
    onlyWait(trial.begin('waiting', HERE));
    trial.end(first);
    expect(trial.state(TARGET)).toBe('probing');
  });

  it('a probing target gets its probes in ranked mode although others score better', () => {
    const trial = tryOut(POOL);
    trip(trial);
    for (let index = 0; index < 50; index++) trial.serve(`other-${index}`, { model: 'large' }, { firstTokenMs: 50 });
    trial.pass(60_000);
    for (let index = 0; index < 400; index++) trial.serve(`any-${index}`, { model: 'any' }, { firstTokenMs: 50 });
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('forgets what was believed of it when it comes back', () => {
    const trial = tryOut(POOL);
    const first = trial.send('first', HERE);
    trial.end(first, CANCELLED);
    const fresh = first.decision.candidates![0]!.terms.success;
    trip(trial);
    trial.pass(60_000);
    expect(probe(trial).decision.candidates![0]!.terms.success).toBe(fresh);
  });
});

describe('401 and 403', () => {
  it.each([401, 402, 403])('%d takes the key out for ten minutes at least, then it is probed', (status) => {
    const trial = tryOut(POOL);
    trial.serve('refused', HERE, { ...UNAUTHORISED, status });
    expect(trial.state(TARGET)).toBe('cooldown');
    trial.pass(599_999);
    const reject = onlyWait(trial.begin('soon', HERE));
    expect(reject.reason).toBe('queued');
    expect(onlySend(trial.pass(1)).target).toBe(TARGET);
    expect(trial.state(TARGET)).toBe('probing');
  });

  it('do not shorten a longer rest', () => {
    const trial = tryOut(POOL);
    const sent = trial.send('a', HERE);
    trial.order('cool', TARGET, 5_000_000);
    trial.end(sent, UNAUTHORISED);
    expect(onlyReject(trial.begin('b', HERE)).retryAfterMs).toBe(5_000_000);
  });
});

describe('orders', () => {
  it('disable keeps a target out, whatever happens, until it is enabled', () => {
    const trial = tryOut(POOL);
    const sent = trial.send('a', HERE);
    trial.order('disable', TARGET);
    trial.end(sent, UNAUTHORISED);
    trial.pass(86_400_000);
    expect(onlyReject(trial.begin('b', HERE))).toMatchObject({ code: 'NO_AVAILABLE_PROVIDER', retryAfterMs: null });
    expect(trial.state(TARGET)).toBe('disabled');
    trial.order('disable', TARGET);
    trial.order('cool', TARGET, trial.nowMs + 1_000);
    expect(trial.state(TARGET)).toBe('disabled');
    trial.order('enable', TARGET);
    expect(trial.send('c', HERE).target).toBe(TARGET);
  });

  it('enable is a clean slate: no failures, no rest are left', () => {
    const trial = tryOut(POOL);
    trial.order('cool', TARGET, 5_000_000);
    trial.order('disable', TARGET);
    trial.order('enable', TARGET);
    expect(trial.state(TARGET)).toBe('healthy');
    trial.serve('bad', HERE, UNAUTHORISED);
    expect(onlyReject(trial.begin('c', HERE)).retryAfterMs).toBe(600_000);
  });

  it('enable brings back a target that rests, at once and without probation', () => {
    const trial = tryOut(POOL);
    trip(trial);
    trial.order('enable', TARGET);
    expect(trial.state(TARGET)).toBe('healthy');
    expect(trial.send('b', HERE).target).toBe(TARGET);
  });

  it('enable lifts the rest after a refused key, of this target and not of the others of the key', () => {
    const sibling = 'aurora.main.tiny';
    const trial = tryOut(poolOf([targetOf(TARGET), targetOf(sibling)]));
    trial.serve('a', HERE, UNAUTHORISED);
    expect([TARGET, sibling].map((target) => trial.state(target))).toEqual(['cooldown', 'cooldown']);
    trial.order('enable', TARGET);
    expect([TARGET, sibling].map((target) => trial.state(target))).toEqual(['healthy', 'cooldown']);
    expect(trial.send('b', HERE).target).toBe(TARGET);
  });

  it('enable ends a probation, and changes nothing about a target that takes requests', () => {
    const trial = tryOut(POOL);
    trip(trial);
    trial.pass(60_000);
    const probe = trial.send('probe', HERE);
    expect(trial.state(TARGET)).toBe('probing');
    trial.order('enable', TARGET);
    expect(trial.state(TARGET)).toBe('healthy');
    trial.end(probe);
    const before = JSON.stringify(trial.router.snapshot());
    trial.order('enable', TARGET);
    expect(JSON.stringify(trial.router.snapshot())).toBe(before);
  });

  it('a target can start out disabled', () => {
    const trial = tryOut(poolOf([targetOf(TARGET, { disabled: true }), targetOf(OTHER)]));
    expect(trial.state(TARGET)).toBe('disabled');
    expect(rejections(trial.send('a'))).toEqual({ [TARGET]: 'disabled', [OTHER]: null });
    trial.order('enable', TARGET);
    expect(rejections(trial.send('b'))).toEqual({ [TARGET]: null, [OTHER]: null });
  });

  it('cool without a time rests for the usual cooldown', () => {
    const trial = tryOut(POOL);
    trial.order('cool', TARGET);
    expect(onlyReject(trial.begin('a', HERE)).retryAfterMs).toBe(60_000);
  });

  it('enable sends those who waited', () => {
    const trial = tryOut(poolOf([targetOf(TARGET)], { keys: { 'aurora.main': { concurrencyLimit: 1 } } }));
    const sent = trial.send('a');
    onlyWait(trial.begin('b'));
    trial.order('disable', TARGET);
    expect(trial.end(sent)).toEqual([]);
    expect(onlySend(trial.order('enable', TARGET)).requestId).toBe('b');
  });
});

describe('every legal move can be reached through the contract', () => {
  const bring: Readonly<Record<TargetState, (trial: Trial) => void>> = {
    healthy: () => {},
    degraded(trial) {
      serveMany(trial, 'good', 7);
      serveMany(trial, 'bad', 3, FAILED);
    },
    unhealthy(trial) {
      trial.send('lingering', HERE);
      serveMany(trial, 'bad', 10, FAILED);
    },
    cooldown: trip,
    probing(trial) {
      trip(trial);
      trial.pass(60_000);
      trial.end(probe(trial));
    },
    disabled: (trial) => void trial.order('disable', TARGET),
  };
  const cause: Readonly<Record<HealthEvent, (trial: Trial) => void>> = {
    struggle(trial) {
      serveMany(trial, 'good', 7);
      serveMany(trial, 'bad', 3, FAILED);
    },
    steady: (trial) => serveMany(trial, 'better', 10),
    trip(trial) {
      trial.send('keeps it from draining', HERE);
      for (let index = 0; trial.state(TARGET) === 'degraded'; index++) trial.serve(`worse-${index}`, HERE, FAILED);
    },
    drained: (trial) => void trial.router.observe({ ...DRAINING }, trial.nowMs),
    rested(trial) {
      trial.pass(60_000);
      trial.send('looks', HERE);
    },
    passed: (trial) => serveMany(trial, 'passing', 2),
    relapse: (trial) => void trial.serve('failing', HERE, FAILED),
    expel: (trial) => void trial.order('cool', TARGET, trial.nowMs + 60_000),
    disable: (trial) => void trial.order('disable', TARGET),
    enable: (trial) => void trial.order('enable', TARGET),
  };
  const DRAINING: AttemptOutcome = {
    requestId: 'lingering',
    attempt: 1,
    kind: 'cancelled',
    status: null,
    errorCode: null,
    firstTokenMs: null,
    durationMs: 5,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costMicroUsd: 0,
    retryAfterMs: null,
    reachedClient: false,
  };
  const moves = TARGET_STATES.flatMap((state) =>
    HEALTH_EVENTS.flatMap((event) => {
      const next = TRANSITIONS[state][event];
      return next === undefined ? [] : [[state, event, next] as const];
    }),
  );

  it.each(moves)('from %s by %s to %s', (state, event, next) => {
    const trial = tryOut(POOL);
    bring[state](trial);
    expect(trial.state(TARGET)).toBe(state);
    if (state === 'healthy' && event === 'trip') {
      // Good attempts first would only delay it: nothing but failures trips from healthy in one step.
      trial.send('keeps it from draining', HERE);
      serveMany(trial, 'bad', 9, FAILED);
      expect(trial.state(TARGET)).toBe('healthy');
      trial.serve('last', HERE, FAILED);
    } else {
      cause[event](trial);
    }
    expect(trial.state(TARGET)).toBe(next);
  });
});
