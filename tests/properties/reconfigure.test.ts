import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRouter,
  reconfigureRouter,
  restoreRouter,
  type Command,
  type PoolDefinition,
  type Router,
  type RouterSnapshot,
} from '../../src/router/index.ts';
import { permuted, playWithReloads, timedReloads, type Reload } from './random-reloads.ts';
import { CROWDED_POOL, expectAlike, expectSame, policies, RandomRun, runLimits, steps } from './random-run.ts';

const seeds = fc.maxSafeInteger();

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function restored(router: Router): Router {
  return restoreRouter(throughJson<RouterSnapshot>(router.snapshot()));
}

function total(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

/** Ids of the targets that the pool offers for a model; null for a model that it does not know. */
function offered({ targets, modelAliases }: PoolDefinition, model: string): readonly string[] | null {
  if (Object.hasOwn(modelAliases, model)) return modelAliases[model]!;
  if (model === 'auto') return targets.map(({ id }) => id);
  const ids = targets.filter((target) => target.model === model).map(({ id }) => id);
  return ids.length > 0 ? ids : null;
}

/** Holds the commands of a router against the pool that it was last given. */
function checkCommands(router: Router, pool: PoolDefinition, run: RandomRun, commands: readonly Command[]): void {
  const uses = router.budgetLabels.map((label, rule) => [label, router.budgetUse(rule)] as const);
  for (const [label, use] of uses) if (!(use >= 0)) expect([label, use]).toEqual([label, 'at least 0']);
  for (const command of commands) {
    if (command.kind === 'wait') continue;
    const { model, clientKey, steering } = run.requests.get(command.requestId)!;
    // Routes and instructions lead to targets that the model has nothing to do with.
    const isSteered = steering !== null || pool.routing?.models.includes(model) === true;
    const ids = isSteered ? pool.targets.map(({ id }) => id) : offered(pool, model);
    if (command.kind === 'reject') {
      if (command.attempts.length === 0 && !isSteered) expect(command.code === 'UNKNOWN_MODEL').toBe(ids === null);
      continue;
    }
    expect(ids).toContain(command.target);
    const [provider, alias] = command.target.split('.');
    const scopes = [
      `target ${command.target}: `,
      `key ${provider}.${alias}: `,
      `provider ${provider}: `,
      `client key ${clientKey}: `,
    ];
    for (const [label, use] of uses) {
      if (use > 1 && scopes.some((scope) => label.startsWith(scope)))
        expect([label, use]).toEqual([label, 'at most 1']);
    }
  }
}

/** Every attempt occupies its key and target, every queued request one place, and nothing else does. */
function checkOccupancy(router: Router, run: RandomRun): void {
  const { state, flow } = router.snapshot();
  expectSame(total(state.keys.inFlight), run.attempts.length);
  expectSame(total(state.health.inFlight), run.attempts.length);
  expectSame(total(state.keys.waiting), total(flow.room.lines.map((line) => line.length)));
}

describe('reconfiguring with the same pool and policy', () => {
  it('changes nothing, at any point of any sequence, in whatever order the pool is written', () => {
    fc.assert(
      fc.property(policies, seeds, steps, fc.nat(120), fc.nat(9), (policy, seed, script, stopAfter, turn) => {
        const untouched = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let other = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        const run = new RandomRun(untouched, CROWDED_POOL, (call, commands) => {
          expectAlike(router, untouched, call, commands);
          expectSame(call(other), commands);
          expectSame(other.nextWakeAtMs, router.nextWakeAtMs);
        });
        script.forEach((step, index) => {
          if (index === stopAfter % script.length) {
            const before = router.snapshot();
            router = reconfigureRouter(router, throughJson(CROWDED_POOL), throughJson(policy), run.nowMs);
            expectSame(router.snapshot(), { ...before, nowMs: run.nowMs });
            other = reconfigureRouter(other, permuted(CROWDED_POOL, turn), policy, run.nowMs);
          }
          run.play(step);
        });
        run.drain();
      }),
      runLimits(20_281, 300),
    );
  });
});

describe('reconfiguring with any pool and policy', () => {
  it('loses no request, keeps to budgets and to what the pool offers, and leaves nothing occupied', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(policies, seeds, steps, timedReloads, (policy, seed, script, timed) => {
        let router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let pool = CROWDED_POOL;
        const run = new RandomRun(router, pool, (_, commands) => checkCommands(router, pool, run, commands));
        playWithReloads(run, script, timed, (reload) => {
          checkOccupancy(router, run);
          const open = router.openRequests;
          pool = reload.pool;
          router = reconfigureRouter(router, pool, reload.policy, run.nowMs);
          run.goOnWith(router, pool);
          expect(router.openRequests).toBe(open);
          checkOccupancy(router, run);
          checkCommands(router, pool, run, []);
          noteWhatHappened(seen, router, run);
        });
        run.drain();
        checkOccupancy(router, run);
      }),
      runLimits(20_282, 500),
    );
    expect([...seen].sort()).toEqual(['model gone', 'queued', 'retiring', 'retiring key', 'retiring provider']);
  });

  it('does the same in whatever order the pools are written', () => {
    expectTwin(20_283, 150, ({ pool, policy }, twin, nowMs, turn) =>
      reconfigureRouter(twin, permuted(pool, turn), policy, nowMs),
    );
  });

  it('does the same when it is repeated', () => {
    expectTwin(20_284, 150, (reload, twin, nowMs) => {
      const { pool, policy } = throughJson(reload);
      return reconfigureRouter(twin, pool, policy, nowMs);
    });
  });

  it('does the same from a snapshot, and can be saved and restored like any router', () => {
    expectTwin(20_285, 150, ({ pool, policy }, twin, nowMs) =>
      restored(reconfigureRouter(restored(twin), pool, policy, nowMs)),
    );
  });

  it('leaves the old router as it was', () => {
    fc.assert(
      fc.property(policies, seeds, steps, timedReloads, (policy, seed, script, timed) => {
        const router = createRouter(CROWDED_POOL, policy, { seed });
        const run = new RandomRun(router, CROWDED_POOL);
        playWithReloads(run, script, timed, (reload) => {
          const before = JSON.stringify(router.snapshot());
          reconfigureRouter(router, reload.pool, reload.policy, run.nowMs).wake(run.nowMs);
          expectSame(JSON.stringify(router.snapshot()), before);
        });
        run.drain();
      }),
      runLimits(20_286, 100),
    );
  });
});

/** What the reloads came upon, so that the property is known to have been about something. */
function noteWhatHappened(seen: Set<string>, router: Router, run: RandomRun): void {
  const { pool, flow } = router.snapshot();
  if (pool.targets.some(({ retiring }) => retiring)) seen.add('retiring');
  if (pool.keys.some(({ retiring }) => retiring)) seen.add('retiring key');
  if (pool.providers.some(({ retiring }) => retiring)) seen.add('retiring provider');
  if (flow.open.requests.some(({ lane }) => lane < 0)) seen.add('model gone');
  if (flow.open.requests.some(({ phase }) => phase === 'queued')) seen.add('queued');
  const isDue = flow.open.requests.some(({ phase, lane }) => phase === 'queued' || (phase === 'backoff' && lane < 0));
  if (isDue) expect(router.nextWakeAtMs).toBeLessThanOrEqual(run.nowMs);
}

/** Two routers go through the same run and the same reloads, one of them in its own way, and answer alike. */
function expectTwin(
  seedOfRuns: number,
  numRuns: number,
  reconfigureTwin: (reload: Reload, twin: Router, nowMs: number, turn: number) => Router,
): void {
  fc.assert(
    fc.property(policies, seeds, steps, timedReloads, fc.nat(9), (policy, seed, script, timed, turn) => {
      let router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
      let twin = createRouter(CROWDED_POOL, policy, { seed, explain: true });
      const uses = (each: Router): [string, number][] =>
        each.budgetLabels.map((label, rule): [string, number] => [label, each.budgetUse(rule)]).toSorted(byText);
      const run = new RandomRun(router, CROWDED_POOL, (call, commands) => {
        expectSame(call(twin), commands);
        expectSame([twin.nextWakeAtMs, twin.openRequests], [router.nextWakeAtMs, router.openRequests]);
        expectSame(uses(twin), uses(router));
      });
      playWithReloads(run, script, timed, (reload) => {
        twin = reconfigureTwin(reload, twin, run.nowMs, turn);
        router = reconfigureRouter(router, reload.pool, reload.policy, run.nowMs);
        expectSame(twin.targetIds, router.targetIds);
        run.goOnWith(router, reload.pool);
      });
      run.drain();
    }),
    runLimits(seedOfRuns, numRuns),
  );
}

function byText(a: readonly [string, number], b: readonly [string, number]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1];
}
