import { describe, expect, it } from 'vitest';
import {
  armOf,
  reconfigureRouter,
  restoreRouter,
  type Canary,
  type Policy,
  type Router,
  type RouterSnapshot,
} from '../../src/router/index.ts';
import { FAILED, policyWith, poolOf, requestOf, targetOf, type PolicyChanges } from './small-pool.ts';
import { onlyReject, onlySend, onlyWait, trialOf, tryOut, type Trial } from './trial.ts';

const SEED = 7;
const canaryOf = (share: number, changes: PolicyChanges = {}, id = 'first'): Canary => ({
  id,
  policy: policyWith(changes),
  share,
});
const sessionOf = (index: number) => requestOf(`r${index}`, { sessionId: `session-${index}` });

/** Cheap and slow, or dear and quick: which one is better is a matter of the policy. */
const CHEAP = 'aurora.main.small';
const DEAR = 'borealis.main.small';
const POOL = poolOf([
  targetOf(CHEAP, { prices: { inputMicroUsdPerToken: 0.1, outputMicroUsdPerToken: 0.1 } }),
  targetOf(DEAR, { prices: { inputMicroUsdPerToken: 30, outputMicroUsdPerToken: 90 } }),
]);
const TO_CHEAP: PolicyChanges = { mode: 'lowest-cost' };

/** The same router with another canary, or none. */
function withCanary(trial: Trial, canary: Canary | null, policy: Policy = policyOf(trial)): Trial {
  return trialOf(reconfigureRouter(trial.router, POOL, policy, trial.nowMs, canary), trial.nowMs);
}

function policyOf({ router }: Trial): Policy {
  return router.snapshot().policy;
}

/** Ids of sessions of an arm. */
function sessionsIn(arm: 'main' | 'canary', canary: Canary): string[] {
  const all = Array.from({ length: 200 }, (_, index) => sessionOf(index));
  return all.filter((request) => armOf(canary, request, SEED) === arm).map(({ sessionId }) => sessionId!);
}

describe('the arm of a request', () => {
  const count = 20_000;
  const sessions = Array.from({ length: count }, (_, index) => sessionOf(index));

  it.each([0, 0.01, 0.05, 0.25, 0.5, 0.9, 1])('is the canary for a share of %d of the sessions', (share) => {
    const found = sessions.filter((request) => armOf(canaryOf(share), request, SEED) === 'canary').length;
    // Five standard deviations of the number of hits.
    expect(Math.abs(found - share * count)).toBeLessThanOrEqual(5 * Math.sqrt(count * share * (1 - share)));
  });

  it('is drawn anew for another id, and for another seed', () => {
    const isIn = (canary: Canary, seed: number): boolean[] =>
      sessions.map((request) => armOf(canary, request, seed) === 'canary');
    const first = isIn(canaryOf(0.5), SEED);
    for (const other of [isIn(canaryOf(0.5, {}, 'second'), SEED), isIn(canaryOf(0.5), SEED + 1)]) {
      const agreeing = other.filter((inside, index) => inside === first[index]).length;
      expect(Math.abs(agreeing - count / 2)).toBeLessThan(5 * Math.sqrt(count / 4));
    }
  });

  it('is drawn by the id of a request without a session, and is main without a canary', () => {
    const lone = Array.from({ length: count }, (_, index) => requestOf(`lone-${index}`));
    const found = lone.filter((request) => armOf(canaryOf(0.3), request, SEED) === 'canary').length;
    expect(Math.abs(found - 0.3 * count)).toBeLessThan(5 * Math.sqrt(count * 0.3 * 0.7));
    expect(lone.every((request) => armOf(null, request, SEED) === 'main')).toBe(true);
  });
});

describe('a router with a canary', () => {
  const canary = canaryOf(0.5, TO_CHEAP);
  const [inCanary] = sessionsIn('canary', canary) as [string];
  const [inMain] = sessionsIn('main', canary) as [string];
  // Main goes to the dear one, as there is nothing between the two and ties go by the id after that was excluded.
  const start = (changes: PolicyChanges = { mode: 'lowest-latency' }): Trial => tryOut(POOL, changes, SEED);

  it('decides by the policy of the arm, and says which', () => {
    const plain = start({ mode: 'round-robin' });
    expect(plain.router.canary).toBeNull();
    expect(plain.send('r0', { sessionId: inCanary }).decision).toMatchObject({ arm: 'main', mode: 'round-robin' });
    const trial = withCanary(plain, canary);
    expect(trial.router.canary).toEqual(canary);
    for (let index = 1; index < 6; index++) {
      const sent = trial.send(`c${index}`, { sessionId: inCanary });
      expect(sent.decision).toMatchObject({ arm: 'canary', mode: 'lowest-cost', target: CHEAP });
      const main = trial.send(`m${index}`, { sessionId: inMain });
      expect(main.decision).toMatchObject({ arm: 'main', mode: 'round-robin' });
    }
  });

  it('classifies, reserves and retries by it', () => {
    const changes = { ...TO_CHEAP, classes: { chatTokensMax: 10, longTokensMin: 11 }, retry: { attemptsMax: 1 } };
    const trial = withCanary(start(), canaryOf(0.5, changes));
    expect(trial.send('m', { sessionId: inMain }).decision.requestClass).toBe('chat');
    const sent = trial.send('c', { sessionId: inCanary });
    expect(sent.decision.requestClass).toBe('long');
    expect(onlyReject(trial.end(sent, FAILED)).code).toBe('ALL_PROVIDER_FAILED');
    const other = trial.send('m2', { sessionId: inMain });
    onlyWait(trial.end(other, FAILED));
  });

  it('binds a session when the policy of its arm wants it bound', () => {
    const trial = withCanary(
      start({ mode: 'round-robin' }),
      canaryOf(0.5, { affinity: { stick: 'target' }, mode: 'random' }),
    );
    const places = (session: string): Set<string> =>
      new Set(Array.from({ length: 12 }, (_, index) => trial.serve(`${session}/${index}`, { sessionId: session })));
    expect(places(inCanary).size).toBe(1);
    expect(places(inMain).size).toBe(2);
  });

  it('shares what it knows: what fails for one arm is known to the other, by the rules of the main policy', () => {
    const health = { minSamples: 3, cooldownMs: 90_000 };
    const trial = withCanary(
      start({ health, retry: { attemptsMax: 1 } }),
      canaryOf(0.5, { ...TO_CHEAP, retry: { attemptsMax: 1 }, health: { minSamples: 50 } }),
    );
    for (let index = 0; index < 3; index++) {
      trial.end(trial.send(`c${index}`, { sessionId: inCanary }), FAILED);
    }
    expect(trial.state(CHEAP)).toBe('cooldown');
    expect(trial.send('after', { sessionId: inCanary }).target).toBe(DEAR);
    expect(trial.send('main', { sessionId: inMain }).target).toBe(DEAR);
  });
});

describe('a request that is open while the canary changes', () => {
  const canary = canaryOf(0.5, TO_CHEAP);
  const [inCanary] = sessionsIn('canary', canary) as [string];
  const [inMain] = sessionsIn('main', canary) as [string];

  /** One of each arm whose first attempt failed, so that they decide once more. */
  function backingOff(): Trial {
    const trial = withCanary(tryOut(POOL, { mode: 'round-robin' }, SEED), canary);
    for (const sessionId of [inCanary, inMain]) onlyWait(trial.end(trial.send(sessionId, { sessionId }), FAILED));
    return trial;
  }

  function retried(trial: Trial): Record<string, unknown> {
    const sends = trial.pass(60_000).flatMap((command) => (command.kind === 'send' ? [command] : []));
    return Object.fromEntries(sends.map(({ requestId, decision }) => [requestId, [decision.arm, decision.mode]]));
  }

  it.each([
    ['its share falls', (trial: Trial) => withCanary(trial, { ...canary, share: 0 })],
    ['it takes all', (trial: Trial) => withCanary(trial, { ...canary, share: 1 })],
    [
      'the main policy changes',
      (trial: Trial) => withCanary(trial, canary, policyWith({ mode: 'round-robin', sessions: { ttlMs: 5 } })),
    ],
    ['another promotion has the same policy', (trial: Trial) => withCanary(trial, { ...canary, id: 'second' })],
    ['nothing', (trial: Trial) => trial],
  ])('keeps its arm when %s', (_, change) => {
    expect(retried(change(backingOff()))).toEqual({
      [inCanary]: ['canary', 'lowest-cost'],
      [inMain]: ['main', 'round-robin'],
    });
  });

  it.each([
    ['ends', (trial: Trial) => withCanary(trial, null), 'round-robin'],
    ['becomes the main policy', (trial: Trial) => withCanary(trial, null, canary.policy), 'lowest-cost'],
    [
      'gives way to another',
      (trial: Trial) => withCanary(trial, canaryOf(1, { mode: 'random' }, 'second')),
      'round-robin',
    ],
  ])('goes on under the main policy when the canary %s', (_, change, mode) => {
    expect(retried(change(backingOff()))).toEqual({ [inCanary]: ['main', mode], [inMain]: ['main', mode] });
  });

  it('is asked about by its beginning, not by what would be drawn now', () => {
    const trial = backingOff();
    const { router } = withCanary(trial, { ...canary, share: 1 });
    expect(router.armOf(requestOf(inMain, { sessionId: inMain }))).toBe('main');
    expect(router.armOf(requestOf('new', { sessionId: inMain }))).toBe('canary');
    expect(router.armOf(requestOf(inCanary, { sessionId: inCanary }))).toBe('canary');
  });
});

describe('a snapshot', () => {
  it('of before there were canaries has none, and its requests are of the main arm', () => {
    const trial = tryOut(POOL, { mode: 'round-robin' }, SEED);
    onlyWait(trial.end(trial.send('r'), FAILED));
    const { canary, ...snapshot } = trial.router.snapshot();
    expect(canary).toBeNull();
    const text = JSON.stringify(snapshot).replaceAll('"arm":"main",', '');
    expect(text).not.toContain('arm"');
    const router = restoreRouter(JSON.parse(text) as RouterSnapshot);
    expect(router.canary).toBeNull();
    const next = (each: Router) => onlySend(each.wake(each.nextWakeAtMs));
    expect(next(router)).toEqual(next(trial.router));
    expect(router.snapshot()).toEqual(trial.router.snapshot());
  });
});
