import { describe, expect, it } from 'vitest';
import { LIMITED, outcomeOf, poolOf, targetOf } from './small-pool.ts';
import { onlyReject, onlySend, onlyWait, rejections, tryOut, type Trial } from './trial.ts';

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
