import { describe, expect, it } from 'vitest';
import { GuardWatch, type Arm } from '../../src/policies/guard-watch.ts';
import { guardTrouble, judgeGuards } from '../../src/policies/judge-guards.ts';
import type { GuardReading, Guards } from '../../src/policies/promotion.ts';
import type { RejectCode, RejectCommand, RouterRequest } from '../../src/router/index.ts';
import { outcomeOf, poolOf, requestOf, targetOf } from '../router/small-pool.ts';
import { drawsOf } from './draws.ts';
import { PLAN } from './plan-in-small.ts';

const POOL = poolOf([targetOf('a.main.m')]);

interface Facts extends Partial<RouterRequest> {
  readonly firstTokenMs?: number;
  readonly costMicroUsd?: number;
  readonly rejected?: RejectCode;
  readonly failedAttempts?: number;
}

/** Plays the driver for one request after the other. */
function watching(): { watch: GuardWatch; serve: (arm: Arm, facts?: Facts) => void } {
  const watch = new GuardWatch();
  watch.begin(POOL, 512);
  let count = 0;
  let nowMs = 1_000_000;
  const serve = (arm: Arm, facts: Facts = {}): void => {
    const { firstTokenMs = 400, costMicroUsd = 1_800, rejected, failedAttempts = 0, ...rest } = facts;
    const request = requestOf(`r${(count += 1)}`, rest);
    watch.arrived(request, nowMs, arm);
    for (let attempt = 1; attempt <= failedAttempts; attempt++) {
      nowMs += 1_000;
      const failed = { kind: 'failure', firstTokenMs: null, durationMs: 1_000, costMicroUsd: 100 } as const;
      watch.attemptEnded(request, outcomeOf(request.requestId, attempt, failed), 'a.main.m', nowMs);
    }
    if (rejected === undefined) {
      nowMs += 2_000;
      const facts = { durationMs: 2_000, firstTokenMs: request.stream ? firstTokenMs : null, costMicroUsd };
      watch.attemptEnded(request, outcomeOf(request.requestId, failedAttempts + 1, facts), 'a.main.m', nowMs);
      watch.ended(request, 'completed', null, 200, nowMs);
    } else {
      watch.ended(request, 'rejected', { code: rejected } as RejectCommand, 503, nowMs);
    }
  };
  return { watch, serve };
}

const read = (watch: GuardWatch, guards: Partial<Guards> = {}, useRatio = 0.5): Record<string, GuardReading> =>
  Object.fromEntries(
    judgeGuards(watch, { ...PLAN.guards, ...guards }, [{ label: 'key a.main: USD per day', useRatio }]).map((each) => [
      each.guard,
      each,
    ]),
  );

describe('what is counted', () => {
  it('is a request with all of its attempts, from its arrival', () => {
    const { watch, serve } = watching();
    serve('canary', { failedAttempts: 2 });
    expect(watch.figures()).toMatchObject({
      main: { requests: 0, completed: 0, costUsd: 0 },
      canary: { requests: 1, completed: 1, costUsd: 0.002 },
    });
    // Two failures of a second each went before.
    const { p50_first_token_ms: firstToken } = watch.figures().canary.metrics;
    expect(firstToken).toBeGreaterThan(2_400 * 0.96);
    expect(firstToken).toBeLessThan(2_400 * 1.04);
  });

  it('leaves out requests that were open before, those the proxy gave up, and what is the client’s own mistake', () => {
    const { watch, serve } = watching();
    const early = requestOf('early');
    watch.arrived(early, 0, 'main');
    watch.beginStage();
    watch.ended(early, 'completed', null, 200, 10);
    const given = requestOf('given');
    watch.arrived(given, 0, 'main');
    watch.ended(given, 'cancelled', null, 503, 10);
    expect(watch.figures().main.requests).toBe(0);
    for (let count = 0; count < 30; count++) {
      serve('main');
      serve('canary', count % 2 === 0 ? { rejected: 'UNKNOWN_MODEL' } : {});
    }
    expect(read(watch)['successDropMax']).toMatchObject({ main: 1, canary: 1 });
  });

  it('is nothing while no promotion is on its way', () => {
    const { watch, serve } = watching();
    watch.stop();
    serve('main');
    expect(watch.main.count).toBe(0);
  });

  it('goes on after a restart', () => {
    const { watch, serve } = watching();
    for (let count = 0; count < 60; count++) serve(count % 3 === 0 ? 'canary' : 'main');
    const again = new GuardWatch();
    again.begin(POOL, 512, JSON.parse(JSON.stringify(watch.save())));
    expect(again.figures()).toEqual(watch.figures());
    expect(read(again)).toEqual(read(watch));
  });
});

describe('guards', () => {
  /** Requests of two arms with ordinary noise; says how the guards stand in the end. */
  function play(canary: (uniform: () => number) => Facts, requests = 1_200, share = 0.3): Record<string, GuardReading> {
    const { watch, serve } = watching();
    const draws = drawsOf(5);
    const ordinary = (): Facts => ({
      firstTokenMs: 300 * Math.exp(0.5 * draws.normal()),
      costMicroUsd: Math.round(1_800 * Math.exp(0.7 * draws.normal())),
      ...(draws.uniform() < 0.01 ? { rejected: 'ALL_PROVIDER_FAILED' as const } : {}),
    });
    for (let count = 0; count < requests; count++) {
      const isCanary = draws.uniform() < share;
      serve(isCanary ? 'canary' : 'main', { ...ordinary(), ...(isCanary ? canary(() => draws.uniform()) : {}) });
    }
    return read(watch);
  }

  const statesOf = (readings: Record<string, GuardReading>): Record<string, string> =>
    Object.fromEntries(Object.entries(readings).map(([guard, { state }]) => [guard, state]));
  const ALL_HOLD = {
    successDropMax: 'holds',
    lateFirstTokenFactorMax: 'holds',
    costFactorMax: 'holds',
    budgetUseMax: 'holds',
  };

  it('hold for a canary that is like the rest', () => {
    expect(statesOf(play(() => ({})))).toEqual(ALL_HOLD);
  });

  it.each<[string, string, (uniform: () => number) => Facts, RegExp]>([
    [
      'fails more often',
      'successDropMax',
      (uniform) => (uniform() < 0.2 ? { rejected: 'ALL_PROVIDER_FAILED' } : {}),
      /^success fell from 99\.\d % to [78]\d\.\d %: by at least [\d.]+ %, and 1\.0 % is allowed$/,
    ],
    [
      'is slow',
      'lateFirstTokenFactorMax',
      (uniform) => (uniform() < 0.5 ? { firstTokenMs: 5_000 } : {}),
      /% of the first tokens are late, .* of the rest: at least [\d.]+ times, and 2\.00 times is allowed$/,
    ],
    [
      'is dear',
      'costFactorMax',
      () => ({ costMicroUsd: 6_000 }),
      /^it costs at least [\d.]+ times what the rest costs, and 1\.10 times is allowed$/,
    ],
  ])('break for one that %s, and no other does', (_, guard, facts, trouble) => {
    const readings = play(facts);
    const broken = Object.values(readings).filter(({ state }) => state === 'broken');
    expect(broken.map((each) => each.guard)).toContain(guard);
    expect(guardTrouble(readings[guard]!)).toMatch(trouble);
    const others = guard === 'successDropMax' ? ['costFactorMax'] : ['successDropMax'];
    for (const other of others) expect(readings[other]!.state).toBe('holds');
  });

  it('cannot say anything of a few requests', () => {
    const readings = play(() => ({ rejected: 'ALL_PROVIDER_FAILED' }), 30);
    expect(statesOf(readings)).toMatchObject({ successDropMax: 'too-few', lateFirstTokenFactorMax: 'too-few' });
  });

  it('take sizes into account: a canary of larger requests is not dearer for that', () => {
    const { watch, serve } = watching();
    for (let count = 0; count < 400; count++) {
      serve('main', { inputTokens: 1_000, maxOutputTokens: 1, costMicroUsd: 1_004 });
      serve('canary', { inputTokens: 5_000, maxOutputTokens: 1, costMicroUsd: 5_004 });
    }
    expect(read(watch)['costFactorMax']).toMatchObject({ state: 'holds', low: expect.closeTo(1, 6) as number });
  });

  it('of first tokens do not blame the canary for a bad hour of all', () => {
    const { watch, serve } = watching();
    for (let count = 0; count < 600; count++) {
      const firstTokenMs = count < 200 ? 300 + count : 20_000 + count;
      serve(count % 3 === 0 ? 'canary' : 'main', { firstTokenMs });
    }
    expect(read(watch)['lateFirstTokenFactorMax']!.state).toBe('holds');
  });

  it('of budgets speak when one is used up and the canary spends more, not when the rest used it up', () => {
    const spending = (costMicroUsd: number): GuardWatch => {
      const { watch, serve } = watching();
      for (let count = 0; count < 200; count++)
        serve(count % 2 === 0 ? 'canary' : 'main', { costMicroUsd: count % 2 === 0 ? costMicroUsd : 1_800 });
      return watch;
    };
    const loose = { costFactorMax: 100 };
    expect(read(spending(1_800), loose, 1.2)['budgetUseMax']).toMatchObject({ canary: 1.2, state: 'holds' });
    expect(read(spending(2_700), loose, 0.9)['budgetUseMax']).toMatchObject({ state: 'holds' });
    const broken = read(spending(2_700), loose, 1.2)['budgetUseMax']!;
    expect(broken.state).toBe('broken');
    expect(guardTrouble(broken)).toBe(
      'a budget is used to 120.0 % (100.0 % is allowed), and it spends more a request than the rest',
    );
  });
});
