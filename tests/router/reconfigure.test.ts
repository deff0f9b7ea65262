import { describe, expect, it } from 'vitest';
import {
  reconfigureRouter,
  withRetiringTargets,
  type BudgetRule,
  type Policy,
  type PoolDefinition,
  type SendCommand,
} from '../../src/router/index.ts';
import {
  CANCELLED,
  FAILED,
  LIMITED,
  outcomeOf,
  policyWith,
  poolOf,
  targetOf,
  UNAUTHORISED,
  type PolicyChanges,
} from './small-pool.ts';
import { onlyReject, onlySend, onlyWait, rejections, trialOf, tryOut, type Trial } from './trial.ts';

const AURORA = 'aurora.main.small';
const BOREALIS = 'borealis.main.small';
/** Sorts before the others, so that every position moves. */
const AARDVARK = 'aardvark.main.small';
const ONE = poolOf([targetOf(AURORA)]);
const TWO = poolOf([targetOf(AURORA), targetOf(BOREALIS)]);
const THREE = poolOf([targetOf(BOREALIS), targetOf(AARDVARK), targetOf(AURORA)]);
/** One slot and three places to wait. */
const NARROW = poolOf([targetOf(AURORA)], { keys: { 'aurora.main': { concurrencyLimit: 1, queueLimit: 3 } } });

/** The same run after a reconfiguration. */
function goOn(trial: Trial, pool: PoolDefinition, changes: PolicyChanges | Policy = {}): Trial {
  return trialOf(reconfigureRouter(trial.router, pool, policyWith(changes), trial.nowMs), trial.nowMs);
}

function targetsOf(trial: Trial): string[] {
  return trial.router.snapshot().pool.targets.map(({ id }) => id);
}

/** A value of a target in the next decision. */
function look(trial: Trial, target: string): { score: number; success: number; firstToken: number; cache: number } {
  const sent = trial.send(`look-${trial.router.snapshot().flow.decisions}`, { sessionId: 'warm' });
  const { score, terms } = sent.decision.candidates!.find((each) => each.target === target)!;
  trial.end(sent, CANCELLED);
  return { score, ...terms };
}

function use(trial: Trial, label: string): number {
  const rule = trial.router.budgetLabels.indexOf(label);
  expect(rule).toBeGreaterThanOrEqual(0);
  return trial.router.budgetUse(rule);
}

describe('what is known of a target', () => {
  it('goes with its id, not with its place', () => {
    const trial = tryOut(TWO);
    trial.order('cool', AURORA, 5_000);
    trial.order('disable', BOREALIS);
    const after = goOn(trial, THREE);
    expect(after.router.targetIds).toEqual([AARDVARK, AURORA, BOREALIS]);
    expect([AARDVARK, AURORA, BOREALIS].map((id) => after.state(id))).toEqual(['healthy', 'cooldown', 'disabled']);
    after.pass(4_999);
    expect(after.state(AURORA)).toBe('cooldown');
    expect(rejections(after.send('a'))).toEqual({ [AARDVARK]: null, [AURORA]: 'cooldown', [BOREALIS]: 'disabled' });
    after.pass(1);
    expect(rejections(after.send('b'))[AURORA]).toBeNull();
    expect(after.state(AURORA)).toBe('probing');
  });

  it('includes how often its rest was doubled', () => {
    const health = { minSamples: 2, cooldownMs: 1_000, probesToRecover: 2 };
    const trial = tryOut(ONE, { health, queue: { recoveryWaitMaxMs: 0 } });
    for (const id of ['a', 'b']) trial.serve(id, {}, FAILED);
    trial.pass(1_000);
    trial.serve('probe', {}, FAILED);
    trial.pass(2_000);
    const after = goOn(trial, TWO, { health, queue: { recoveryWaitMaxMs: 0 } });
    after.order('disable', BOREALIS);
    after.serve('another probe', {}, FAILED);
    after.pass(3_999);
    onlyReject(after.begin('c'));
    after.pass(1);
    after.send('d');
  });

  it('includes the failures in its window, unless the window is of another kind now', () => {
    const health = { minSamples: 4, windowMs: 60_000 };
    const failing = (windowMs: number): string => {
      const trial = tryOut(ONE, { health });
      trial.serve('a', {}, FAILED);
      trial.serve('b', {}, FAILED);
      const after = goOn(trial, THREE, { health: { ...health, windowMs } });
      for (const id of [AARDVARK, BOREALIS]) after.order('disable', id);
      after.serve('c', {}, FAILED);
      after.serve('d', {}, FAILED);
      return after.state(AURORA);
    };
    expect(failing(60_000)).toBe('cooldown');
    expect(failing(90_000)).toBe('healthy');
  });

  it('begins a window of another kind with neither attempts nor failures', () => {
    const health = { minSamples: 4, windowMs: 60_000 };
    const trial = tryOut(ONE, { health });
    for (const id of ['a', 'b', 'c']) trial.serve(id, {}, FAILED);
    const after = goOn(trial, ONE, { health: { ...health, windowMs: 90_000 } });
    for (const id of ['d', 'e', 'f']) after.serve(id);
    after.serve('g', {}, FAILED);
    expect(after.state(AURORA)).toBe('degraded');
  });

  it('includes its probes in flight', () => {
    const trial = tryOut(ONE, { health: { probeConcurrency: 1, probesToRecover: 1 } });
    trial.order('cool', AURORA, 10);
    trial.pass(10);
    const probe = trial.send('probe');
    const after = goOn(trial, TWO, { health: { probeConcurrency: 1, probesToRecover: 1 } });
    expect(rejections(after.send('a'))[AURORA]).toBe('unhealthy');
    after.end(probe);
    expect(after.state(AURORA)).toBe('healthy');
  });

  it('includes when it was last picked; who is new comes first', () => {
    const trial = tryOut(TWO, { mode: 'round-robin' });
    expect(['a', 'b', 'c'].map((id) => trial.serve(id))).toEqual([AURORA, BOREALIS, AURORA]);
    const after = goOn(trial, THREE, { mode: 'round-robin' });
    expect(['d', 'e', 'f', 'g'].map((id) => after.serve(id))).toEqual([AARDVARK, BOREALIS, AURORA, AARDVARK]);
  });

  it('is forgotten when it goes', () => {
    const trial = tryOut(TWO);
    trial.order('disable', AURORA);
    trial.order('cool', BOREALIS, 1e6);
    const without = goOn(trial, poolOf([targetOf(AARDVARK)]));
    expect(without.router.targetIds).toEqual([AARDVARK]);
    const back = goOn(without, TWO);
    expect([AURORA, BOREALIS].map((id) => back.state(id))).toEqual(['healthy', 'healthy']);
  });
});

describe('what is believed of a target', () => {
  const before = (): Trial => {
    const trial = tryOut(ONE, { score: { halfLifeMs: 60_000 }, health: { minSamples: 1e6 } }, 7, 1_700_000_000_123);
    for (let each = 0; each < 10; each++) {
      trial.serve(`a-${each}`, {}, each < 4 ? FAILED : { firstTokenMs: 2_000 });
      trial.pass(5_000);
    }
    return trial;
  };

  it('is the same after a change of pool, and after a change of the half-life', () => {
    const expected = look(before(), AURORA);
    for (const halfLifeMs of [60_000, 1_000, 3_333, 1e9]) {
      const after = goOn(before(), THREE, { score: { halfLifeMs }, health: { minSamples: 1e6 } });
      const found = look(after, AURORA);
      expect(found.success).toBeCloseTo(expected.success, 10);
      expect(found.firstToken).toBeCloseTo(expected.firstToken, 10);
      expect(look(after, AARDVARK).success).toBeCloseTo(0.95, 10);
    }
  });

  it('ages by the new half-life from then on', () => {
    const prior = 4;
    const weighOf = (success: number, attempts: number): number => (0.95 * prior + success) / (prior + attempts);
    const trial = tryOut(ONE, { score: { halfLifeMs: 64_000 }, health: { minSamples: 1e6 } });
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) trial.serve(id, {}, FAILED);
    trial.pass(64_000);
    expect(look(trial, AURORA).success).toBeCloseTo(weighOf(0, 4), 10);
    const after = goOn(trial, ONE, { score: { halfLifeMs: 6_400 }, health: { minSamples: 1e6 } });
    expect(look(after, AURORA).success).toBeCloseTo(weighOf(0, 4), 10);
    after.pass(6_400);
    expect(look(after, AURORA).success).toBeCloseTo(weighOf(0, 2), 10);
    const again = goOn(after, TWO, { score: { halfLifeMs: 640_000 }, health: { minSamples: 1e6 } });
    again.pass(640_000);
    expect(look(again, AURORA).success).toBeCloseTo(weighOf(0, 1), 10);
  });
});

describe('a target disabled or enabled', () => {
  const disabled = poolOf([targetOf(AURORA, { disabled: true }), targetOf(BOREALIS)]);

  it.each([
    ['by nobody', TWO, null, TWO, 'healthy'],
    ['by the new definition', TWO, null, disabled, 'disabled'],
    ['by the old definition alone', disabled, null, TWO, 'healthy'],
    ['by both definitions', disabled, null, disabled, 'disabled'],
    ['by an operator', TWO, 'disable', TWO, 'disabled'],
    ['by an operator, against both definitions', disabled, 'enable', disabled, 'healthy'],
    ['by an operator and then by the definition', TWO, 'disable', disabled, 'disabled'],
    ['by an operator before the definition says the same', disabled, 'enable', TWO, 'healthy'],
  ] as const)('%s', (_, pool, order, next, expected) => {
    const trial = tryOut(pool);
    if (order !== null) trial.order(order, AURORA);
    expect(goOn(trial, next).state(AURORA)).toBe(expected);
  });

  it('is in the state that an order brings it to', () => {
    for (const order of [(): unknown => null, (trial: Trial): unknown => trial.order('cool', AURORA, 9_000)]) {
      const [trial, ordered] = [tryOut(TWO), tryOut(TWO)];
      for (const each of [trial, ordered]) {
        each.send('a');
        each.send('b');
        order(each);
      }
      ordered.order('disable', AURORA);
      const off = goOn(trial, disabled);
      expect(off.router.snapshot().state).toEqual(ordered.router.snapshot().state);
      ordered.order('enable', AURORA);
      expect(goOn(off, TWO).router.snapshot().state).toEqual(ordered.router.snapshot().state);
    }
  });

  it('comes back like one that an operator enables: its past is forgotten', () => {
    const trial = tryOut(TWO, { health: { minSamples: 3 } });
    trial.order('disable', BOREALIS);
    for (const id of ['a', 'b']) trial.serve(id, {}, FAILED);
    const off = goOn(trial, disabled, { health: { minSamples: 3 } });
    const on = goOn(off, TWO, { health: { minSamples: 3 } });
    expect(look(on, AURORA).success).toBeCloseTo(0.95, 10);
    on.serve('c', {}, FAILED);
    expect(on.state(AURORA)).toBe('healthy');
  });

  it('keeps what was seen of it when an operator had enabled it already', () => {
    const trial = tryOut(disabled);
    trial.order('enable', AURORA);
    trial.order('cool', AURORA, 9_000);
    expect(goOn(trial, TWO).state(AURORA)).toBe('cooldown');
  });
});

describe('what limits a key', () => {
  it('counts who is in flight, and a new limit holds for them', () => {
    const pool = (concurrencyLimit: number | null): PoolDefinition =>
      poolOf([targetOf(AARDVARK, { disabled: true }), targetOf(AURORA)], {
        keys: { 'aurora.main': { concurrencyLimit } },
      });
    const trial = tryOut(ONE);
    const sent = ['a', 'b', 'c'].map((id) => trial.send(id));
    const full = goOn(trial, pool(2));
    onlyWait(full.begin('d'));
    expect(full.end(sent[0]!)).toEqual([]);
    expect(onlySend(full.end(sent[1]!)).requestId).toBe('d');
    onlyWait(full.begin('e'));
    const wide = goOn(full, pool(null));
    expect(onlySend(wide.pass(0)).requestId).toBe('e');
  });

  it('is a wait that goes on, and the ladder of waits', () => {
    const trial = tryOut(ONE, { queue: { recoveryWaitMaxMs: 0 }, retry: { attemptsMax: 1 } });
    trial.serve('a', {}, LIMITED);
    trial.pass(1_000);
    const after = goOn(trial, THREE, { queue: { recoveryWaitMaxMs: 0 }, retry: { attemptsMax: 1 } });
    for (const id of [AARDVARK, BOREALIS]) after.order('disable', id);
    expect(onlyReject(after.begin('b')).retryAfterMs).toBe(2_000);
    after.pass(2_000);
    after.serve('c', {}, LIMITED);
    expect(onlyReject(after.begin('d')).retryAfterMs).toBe(10_000);
  });
});

describe('a budget', () => {
  const tokens = (limit: number): BudgetRule => ({ metric: 'tokens', window: '1m', limit });
  const LABEL = 'key aurora.main: tokens per 1m';
  const withRules = (...budgets: readonly BudgetRule[]): PoolDefinition =>
    poolOf([targetOf(AARDVARK, { disabled: true, budgets: [tokens(1e9)] }), targetOf(AURORA)], {
      keys: { 'aurora.main': { budgets } },
    });

  it('keeps its use under a new limit', () => {
    const trial = tryOut(withRules(tokens(10_000)));
    trial.serve('a', {}, { inputTokens: 3_000, outputTokens: 1_000 });
    expect(use(trial, LABEL)).toBe(0.4);
    expect(use(goOn(trial, withRules(tokens(5_000))), LABEL)).toBe(0.8);
    const tight = goOn(trial, withRules(tokens(4_000)), { queue: { recoveryWaitMaxMs: 0 } });
    expect(rejections(onlyReject(tight.begin('b')))[AURORA]).toBe('budget_exhausted');
    tight.pass(61_000);
    tight.send('c');
  });

  it('is another one in another scope, metric or window', () => {
    const trial = tryOut(withRules(tokens(10_000)));
    trial.serve('a');
    const rules: BudgetRule[] = [
      { metric: 'tokens', window: '5m', limit: 10_000 },
      { metric: 'requests', window: '1m', limit: 10 },
    ];
    const after = goOn(trial, withRules(...rules));
    expect(after.router.budgetLabels.map((label) => use(after, label))).toEqual([0, 0, 0]);
    expect(use(goOn(after, withRules(tokens(10_000))), LABEL)).toBe(0);
  });

  it('is matched in order among equals', () => {
    const trial = tryOut(withRules(tokens(10_000), tokens(20_000)));
    trial.serve('a', {}, { inputTokens: 4_000, outputTokens: 0 });
    const after = goOn(trial, withRules(tokens(40_000), tokens(5_000), tokens(1_000)));
    const rules = after.router.budgetLabels.flatMap((label, rule) => (label === LABEL ? [rule] : []));
    expect(rules.map((rule) => after.router.budgetUse(rule))).toEqual([0.1, 0.8, 0]);
  });

  it('counts what is in flight when it is new, and settles that and no more', () => {
    const trial = tryOut(withRules());
    const [first, second] = [trial.send('a'), trial.send('b')];
    trial.pass(1_000);
    const after = goOn(trial, withRules(tokens(10_000), { metric: 'requests', window: '1m', limit: 4 }));
    expect(use(after, LABEL)).toBe(0.3);
    expect(use(after, 'key aurora.main: requests per 1m')).toBe(0.5);
    after.end(first, { inputTokens: 200, outputTokens: 0 });
    expect(use(after, LABEL)).toBe(0.17);
    after.end(second, FAILED);
    expect(use(after, LABEL)).toBe(0.02);
    // As if the rule had been there when they were sent.
    after.router.wake(60_999);
    expect(use(after, LABEL)).toBe(0.02);
    after.router.wake(61_000);
    expect(use(after, LABEL)).toBe(0);
  });

  it('of a key that goes and comes back while attempts are in flight is charged once', () => {
    const trial = tryOut(withRules(tokens(10_000)));
    const sent = trial.send('a');
    const without = goOn(trial, poolOf([targetOf(BOREALIS)]));
    expect(use(without, LABEL)).toBe(0.15);
    const back = goOn(without, withRules(tokens(10_000)));
    expect(use(back, LABEL)).toBe(0.15);
    back.end(sent, { inputTokens: 100, outputTokens: 0 });
    expect(use(back, LABEL)).toBe(0.01);
  });

  it('of a client key goes with its name', () => {
    const client = (name: string): PoolDefinition['clientKeys'][number] => {
      return { name, priorityCeiling: 'normal', models: null, maySteer: true, routes: null, budgets: [tokens(10_000)] };
    };
    const pool = (...names: string[]): PoolDefinition => ({ ...ONE, clientKeys: names.map(client) });
    const trial = tryOut(pool('team', 'guest'));
    const team = trial.send('a', { clientKey: 'team' });
    const guest = trial.send('b', { clientKey: 'guest' });
    const after = goOn(trial, pool('new', 'guest'));
    expect(use(after, 'client key guest: tokens per 1m')).toBe(0.15);
    expect(use(after, 'client key new: tokens per 1m')).toBe(0);
    for (const sent of [team, guest]) after.end(sent, { inputTokens: 100, outputTokens: 0 });
    expect(use(after, 'client key guest: tokens per 1m')).toBe(0.01);
    expect(use(after, 'client key new: tokens per 1m')).toBe(0);
    // A client key that the pool does not know may claim any priority, and has no budget.
    const stranger = after.send('c', { clientKey: 'team', declaredPriority: 'high', inputTokens: 50_000 });
    expect(stranger.decision.priority).toBe('high');
    const known = goOn(after, pool('team'));
    expect(use(known, 'client key team: tokens per 1m')).toBe(5.05);
    known.end(stranger, FAILED);
    expect(use(known, 'client key team: tokens per 1m')).toBe(0);
  });
});

describe('where prefixes are warm', () => {
  const warmAt = (warmTtlMs = 60_000): Trial => {
    const trial = tryOut(ONE, { affinity: { warmTtlMs } });
    trial.serve('a', { sessionId: 'warm', inputTokens: 1_000 }, { inputTokens: 1_000, outputTokens: 0 });
    return trial;
  };

  it('goes with the target, and is forgotten with it', () => {
    expect(look(goOn(warmAt(), THREE), AURORA).cache).toBe(1);
    expect(look(goOn(warmAt(), THREE), BOREALIS).cache).toBe(0);
    const gone = goOn(warmAt(), poolOf([targetOf(BOREALIS)]));
    expect(gone.router.snapshot().state.warmth).toEqual([]);
    expect(look(goOn(gone, TWO), AURORA).cache).toBe(0);
  });

  it('keeps to the lifetime of the new policy', () => {
    const cacheAfter = (passedMs: number, warmTtlMs: number, laterMs: number): number => {
      const trial = warmAt();
      trial.pass(passedMs);
      const after = goOn(trial, ONE, { affinity: { warmTtlMs } });
      after.pass(laterMs);
      return look(after, AURORA).cache;
    };
    expect(cacheAfter(10_000, 20_000, 9_999)).toBe(1);
    expect(cacheAfter(10_000, 20_000, 10_000)).toBe(0);
    expect(cacheAfter(10_000, 5_000, 0)).toBe(0);
    expect(cacheAfter(10_000, 90_000, 79_999)).toBe(1);
    expect(cacheAfter(60_000, 90_000, 0)).toBe(0);
  });

  it('keeps to the number of entries of the new policy: the latest', () => {
    const trial = tryOut(ONE);
    for (const id of ['a', 'b', 'c']) trial.serve(id, { sessionId: id });
    const kept = (entriesMax: number): unknown[] =>
      goOn(trial, ONE, { affinity: { entriesMax } })
        .router.snapshot()
        .state.warmth.map(([key]) => key);
    expect([0, 2, 3, 9].map(kept)).toEqual([[], ['b', 'c'], ['a', 'b', 'c'], ['a', 'b', 'c']]);
  });
});

describe('a target that goes while attempts are in flight there', () => {
  const OTHER = poolOf([targetOf(BOREALIS)]);

  it('stays, disabled, with its key and provider, until a reconfiguration finds it empty', () => {
    const trial = tryOut(poolOf([targetOf(AURORA), targetOf('aurora.spare.large')]));
    const sent = trial.send('a', { model: 'small' });
    const effective = withRetiringTargets(trial.router, OTHER);
    const after = goOn(trial, OTHER);
    expect(after.router.snapshot().pool).toEqual(effective);
    expect(effective.targets.map(({ id, disabled, retiring }) => [id, disabled, retiring])).toEqual([
      [BOREALIS, false, undefined],
      [AURORA, true, true],
    ]);
    expect(effective.keys.map(({ id, retiring }) => [id, retiring])).toEqual([
      ['borealis.main', undefined],
      ['aurora.main', true],
    ]);
    expect(effective.providers.map(({ id }) => id)).toEqual(['borealis', 'aurora']);
    expect(after.state(AURORA)).toBe('disabled');
    expect(targetsOf(goOn(after, OTHER))).toEqual([BOREALIS, AURORA]);
    expect(after.end(sent)).toEqual([]);
    expect(after.router.openRequests).toBe(0);
    expect(targetsOf(after)).toEqual([BOREALIS, AURORA]);
    expect(goOn(after, OTHER).router.snapshot().pool).toEqual(OTHER);
  });

  it('is no candidate any more, whatever is asked for or ordered', () => {
    const trial = tryOut(poolOf([targetOf('aurora.main.large')]));
    trial.send('a');
    const after = goOn(trial, OTHER);
    after.order('enable', 'aurora.main.large');
    expect(Object.keys(rejections(after.send('b')))).toEqual([BOREALIS]);
    expect(onlyReject(after.begin('c', { model: 'large' })).code).toBe('UNKNOWN_MODEL');
  });

  it('does not return with a change of policy alone, and goes when it is empty', () => {
    const trial = tryOut(ONE);
    const sent = trial.send('a');
    const retiring = goOn(trial, OTHER);
    const again = goOn(retiring, retiring.router.snapshot().pool, { mode: 'random' });
    expect(again.router.snapshot().pool).toEqual(retiring.router.snapshot().pool);
    again.end(sent);
    expect(goOn(again, again.router.snapshot().pool).router.snapshot().pool).toEqual(OTHER);
  });

  it('may come back meanwhile, with all its attempts', () => {
    const limited = (limit: number): PoolDefinition => ({
      ...ONE,
      keys: ONE.keys.map((key) => ({ ...key, concurrencyLimit: limit })),
    });
    const trial = tryOut(ONE);
    const sent = [trial.send('a'), trial.send('b')];
    const back = goOn(goOn(trial, OTHER), limited(2));
    expect(back.router.targetIds).toEqual([AURORA]);
    expect(back.state(AURORA)).toBe('healthy');
    onlyWait(back.begin('c'));
    expect(onlySend(back.end(sent[0]!)).requestId).toBe('c');
    back.end(sent[1]!);
  });

  it('is left by a failed request for another target, and never tried by it again', () => {
    const trial = tryOut(ONE);
    const sent = trial.send('a');
    const after = goOn(trial, OTHER);
    onlyWait(after.end(sent, FAILED));
    const second = onlySend(after.pass(100));
    expect(second).toMatchObject({ requestId: 'a', attempt: 2, target: BOREALIS });
    const back = goOn(goOn(after, OTHER), TWO);
    const reject = onlyReject(back.end(second, FAILED));
    expect(rejections(reject)).toEqual({ [AURORA]: 'excluded', [BOREALIS]: 'excluded' });
    expect(reject.attempts.map(({ target }) => target)).toEqual([AURORA, BOREALIS]);
  });

  it('takes the last model of a request with it: its failure is final', () => {
    const trial = tryOut(poolOf([targetOf('aurora.main.large')]));
    const [a, b] = [trial.send('a', { model: 'large' }), trial.send('b', { model: 'large' })];
    const after = goOn(trial, OTHER);
    expect(onlyReject(after.end(a, FAILED))).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 502 });
    expect(onlyReject(after.end(b, LIMITED))).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 429 });
    expect(after.router.openRequests).toBe(0);
  });

  it('gives a time to come back even if none of the limited targets is left', () => {
    const trial = tryOut(TWO);
    const sent = trial.send('a');
    onlyWait(trial.end(sent, LIMITED));
    const untried = sent.target === AURORA ? BOREALIS : AURORA;
    const gone = goOn(trial, poolOf([targetOf(untried, { disabled: true })]));
    const reject = onlyReject(gone.pass(20_000));
    expect(reject).toMatchObject({ code: 'ALL_PROVIDER_FAILED', status: 429 });
    expect(Number.isFinite(reject.retryAfterMs)).toBe(true);
  });

  it('does not hold up a key that is refused', () => {
    const trial = tryOut(ONE);
    const sent = trial.send('a');
    const after = goOn(trial, OTHER);
    onlyWait(after.end(sent, UNAUTHORISED));
    expect(after.state(AURORA)).toBe('disabled');
  });
});

describe('a request that waits', () => {
  it('is sent at the next wake, which is due at once, to whom the new pool has', () => {
    const trial = tryOut(NARROW);
    trial.send('a');
    for (const [id, declaredPriority] of [
      ['low', 'low'],
      ['high', 'high'],
    ] as const)
      onlyWait(trial.begin(id, { declaredPriority }));
    trial.pass(700);
    const after = goOn(trial, { ...THREE, keys: [...NARROW.keys, ...THREE.keys.slice(0, 2)] });
    expect(after.router.nextWakeAtMs).toBe(700);
    const commands = after.router.wake(700) as SendCommand[];
    expect(commands.map(({ kind, requestId }) => [kind, requestId])).toEqual([
      ['send', 'high'],
      ['send', 'low'],
    ]);
    for (const { target, decision } of commands) {
      expect(target).not.toBe(AURORA);
      expect(decision).toMatchObject({ cause: 'queue', queuedMs: 700 });
    }
    expect(after.router.nextWakeAtMs).toBe(Infinity);
  });

  it('keeps its place and its time when nobody takes it', () => {
    const trial = tryOut(NARROW);
    const sent = trial.send('a');
    trial.pass(500);
    for (const id of ['b', 'c', 'd']) onlyWait(trial.begin(id));
    const pool = { ...NARROW, keys: [{ ...NARROW.keys[0]!, queueLimit: 2 }] };
    const after = goOn(trial, pool, { queue: { timeoutMs: 3 } });
    expect(after.router.wake(500)).toEqual([]);
    expect(after.router.nextWakeAtMs).toBe(30_500);
    expect(rejections(onlyReject(after.begin('e')))).toEqual({ [AURORA]: 'queue_full' });
    expect(onlySend(after.end(sent)).requestId).toBe('b');
    expect(after.router.snapshot().state.keys.waiting).toEqual([2]);
    expect(after.pass(30_000).map((command) => command.kind === 'reject' && command.code)).toEqual([
      'QUEUE_TIMEOUT',
      'QUEUE_TIMEOUT',
    ]);
    expect(after.router.snapshot().state.keys.waiting).toEqual([0]);
  });

  it('goes to another key that could serve it when its own goes, even if that queue is full', () => {
    const pool = (ids: readonly string[], queueLimit: number): PoolDefinition =>
      poolOf(
        ids.map((id) => targetOf(id)),
        {
          keys: {
            'aurora.main': { concurrencyLimit: 1, queueLimit: 5 },
            'borealis.main': { concurrencyLimit: 1, queueLimit },
          },
        },
      );
    const trial = tryOut(pool([AURORA, BOREALIS], 0));
    const sent = ['a', 'b'].map((id) => trial.send(id));
    for (const id of ['c', 'd']) onlyWait(trial.begin(id));
    const after = goOn(trial, pool([BOREALIS], 1));
    expect(after.router.wake(0)).toEqual([]);
    onlyReject(after.begin('e'));
    const atBorealis = sent.find(({ target }) => target === BOREALIS)!;
    const atAurora = sent.find(({ target }) => target === AURORA)!;
    expect(after.end(atAurora)).toEqual([]);
    const c = onlySend(after.end(atBorealis));
    expect([c.requestId, c.target]).toEqual(['c', BOREALIS]);
    expect(onlySend(after.end(c)).requestId).toBe('d');
  });

  /** Places taken in the queue of each key. */
  const placesTaken = ({ router }: Trial): Record<string, number> => {
    const { pool, state } = router.snapshot();
    return Object.fromEntries(pool.keys.map(({ id }, key) => [id, state.keys.waiting[key]!]));
  };
  const queues = (limits: Readonly<Record<string, number>>): PoolDefinition =>
    poolOf(
      Object.keys(limits).map((key) => targetOf(`${key}.small`)),
      {
        keys: Object.fromEntries(
          Object.entries(limits).map(([key, queueLimit]) => [key, { concurrencyLimit: 1, queueLimit }]),
        ),
      },
    );

  it('keeps its place at the same key, wherever that stands now', () => {
    const trial = tryOut(queues({ 'aurora.main': 9, 'borealis.main': 9 }));
    for (const id of ['a', 'b']) trial.send(id);
    for (const id of ['c', 'd', 'e']) onlyWait(trial.begin(id));
    const expected = { 'aurora.main': 2, 'borealis.main': 1 };
    expect(placesTaken(trial)).toEqual(expected);
    expect(placesTaken(goOn(trial, queues({ 'borealis.main': 8, 'aurora.main': 8 })))).toEqual(expected);
  });

  it('moves to where there is most room', () => {
    const trial = tryOut(queues({ 'aurora.main': 9, 'borealis.main': 0, 'cirrus.main': 0 }));
    for (const id of ['a', 'b', 'c']) trial.send(id);
    for (const id of ['d', 'e', 'f']) onlyWait(trial.begin(id));
    const after = goOn(trial, queues({ 'borealis.main': 1, 'cirrus.main': 3 }));
    expect(placesTaken(after)).toEqual({ 'borealis.main': 1, 'cirrus.main': 2, 'aurora.main': 0 });
  });

  it('is told at once when only targets are left that failed it', () => {
    const trial = tryOut(queues({ 'aurora.main': 9, 'borealis.main': 9 }));
    const sent = ['a', 'b'].map((id) => trial.send(id));
    const failed = sent.find(({ target }) => target === AURORA)!;
    onlyWait(trial.end(failed, FAILED));
    trial.send('c');
    expect(onlyWait(trial.pass(100))).toMatchObject({ requestId: failed.requestId, reason: 'queued' });
    const after = goOn(trial, queues({ 'aurora.main': 9 }));
    const reject = onlyReject(after.router.wake(trial.nowMs));
    expect(reject).toMatchObject({ requestId: failed.requestId, code: 'ALL_PROVIDER_FAILED', status: 502 });
    expect(rejections(reject)).toEqual({ [AURORA]: 'excluded' });
  });

  it('is told at once when nobody is left who could serve it', () => {
    const trial = tryOut(NARROW);
    trial.send('a');
    for (const id of ['b', 'c']) onlyWait(trial.begin(id, { hasImage: id === 'b' }));
    const blind = targetOf(AURORA, { capabilities: { vision: false } });
    const after = goOn(trial, { ...NARROW, targets: [blind] });
    const reject = onlyReject(after.router.wake(0));
    expect(reject).toMatchObject({ requestId: 'b', code: 'UNSUPPORTED_REQUEST', status: 400, attempts: [] });
    expect(reject.decision).toMatchObject({ cause: 'queue', target: null });
    expect(after.router.openRequests).toBe(2);
    const off = goOn(after, { ...NARROW, targets: [targetOf(AURORA, { disabled: true })] });
    expect(onlyReject(off.router.wake(0))).toMatchObject({ requestId: 'c', code: 'NO_AVAILABLE_PROVIDER' });
  });

  it('goes on waiting for a target that an operator disabled, as before', () => {
    const trial = tryOut(NARROW);
    trial.order('cool', AURORA, 4_000);
    onlyWait(trial.begin('a'));
    trial.order('disable', AURORA);
    const after = goOn(trial, { ...NARROW, modelAliases: { other: [AURORA] } });
    expect(after.router.wake(0)).toEqual([]);
    expect(onlySend(after.order('enable', AURORA)).requestId).toBe('a');
  });

  it('ends with UNKNOWN_MODEL at the next wake when its model is gone, queued or backing off', () => {
    const models = poolOf([targetOf('aurora.main.large'), targetOf(BOREALIS), targetOf('cirrus.main.large')], {
      keys: { 'aurora.main': { concurrencyLimit: 1 }, 'cirrus.main': { concurrencyLimit: 1 } },
      modelAliases: { favourite: ['aurora.main.large'] },
    });
    const trial = tryOut(models);
    const failing = trial.send('backing off', { model: 'large' });
    onlyWait(trial.end(failing, FAILED));
    const sent = ['a', 'b'].map((id) => trial.send(id, { model: 'large' }));
    onlyWait(trial.begin('queued', { model: 'large' }));
    onlyWait(trial.begin('by alias', { model: 'favourite' }));
    const after = goOn(trial, poolOf([targetOf(BOREALIS)]));
    expect(after.router.nextWakeAtMs).toBe(0);
    const commands = after.router.wake(0);
    expect(commands.map((command) => [command.requestId, command.kind === 'reject' && command.code])).toEqual([
      ['backing off', 'UNKNOWN_MODEL'],
      ['queued', 'UNKNOWN_MODEL'],
      ['by alias', 'UNKNOWN_MODEL'],
    ]);
    expect(commands[0]).toMatchObject({ status: 404, attempts: [{ target: failing.target, kind: 'failure' }] });
    expect(after.router.nextWakeAtMs).toBe(Infinity);
    for (const each of sent) after.end(each);
    expect(after.router.openRequests).toBe(0);
  });

  it('is served after all when its model is back before the wake', () => {
    const trial = tryOut(NARROW);
    trial.send('a', { model: 'small' });
    onlyWait(trial.begin('b', { model: 'small' }));
    const back = goOn(goOn(trial, poolOf([targetOf('borealis.main.large')])), TWO);
    expect(onlySend(back.router.wake(0))).toMatchObject({ requestId: 'b', decision: { cause: 'queue' } });
  });

  it('can leave before the wake', () => {
    const trial = tryOut(NARROW);
    const sent = trial.send('a');
    for (const id of ['b', 'c']) onlyWait(trial.begin(id, { model: 'small' }));
    const after = goOn(trial, poolOf([targetOf('borealis.main.large')]));
    expect(after.router.observe(outcomeOf('b', 0, CANCELLED), 0)).toEqual([]);
    expect(after.router.wake(0).map((command) => command.requestId)).toEqual(['c']);
    after.end(sent);
    expect(after.router.openRequests).toBe(0);
    expect(after.router.nextWakeAtMs).toBe(Infinity);
  });

  it('keeps the end of its backoff', () => {
    const retry = { backoffBaseMs: 1_000, backoffMaxMs: 1_000 };
    const trial = tryOut(TWO, { retry });
    const { untilMs } = onlyWait(trial.end(trial.send('a'), FAILED));
    const after = goOn(trial, THREE, { retry: { backoffBaseMs: 9_000, backoffMaxMs: 9_000 } });
    expect(after.router.nextWakeAtMs).toBe(untilMs);
    expect(after.router.wake(0)).toEqual([]);
    expect(onlySend(after.router.wake(untilMs)).decision.cause).toBe('retry');
  });

  it('is not taken for lost by a policy under which requests live shorter', () => {
    const brief = {
      retry: { deadlineMs: 100, backoffBaseMs: 1, backoffMaxMs: 1 },
      queue: { timeoutMs: 100 },
      timeouts: { totalMs: 100 },
    };
    const trial = tryOut(NARROW);
    const sent = trial.send('a');
    onlyWait(trial.begin('b'));
    trial.pass(2_000);
    const after = goOn(trial, NARROW, brief);
    after.pass(10_000);
    after.begin('c');
    expect(after.router.openRequests).toBe(3);
    after.pass(1_000);
    expect(onlySend(after.end(sent)).requestId).toBe('b');
  });

  it('was lost by its driver if it is still there after the longer of both lives', () => {
    const trial = tryOut(NARROW);
    trial.send('lost');
    const after = goOn(trial, NARROW, { timeouts: { totalMs: 1_000 } });
    after.pass(1_300_000);
    after.send('a');
    expect(after.router.openRequests).toBe(1);
  });
});

describe('a reconfiguration', () => {
  it('with the same pool and policy changes nothing', () => {
    const trial = tryOut(NARROW);
    trial.send('a');
    trial.begin('b');
    const before = trial.router.snapshot();
    expect(reconfigureRouter(trial.router, NARROW, policyWith(), 0).snapshot()).toEqual(before);
  });

  it('is decided by the new policy from then on', () => {
    const pool = poolOf([targetOf(AURORA, { prices: { inputMicroUsdPerToken: 9 } }), targetOf(BOREALIS)]);
    const dear = { score: { weights: { success: 0, firstToken: 0, speed: 0, cache: 1, cost: 0, load: 0 } } };
    const trial = tryOut(pool, dear);
    expect(trial.serve('a')).toBe(AURORA);
    const after = goOn(trial, pool, { mode: 'lowest-cost' });
    expect(after.serve('b')).toBe(BOREALIS);
    expect(after.router.snapshot().options).toEqual(trial.router.snapshot().options);
  });

  it('is refused, and the old router goes on, when the pool contradicts itself or time goes back', () => {
    const trial = tryOut(TWO, {}, 7, 1_000);
    const sent = trial.send('a');
    const before = JSON.stringify(trial.router.snapshot());
    const keyless = { ...poolOf([targetOf(BOREALIS), targetOf('aurora.main.large')]), keys: [] };
    expect(() => goOn(trial, keyless)).toThrow(/names key/);
    const other = poolOf([targetOf(BOREALIS)]);
    // The retiring target, its key and its provider are no part of what was asked for.
    const leaning = { ...other, modelAliases: { favourite: [AURORA] } };
    expect(() => goOn(trial, leaning)).toThrow(`alias favourite names target "${AURORA}", which the pool lacks`);
    const borrowed = { ...other, targets: [targetOf(BOREALIS), targetOf('aurora.main.large')] };
    expect(() => goOn(trial, borrowed)).toThrow(/which the pool lacks/);
    for (const nowMs of [999, NaN]) {
      expect(() => reconfigureRouter(trial.router, TWO, policyWith(), nowMs)).toThrow(/time went back/);
    }
    expect(JSON.stringify(trial.router.snapshot())).toBe(before);
    trial.end(sent);
    expect(trial.router.openRequests).toBe(0);
  });

  it('can leave nothing to choose from', () => {
    const trial = tryOut(ONE);
    const sent = trial.send('a');
    const empty = goOn(trial, poolOf([]));
    expect(onlyReject(empty.begin('b'))).toMatchObject({ code: 'NO_AVAILABLE_PROVIDER' });
    empty.end(sent);
    expect(goOn(empty, poolOf([])).router.targetIds).toEqual([]);
  });
});
