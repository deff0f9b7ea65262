import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  armOf,
  createRouter,
  reconfigureRouter,
  restoreRouter,
  type Arm,
  type Canary,
  type Command,
  type Decision,
  type Policy,
  type Router,
  type RouterSnapshot,
} from '../../src/router/index.ts';
import { requestOf } from '../router/small-pool.ts';
import { decidesOtherwise, otherwise } from './other-policies.ts';
import {
  CROWDED_POOL,
  expectAlike,
  expectSame,
  policies,
  RandomRun,
  IS_THOROUGH,
  runLimits,
  steps,
  type Call,
  type Step,
} from './random-run.ts';

const seeds = fc.maxSafeInteger();
const shares = fc.constantFrom(0.1, 0.4, 0.7, 1);

function throughJson(router: Router): Router {
  return restoreRouter(JSON.parse(JSON.stringify(router.snapshot())) as RouterSnapshot);
}

function decisionsIn(commands: readonly Command[]): readonly Decision[] {
  return commands.flatMap((command) =>
    command.kind === 'wait' || command.decision === null ? [] : [command.decision],
  );
}

/** As if all had been of the main arm. */
function withoutArms(commands: readonly Command[]): readonly Command[] {
  return commands.map((command) =>
    command.kind === 'wait' || command.decision === null
      ? command
      : ({ ...command, decision: { ...command.decision, arm: 'main' } } as Command),
  );
}

/** A policy for the canary that also retries, waits, sticks and takes contexts in another way. */
function unlike(policy: Policy, [mode, soft, sharpness]: readonly [Policy['mode'], number, number]): Policy {
  const other = decidesOtherwise(policy, mode, soft, sharpness);
  return {
    ...other,
    retry: { ...other.retry, attemptsMax: 2, deadlineMs: 45_000 },
    queue: { ...other.queue, timeoutMs: 4_000, recoveryWaitMaxMs: 20_000 },
    affinity: { ...other.affinity, stick: 'key' },
    routing: { ...other.routing, hardLimit: !policy.routing.hardLimit, warnRatio: 0.3 },
  };
}

/** What is done to the canary before a step, each at the step of this number (modulo the number of steps). */
type Turn =
  | { readonly kind: 'grow'; readonly share: number }
  | { readonly kind: 'end' | 'promote' }
  | { readonly kind: 'another'; readonly share: number };
const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 3, arbitrary: shares.map((share) => ({ kind: 'grow', share }) as const) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'end' } as const, { kind: 'promote' } as const) },
  { weight: 1, arbitrary: shares.map((share) => ({ kind: 'another', share }) as const) },
);
const timedTurns = fc.array(fc.tuple(fc.nat(120), turn), { minLength: 1, maxLength: 5 });
type TimedTurns = readonly (readonly [number, Turn])[];

interface InForce {
  readonly policy: Policy;
  readonly canary: Canary | null;
}

function after({ policy, canary }: InForce, change: Turn, other: Policy): InForce {
  const { id = 'first', policy: tried = other } = canary ?? {};
  switch (change.kind) {
    case 'grow':
      return { policy, canary: { id, policy: tried, share: change.share } };
    case 'end':
      return { policy, canary: null };
    case 'promote':
      return { policy: tried, canary: null };
    case 'another':
      return { policy, canary: { id: `${id}+`, policy: { ...other, explorationRate: 0 }, share: change.share } };
  }
}

/** Plays the steps, and gives the canaries as they come. */
function playWithTurns(
  run: RandomRun,
  script: readonly Step[],
  timed: TimedTurns,
  start: InForce,
  other: Policy,
  put: (next: InForce) => void,
): void {
  let inForce = start;
  script.forEach((step, index) => {
    for (const [at, change] of timed) {
      if (at % script.length !== index) continue;
      inForce = after(inForce, change, other);
      put(inForce);
    }
    run.play(step);
  });
}

describe('a canary', () => {
  it.each([
    ['a share of 0', 0, (policy: Policy, other: Parameters<typeof unlike>[1]) => unlike(policy, other), 20_401],
    ['the main policy for all', 1, (policy: Policy) => policy, 20_402],
  ])('with %s is as none, from any moment on', (_, share, canaryPolicy, runSeed) => {
    fc.assert(
      fc.property(policies, otherwise, seeds, steps, fc.nat(120), (policy, other, seed, script, startAt) => {
        const alone = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        const canary = { id: 'c', policy: canaryPolicy(policy, other), share };
        const arms = new Set<Arm>();
        const run = new RandomRun(alone, CROWDED_POOL, (call, commands) => {
          const asNone: Call = (each) => {
            const given = call(each);
            for (const { arm } of decisionsIn(given)) arms.add(arm);
            return share === 0 ? given : withoutArms(given);
          };
          expectAlike(router, alone, asNone, commands);
        });
        script.forEach((step, index) => {
          if (index === startAt % script.length) {
            router = reconfigureRouter(router, CROWDED_POOL, policy, run.nowMs, canary);
          }
          run.play(step);
        });
        run.drain();
        if (share === 0) expect(arms.has('canary')).toBe(false);
        else if (startAt % script.length === 0 && arms.size > 0) expect([...arms]).toEqual(['canary']);
      }),
      runLimits(runSeed, 150),
    );
  });

  it('keeps to what a driver may expect, and to one arm a request as long as it is there', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(policies, otherwise, seeds, steps, timedTurns, (policy, drawn, seed, script, timed) => {
        const other = unlike(policy, drawn);
        let router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let armOfRequest = new Map<string, Arm>();
        const run = new RandomRun(router, CROWDED_POOL, (_, commands) => {
          for (const command of commands) {
            if (command.kind === 'wait' || command.decision === null) continue;
            const { arm, cause } = command.decision;
            const known = armOfRequest.get(command.requestId) ?? arm;
            if (known !== arm) expect([command.requestId, arm]).toEqual([command.requestId, known]);
            armOfRequest.set(command.requestId, arm);
            seen.add(`${arm} ${cause}`);
          }
        });
        playWithTurns(run, script, timed, { policy, canary: null }, other, (next) => {
          const open = router.openRequests;
          const before = router.canary;
          router = reconfigureRouter(router, CROWDED_POOL, next.policy, run.nowMs, next.canary);
          expect(router.openRequests).toBe(open);
          expect(router.canary).toBe(next.canary);
          // Once their canary is gone, its requests go on under the main policy.
          if (before !== null && before.id !== next.canary?.id) armOfRequest = new Map();
          run.goOnWith(router, CROWDED_POOL);
        });
        run.drain();
      }),
      runLimits(20_403, 150),
    );
    const causes = ['arrival', 'queue', 'retry'];
    expect([...seen].sort()).toEqual(['canary', 'main'].flatMap((arm) => causes.map((cause) => `${arm} ${cause}`)));
  });

  it('is in snapshots, with which request is of which arm', () => {
    fc.assert(
      fc.property(policies, otherwise, seeds, steps, timedTurns, (policy, drawn, seed, script, timed) => {
        const other = unlike(policy, drawn);
        let router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let restored = throughJson(router);
        const run = new RandomRun(router, CROWDED_POOL, (call, commands) => {
          expectAlike(restored, router, call, commands);
          restored = throughJson(restored);
        });
        playWithTurns(run, script, timed, { policy, canary: null }, other, (next) => {
          router = reconfigureRouter(router, CROWDED_POOL, next.policy, run.nowMs, next.canary);
          restored = throughJson(
            reconfigureRouter(restored, CROWDED_POOL, next.policy, run.nowMs, throughCopy(next.canary)),
          );
          expectSame(restored.canary, router.canary);
          run.goOnWith(router, CROWDED_POOL);
        });
        run.drain();
      }),
      runLimits(20_404, 60),
    );
  });

  it('that is given again changes nothing', () => {
    fc.assert(
      fc.property(policies, otherwise, seeds, steps, shares, fc.nat(120), (policy, drawn, seed, script, share, at) => {
        const canary = { id: 'c', policy: unlike(policy, drawn), share };
        const start = (): Router =>
          reconfigureRouter(
            createRouter(CROWDED_POOL, policy, { seed, explain: true }),
            CROWDED_POOL,
            policy,
            0,
            canary,
          );
        const untouched = start();
        let router = start();
        const run = new RandomRun(untouched, CROWDED_POOL, (call, commands) =>
          expectAlike(router, untouched, call, commands),
        );
        script.forEach((step, index) => {
          if (index === at % script.length) {
            const before = router.snapshot();
            router = reconfigureRouter(router, CROWDED_POOL, policy, run.nowMs, throughCopy(canary));
            expectSame(router.snapshot(), { ...before, nowMs: run.nowMs });
          }
          run.play(step);
        });
        run.drain();
      }),
      runLimits(20_405, 100),
    );
  });

  it('decides on an arrival what a router of its policy in that very state decides', () => {
    let compared = 0;
    fc.assert(
      fc.property(policies, otherwise, seeds, steps, (policy, [mode, soft, sharpness], seed, script) => {
        const other = decidesOtherwise(policy, mode, soft, sharpness);
        const canary = { id: 'c', policy: other, share: 0.5 };
        const bare = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        const router = reconfigureRouter(bare, CROWDED_POOL, policy, 0, canary);
        const asIfOther = (): Router => restoreRouter({ ...router.snapshot(), policy: other, canary: null });
        let before = asIfOther();
        let waited = 0;
        const run = new RandomRun(router, CROWDED_POOL, (call, commands) => {
          const [command] = commands;
          // Nobody else is served with it, who might be of the other arm.
          if (waited === 0 && commands.length === 1 && command?.kind === 'send') {
            const { decision } = command;
            if (decision.arm === 'canary' && decision.cause === 'arrival') {
              expectSame(withoutArms(call(before)), withoutArms(commands));
              compared += 1;
            }
          }
          before = asIfOther();
          waited = router.waitingRequests;
        });
        for (const step of script) run.play(step);
        run.drain();
      }),
      runLimits(20_406, 50),
    );
    expect(compared).toBeGreaterThan(IS_THOROUGH ? 100 : 40);
  });

  it('stands beside a shadow, which is told of both arms and changes nothing', () => {
    fc.assert(
      fc.property(policies, otherwise, seeds, steps, shares, (policy, drawn, seed, script, share) => {
        const canary = { id: 'c', policy: unlike(policy, drawn), share };
        const start = (): Router =>
          reconfigureRouter(
            createRouter(CROWDED_POOL, policy, { seed, explain: true }),
            CROWDED_POOL,
            policy,
            0,
            canary,
          );
        const alone = start();
        const router = start();
        const arms: Arm[] = [];
        router.shadow({ ...policy, mode: 'random' }, (_request, _attempt, { arm }) => arms.push(arm));
        const run = new RandomRun(router, CROWDED_POOL, (call, commands) => {
          expectSame(call(alone), commands);
          expectSame(
            arms.splice(0),
            decisionsIn(commands).map(({ arm }) => arm),
          );
        });
        for (const step of script) run.play(step);
        run.drain();
        router.endShadow();
        router.begin(requestOf('unheard'), run.nowMs);
        expect(arms).toEqual([]);
      }),
      runLimits(20_407, 100),
    );
  });
});

describe('the draw of sessions', () => {
  const canaryOf = (id: string, share: number): Canary => ({ id, policy: {} as Policy, share });

  it('lets no session change its arm but into the canary as that grows', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.option(fc.string(), { nil: null }),
        fc.string(),
        seeds,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (id, sessionId, requestId, seed, a, b) => {
          const request = requestOf(requestId, { sessionId });
          const armAt = (share: number): Arm => armOf(canaryOf(id, share), request, seed);
          if (armAt(Math.min(a, b)) === 'canary') expect(armAt(Math.max(a, b))).toBe('canary');
          expect([armAt(0), armAt(1)]).toEqual(['main', 'canary']);
          // Every request of the session goes the same way, whatever else it is.
          const another = requestOf(`${requestId}-2`, { sessionId, model: 'small', clientKey: 'other' });
          if (sessionId !== null) expect(armOf(canaryOf(id, a), another, seed)).toBe(armAt(a));
        },
      ),
      { seed: 20_408, numRuns: 2_000 },
    );
  });
});

function throughCopy(canary: Canary | null): Canary | null {
  return canary === null ? null : (JSON.parse(JSON.stringify(canary)) as Canary);
}
