import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createRouter, type Router, type Steering } from '../../src/router/index.ts';
import { LIMITED, outcomeOf, policyWith, poolOf, requestOf, targetOf } from '../router/small-pool.ts';
import { IS_THOROUGH } from './random-run.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapMegabytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1e6;
}

const POOL = poolOf(
  Array.from({ length: 8 }, (_, index) =>
    targetOf(`p${index}.main.m`, { budgets: [{ metric: 'tokens', window: 'day', limit: 1e15 }] }),
  ),
);
const ENTRIES_MAX = 20_000;
const SESSIONS = IS_THOROUGH ? 1_000_000 : 350_000;

/** Serves requests, each of a session and a prefix of its own, ten a millisecond; now and then one is limited. */
function serve(router: Router, from: number, to: number, steer?: (sessionId: string) => Steering): void {
  for (let index = from; index < to; index++) {
    const nowMs = index / 10;
    const requestId = `request-${index}`;
    const sessionId = `session-${index}`;
    router.begin(
      requestOf(requestId, { sessionId, prefixBlocks: [index], steering: steer?.(sessionId) ?? null }),
      nowMs,
    );
    const outcome = index % 50_000 === 49_999 ? LIMITED : {};
    router.observe(outcomeOf(requestId, 1, outcome), nowMs);
    if (router.nextWakeAtMs <= nowMs) {
      for (const command of router.wake(nowMs)) {
        if (command.kind === 'send') router.observe(outcomeOf(command.requestId, command.attempt), nowMs);
      }
    }
  }
}

/** Sticks to a provider and bans another. */
function instructed(scopeId: string): Steering {
  return {
    scope: 'session',
    scopeId,
    signals: null,
    routeHint: null,
    instructions: [
      { kind: 'sticky', name: 'p1.m' },
      { kind: 'disable', name: 'p2' },
    ],
    bans: [],
    needsServerTools: false,
  };
}

describe('the state', () => {
  it(
    'is bounded: several times as many sessions leave no more than the first hundred thousand',
    { timeout: 60_000 },
    () => {
      const policy = policyWith({ affinity: { warmTtlMs: 300_000, entriesMax: ENTRIES_MAX } });
      const router = createRouter(POOL, policy, { seed: 1 });
      serve(router, 0, 100_000);
      const snapshotBefore = JSON.stringify(router.snapshot()).length;
      const heapBefore = heapMegabytes();
      serve(router, 100_000, SESSIONS);
      const { state, flow } = router.snapshot();
      expect(state.warmth.length).toBeLessThanOrEqual(ENTRIES_MAX);
      expect(router.openRequests).toBeLessThan(10);
      expect(flow.room.timers.length).toBeLessThan(10);
      // Numbers and names grow by a digit or so; nothing else may.
      expect(JSON.stringify(router.snapshot()).length).toBeLessThan(1.15 * snapshotBefore);
      expect(heapMegabytes() - heapBefore).toBeLessThan(8);
    },
  );

  it('is bounded: sessions without number with instructions, each bound to its target', { timeout: 90_000 }, () => {
    const policy = policyWith({
      affinity: { warmTtlMs: 300_000, entriesMax: 1_000, stick: 'target' },
      sessions: { entriesMax: ENTRIES_MAX, ttlMs: 86_400_000 },
    });
    const router = createRouter(POOL, policy, { seed: 1 });
    serve(router, 0, 100_000, instructed);
    const snapshotBefore = JSON.stringify(router.snapshot()).length;
    const heapBefore = heapMegabytes();
    serve(router, 100_000, SESSIONS, instructed);
    expect(router.rememberedSessions).toBe(ENTRIES_MAX);
    expect(JSON.stringify(router.snapshot()).length).toBeLessThan(1.15 * snapshotBefore);
    expect(heapMegabytes() - heapBefore).toBeLessThan(8);
  });

  it('forgets by time what nobody uses any more', () => {
    const router = createRouter(POOL, policyWith({ affinity: { warmTtlMs: 1_000, entriesMax: 1e9 } }), { seed: 1 });
    serve(router, 0, 60_000);
    // A second of ten a millisecond, a session and a prefix block each.
    expect(router.snapshot().state.warmth.length).toBeLessThanOrEqual(20_002);
  });

  it('does not keep requests that were queued and left, nor their timers', () => {
    const pool = poolOf([targetOf('p.main.m')], { keys: { 'p.main': { concurrencyLimit: 1, queueLimit: 1_000_000 } } });
    const router = createRouter(pool, policyWith(), { seed: 1 });
    router.begin(requestOf('occupies'), 0);
    const empty = JSON.stringify(router.snapshot()).length;
    for (let index = 0; index < 100_000; index++) {
      router.begin(requestOf(`r${index}`), index / 1_000);
      router.observe(outcomeOf(`r${index}`, 0, { kind: 'cancelled' }), index / 1_000);
    }
    expect(router.openRequests).toBe(1);
    expect(JSON.stringify(router.snapshot()).length).toBeLessThan(empty + 200);
  });
});
