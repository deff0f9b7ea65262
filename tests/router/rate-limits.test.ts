import { describe, expect, it } from 'vitest';
import { restoreRouter } from '../../src/router/index.ts';
import { FAILED, LIMITED, outcomeOf, poolOf, targetOf, UNAUTHORISED } from './small-pool.ts';
import { onlyReject, onlySend, onlyWait, rejections, trialOf, tryOut, type Trial } from './trial.ts';

const TARGET = 'aurora.main.small';
const POOL = poolOf([targetOf(TARGET)], { keys: { 'aurora.main': { queueLimit: 0 } } });

/** How long the key is out from now on, ms: the retry-after of a request that finds nothing else. */
function restLeftMs(trial: Trial): number {
  const reject = onlyReject(trial.begin(`asks-${trial.nowMs}`));
  expect(rejections(reject)).toEqual({ [TARGET]: 'rate_limited' });
  return reject.retryAfterMs!;
}

function limit(trial: Trial, retryAfterMs: number | null = null): void {
  const sent = trial.send(`limited-${trial.nowMs}`);
  const reject = onlyReject(trial.end(sent, { ...LIMITED, retryAfterMs }));
  expect(reject).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 429 });
}

describe('429', () => {
  it('climbs the ladder 3, 10, 31, 61 s and stays on its last rung', () => {
    const trial = tryOut(POOL);
    for (const waitMs of [3_000, 10_000, 31_000, 61_000, 61_000, 61_000]) {
      limit(trial);
      expect(restLeftMs(trial)).toBe(waitMs);
      trial.pass(waitMs);
    }
  });

  it('starts again from the first rung after a success', () => {
    const trial = tryOut(POOL);
    limit(trial);
    trial.pass(3_000);
    limit(trial);
    trial.pass(10_000);
    trial.serve('good');
    limit(trial);
    expect(restLeftMs(trial)).toBe(3_000);
  });

  it('starts again from the first rung after 24 h without one, and not before', () => {
    const trial = tryOut(POOL);
    limit(trial);
    trial.pass(3_000);
    limit(trial);
    trial.pass(86_399_999);
    limit(trial);
    expect(restLeftMs(trial)).toBe(31_000);
    trial.pass(86_400_000);
    limit(trial);
    expect(restLeftMs(trial)).toBe(3_000);
  });

  it('rests for Retry-After rather than for the ladder, cut to the policy maximum', () => {
    const trial = tryOut(POOL);
    limit(trial, 7_500);
    expect(restLeftMs(trial)).toBe(7_500);
    trial.pass(7_500);
    limit(trial, 999_999_999);
    expect(restLeftMs(trial)).toBe(3_600_000);
  });

  it('takes no wait below zero', () => {
    const trial = tryOut(POOL);
    limit(trial, -5_000);
    trial.send('next');
  });

  it('never shortens a longer wait', () => {
    const trial = tryOut(POOL);
    const [first, second, third] = ['a', 'b', 'c'].map((id) => trial.send(id));
    trial.end(first!, { ...LIMITED, retryAfterMs: 40_000 });
    trial.pass(1_000);
    trial.end(second!, { ...LIMITED, retryAfterMs: 2_000 });
    expect(restLeftMs(trial)).toBe(39_000);
    trial.end(third!, { ...LIMITED, retryAfterMs: 50_000 });
    expect(restLeftMs(trial)).toBe(50_000);
  });

  it('climbs one rung for a burst, not one for each answer', () => {
    const trial = tryOut(POOL);
    const burst = Array.from({ length: 20 }, (_, index) => trial.send(`burst-${index}`));
    for (const sent of burst) trial.end(sent, LIMITED);
    expect(restLeftMs(trial)).toBe(3_000);
    trial.pass(3_000);
    limit(trial);
    expect(restLeftMs(trial)).toBe(10_000);
  });

  it('counts an answer that comes after the rest to the burst it was sent with', () => {
    const trial = tryOut(POOL);
    const [early, late] = ['early', 'late'].map((id) => trial.send(id));
    trial.end(early!, LIMITED);
    trial.pass(3_500);
    trial.end(late!, LIMITED);
    expect(restLeftMs(trial)).toBe(3_000);
  });

  it('is not forgotten because an older attempt succeeded', () => {
    const trial = tryOut(POOL);
    const long = trial.send('long answer');
    limit(trial);
    trial.pass(3_000);
    trial.end(long);
    limit(trial);
    expect(restLeftMs(trial)).toBe(10_000);
  });

  it('limits the whole key and no other', () => {
    const pool = poolOf([targetOf(TARGET), targetOf('aurora.main.large'), targetOf('aurora.spare.small')]);
    const trial = tryOut(pool, {}, 3);
    const sent = trial.send('a', { model: 'large' });
    trial.end(sent, LIMITED);
    expect(rejections(trial.send('b'))).toEqual({
      [TARGET]: 'rate_limited',
      'aurora.main.large': 'rate_limited',
      'aurora.spare.small': null,
    });
  });

  it('is also understood as a failure with status 429', () => {
    const trial = tryOut(POOL);
    trial.end(trial.send('a'), { ...LIMITED, kind: 'failure', retryAfterMs: 6_000 });
    expect(restLeftMs(trial)).toBe(6_000);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('lets a request wait that comes shortly before the end of the rest, and sends it then', () => {
    const trial = tryOut(poolOf([targetOf(TARGET)]));
    trial.end(trial.send('a'), { ...LIMITED, retryAfterMs: 20_000 });
    trial.pass(14_000);
    expect(onlyReject(trial.begin('too early'))).toMatchObject({
      code: 'NO_AVAILABLE_PROVIDER',
      status: 503,
      retryAfterMs: 6_000,
    });
    trial.pass(1_500);
    onlyWait(trial.begin('soon'));
    expect(trial.router.nextWakeAtMs).toBe(20_000);
    expect(trial.pass(4_499)).toEqual([]);
    expect(onlySend(trial.pass(1))).toMatchObject({ requestId: 'soon', decision: { cause: 'queue', queuedMs: 4_500 } });
    trial.router.observe(outcomeOf('soon', 1), trial.nowMs);
  });
});

describe('429 in a row', () => {
  const failures = (trial: Trial): number => trial.router.viewTarget(0, trial.nowMs).recentFailures;
  /** Each after the rest that the one before imposed. */
  function limitInARow(trial: Trial, times: number): void {
    for (let time = 0; time < times; time++) {
      trial.pass(61_000);
      limit(trial);
    }
  }

  it('count as a failure of the target from the fourth on', () => {
    const trial = tryOut(POOL, { health: { windowMs: 3_600_000 } });
    limitInARow(trial, 3);
    expect(failures(trial)).toBe(0);
    limitInARow(trial, 1);
    expect(failures(trial)).toBe(1);
    limitInARow(trial, 2);
    expect(failures(trial)).toBe(3);
  });

  it('make the target ill when nothing else comes', () => {
    const trial = tryOut(POOL, { health: { minSamples: 3, windowMs: 600_000 } });
    limitInARow(trial, 5);
    expect(trial.state(TARGET)).toBe('healthy');
    limitInARow(trial, 1);
    expect(trial.state(TARGET)).toBe('cooldown');
  });

  it('begin anew after a success, however old it is', () => {
    const trial = tryOut(POOL);
    const long = trial.send('long answer');
    limitInARow(trial, 3);
    trial.end(long);
    limitInARow(trial, 3);
    expect(failures(trial)).toBe(0);
  });

  it('do not begin anew after another failure', () => {
    const trial = tryOut(POOL, { health: { windowMs: 3_600_000 } });
    limitInARow(trial, 3);
    trial.pass(61_000);
    trial.serve('bad', {}, FAILED);
    limitInARow(trial, 1);
    expect(failures(trial)).toBe(2);
  });

  it('begin anew after 24 h without one', () => {
    const trial = tryOut(POOL);
    limitInARow(trial, 3);
    trial.pass(86_400_000);
    limitInARow(trial, 3);
    expect(failures(trial)).toBe(0);
  });

  it('are counted by bursts, not by answers', () => {
    const trial = tryOut(POOL);
    const burst = Array.from({ length: 20 }, (_, index) => trial.send(`burst-${index}`));
    for (const sent of burst) trial.end(sent, LIMITED);
    expect(failures(trial)).toBe(0);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('are counted by key: another model of the key ends the row as well', () => {
    const trial = tryOut(poolOf([targetOf(TARGET), targetOf('aurora.main.large')]));
    for (let time = 0; time < 6; time++) {
      trial.pass(61_000);
      trial.serve(`small-${time}`, { model: 'small' }, LIMITED);
      trial.pass(61_000);
      trial.serve(`large-${time}`, { model: 'large' });
    }
    expect(trial.router.viewTarget(trial.router.targetIds.indexOf(TARGET), trial.nowMs).recentFailures).toBe(0);
  });

  it('never count when the policy says 0', () => {
    const trial = tryOut(POOL, {
      health: { windowMs: 3_600_000 },
      rateLimit: { consecutiveUntilBad: 0 },
    });
    limitInARow(trial, 20);
    expect(failures(trial)).toBe(0);
    expect(trial.state(TARGET)).toBe('healthy');
  });

  it('survive a snapshot', () => {
    const trial = tryOut(POOL, { health: { windowMs: 3_600_000 } });
    limitInARow(trial, 3);
    const later = trialOf(restoreRouter(trial.router.snapshot()), trial.nowMs);
    limitInARow(later, 1);
    expect(failures(later)).toBe(1);
  });
});

describe('a quota that is used up', () => {
  const USED_UP = { ...FAILED, status: 429, errorCode: 'quota_exhausted' };

  it('expels the whole key for ten minutes, and the request goes elsewhere', () => {
    const sibling = 'aurora.main.large';
    const trial = tryOut(poolOf([targetOf(TARGET), targetOf(sibling), targetOf('borealis.main.small')]));
    const sent = trial.send('a', { model: 'large' });
    trial.end(sent, USED_UP);
    expect([TARGET, sibling].map((target) => trial.state(target))).toEqual(['cooldown', 'cooldown']);
    const next = trial.send('b');
    expect(next.target).toBe('borealis.main.small');
    trial.end(next);
    trial.pass(590_000);
    expect(onlyReject(trial.begin('c', { model: 'large' })).retryAfterMs).toBe(10_000);
    trial.pass(10_000);
    trial.send('d', { model: 'large' });
    expect(trial.state(sibling)).toBe('probing');
  });

  it('is retried at another key', () => {
    const trial = tryOut(poolOf([targetOf(TARGET), targetOf('borealis.main.small')]));
    const sent = trial.send('a');
    onlyWait(trial.end(sent, USED_UP));
    expect(onlySend(trial.pass(5_000)).target).not.toBe(sent.target);
  });

  it('climbs no ladder and is no failure', () => {
    const trial = tryOut(POOL);
    trial.serve('a', {}, USED_UP);
    expect(trial.router.viewTarget(0, trial.nowMs)).toMatchObject({ limitedUntilMs: 0, recentFailures: 0 });
  });
});

describe('a refused key', () => {
  it('rests as long as the provider says, when that is longer', () => {
    const trial = tryOut(POOL);
    trial.serve('a', {}, { ...UNAUTHORISED, retryAfterMs: 1_800_000 });
    trial.pass(600_000);
    expect(restLeftMs(trial)).toBe(1_200_000);
  });
});
