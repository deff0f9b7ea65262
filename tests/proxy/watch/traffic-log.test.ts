import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAILED, LIMITED, poolOf, targetOf } from '../../router/small-pool.ts';
import { startTrial, type ProxyOnTrial } from '../proxy-on-trial.ts';

interface Line {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

const pool = poolOf([targetOf('aurora.main.small'), targetOf('borealis.main.small')]);
let trial: ProxyOnTrial;
const lines = (event: string): Line[] =>
  trial.lines.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event);
beforeEach(async () => {
  trial = await startTrial({ pool, policy: { retry: { attemptsMax: 2 } } });
});
afterEach(() => trial.stop());

describe('the traffic log', () => {
  it('tells how a request ended', () => {
    const open = trial.serve('r1', { clientKey: 'team', model: 'auto' }, FAILED, {});
    expect(lines('request')).toEqual([
      {
        level: 'info',
        time: expect.any(String) as string,
        event: 'request',
        requestId: 'r1',
        clientKey: 'team',
        model: 'auto',
        target: open.sends[1]!.target,
        attempts: 2,
        ending: 'completed',
        code: null,
        status: 200,
        durationMs: expect.any(Number) as number,
        costUsd: 0.0018,
        msg: 'request ended',
      },
    ]);
  });

  it('warns of failed and limited attempts, and of what they do to targets', () => {
    const first = trial.serve('r1', {}, { ...LIMITED, retryAfterMs: 3_000 }, { kind: 'failure', status: 401 });
    expect(lines('attempt')).toMatchObject([
      { level: 'warn', target: first.sends[0]!.target, kind: 'limited', status: 429, retryAfterMs: 3_000 },
      { level: 'warn', target: first.sends[1]!.target, kind: 'failure', status: 401 },
    ]);
    const refused = first.sends[1]!.target;
    expect(lines('state')).toMatchObject([{ level: 'warn', target: refused, from: 'healthy', to: 'cooldown' }]);
    trial.nowMs += 3_600_000;
    trial.driver.order({ kind: 'disable', target: first.sends[0]!.target, untilMs: null });
    trial.serve('r2');
    expect(lines('state')).toMatchObject([
      { to: 'cooldown' },
      { target: expect.any(String) as string },
      { target: expect.any(String) as string },
    ]);
    expect(lines('state').slice(1)).toContainEqual(
      expect.objectContaining({ target: refused, from: 'cooldown', to: 'probing' }),
    );
  });

  it('cuts what a client makes up', () => {
    trial.serve('r1', { model: 'm'.repeat(5_000), clientKey: 'k'.repeat(5_000) });
    expect(lines('request')[0]!['model']).toHaveLength(123);
    expect(trial.lines[0]!.length).toBeLessThan(800);
  });

  it('writes little in a storm, and says how much it left out', () => {
    for (let index = 0; index < 20_000; index++) {
      trial.serve(`r${index}`, {}, FAILED);
      trial.nowMs += 1;
    }
    const elapsedS = (trial.nowMs - Date.UTC(2026, 0, 15, 10, 30)) / 1_000;
    expect(elapsedS).toBeGreaterThan(20);
    const allowed = 20 * elapsedS + 80 + 2 * (5 * elapsedS + 20) + elapsedS / 10 + 1;
    expect(trial.lines.length).toBeLessThan(allowed);
    trial.nowMs += 60_000;
    trial.serve('last');
    const leftOut = lines('left_out').reduce((sum, line) => sum + (line['requests'] as number), 0);
    expect(leftOut + lines('request').length).toBe(20_001);
  });

  it('takes the targets of another pool for what they are, not for changes of those before', () => {
    trial.replaceRouter(poolOf([targetOf('cirrus.main.large', { disabled: true })]), trial.view.policy);
    trial.serve('r1');
    expect(lines('state')).toEqual([]);
  });
});
