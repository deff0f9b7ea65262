/** Faults of the later original's health (seed-semantics B.12.10 to 12), one test each that shows the fault gone. */
import { describe, expect, it } from 'vitest';
import { BAD_REQUEST, FAILED, poolOf, targetOf } from './small-pool.ts';
import { onlyReject, onlyWait, tryOut, type Trial } from './trial.ts';

const TARGET = 'aurora.main.small';
const POOL = poolOf([targetOf(TARGET)], { keys: { 'aurora.main': { queueLimit: 100 } } });

function failMany(trial: Trial, name: string, count: number): void {
  for (let index = 0; index < count; index++) trial.serve(`${name}-${index}`, {}, FAILED);
}

const recentOf = (trial: Trial): object => {
  const { recentAttempts, recentFailures } = trial.router.viewTarget(0, trial.nowMs);
  return { recentAttempts, recentFailures };
};

describe('the health of a target', () => {
  it('B.12.10 counts a success at the outcome: being chosen wipes no failures', () => {
    const trial = tryOut(POOL);
    failMany(trial, 'bad', 9);
    for (let index = 0; index < 20; index++) trial.send(`on its way ${index}`);
    expect(recentOf(trial)).toEqual({ recentAttempts: 9, recentFailures: 9 });
    failMany(trial, 'tenth', 1);
    expect(trial.state(TARGET)).toBe('unhealthy');
  });

  it('B.12.11 lets one probe through when a rest is over, not everyone who waits', () => {
    const trial = tryOut(POOL, { queue: { recoveryWaitMaxMs: 60_000, timeoutMs: 120_000 } });
    failMany(trial, 'bad', 10);
    expect(trial.state(TARGET)).toBe('cooldown');
    trial.pass(59_000);
    for (let index = 0; index < 50; index++) onlyWait(trial.begin(`waits ${index}`));
    expect(trial.pass(1_000).map((command) => command.kind)).toEqual(['send']);
    expect(trial.state(TARGET)).toBe('probing');
    onlyWait(trial.begin('comes later'));
  });

  it('B.12.11 does not change by being looked at', () => {
    const trial = tryOut(POOL);
    failMany(trial, 'bad', 10);
    trial.pass(60_000);
    const before = JSON.stringify(trial.router.snapshot());
    trial.router.viewTarget(0, trial.nowMs);
    trial.state(TARGET);
    expect(JSON.stringify(trial.router.snapshot())).toBe(before);
  });

  it.each([400, 404, 406, 413, 415, 422])('B.12.12 is no matter of a prompt that is refused with %d', (status) => {
    const trial = tryOut(POOL);
    for (let index = 0; index < 40; index++) {
      const sent = trial.send(`bad prompt ${index}`);
      expect(onlyReject(trial.end(sent, { ...BAD_REQUEST, status })).code).toBe('UPSTREAM_REJECTED');
    }
    expect(trial.state(TARGET)).toBe('healthy');
    expect(recentOf(trial)).toEqual({ recentAttempts: 0, recentFailures: 0 });
  });

  it.each([500, 502, 503, 529])('B.12.12 is not lost for five minutes by a single %d', (status) => {
    const trial = tryOut(POOL);
    trial.serve('a', {}, { ...FAILED, status });
    expect(trial.state(TARGET)).toBe('healthy');
    trial.send('b');
  });
});
