import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRouter, restoreRouter, type Router, type RouterSnapshot } from '../../src/router/index.ts';
import { CROWDED_POOL, expectAlike, policies, RandomRun, runLimits, steps } from './random-run.ts';

function throughJson(router: Router): Router {
  return restoreRouter(JSON.parse(JSON.stringify(router.snapshot())) as RouterSnapshot);
}

describe('snapshot, JSON, restore, go on', () => {
  it('equals not stopping, at any point of any sequence', () => {
    fc.assert(
      fc.property(policies, fc.maxSafeInteger(), steps, fc.nat(120), (policy, seed, script, stopAfter) => {
        const router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let restored: Router | null = null;
        const run = new RandomRun(router, CROWDED_POOL, (call, commands) => {
          if (restored !== null) expectAlike(restored, router, call, commands);
        });
        script.forEach((step, index) => {
          if (index === stopAfter % script.length) restored = throughJson(router);
          run.play(step);
        });
        run.drain();
      }),
      runLimits(20_264, 400),
    );
  });

  it('can be done after every single input', () => {
    fc.assert(
      fc.property(policies, fc.maxSafeInteger(), steps, (policy, seed, script) => {
        const router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let restored = throughJson(router);
        const run = new RandomRun(router, CROWDED_POOL, (call, commands) => {
          expectAlike(restored, router, call, commands);
          restored = throughJson(restored);
        });
        for (const step of script) run.play(step);
        run.drain();
      }),
      runLimits(20_265, 60),
    );
  });

  it('needs no JSON in between', () => {
    fc.assert(
      fc.property(policies, fc.maxSafeInteger(), steps, (policy, seed, script) => {
        const router = createRouter(CROWDED_POOL, policy, { seed, explain: true });
        let restored = restoreRouter(router.snapshot());
        const run = new RandomRun(router, CROWDED_POOL, (call, commands) => {
          expectAlike(restored, router, call, commands);
          restored = restoreRouter(restored.snapshot());
        });
        for (const step of script) run.play(step);
        run.drain();
      }),
      runLimits(20_268, 60),
    );
  });

  it('is not disturbed by what the router does afterwards', () => {
    fc.assert(
      fc.property(policies, fc.maxSafeInteger(), steps, (policy, seed, script) => {
        const router = createRouter(CROWDED_POOL, policy, { seed });
        const run = new RandomRun(router, CROWDED_POOL);
        const half = Math.ceil(script.length / 2);
        for (const step of script.slice(0, half)) run.play(step);
        const snapshot = router.snapshot();
        const text = JSON.stringify(snapshot);
        for (const step of script.slice(half)) run.play(step);
        restoreRouter(snapshot).wake(run.nowMs);
        expect(JSON.stringify(snapshot)).toBe(text);
      }),
      runLimits(20_266, 80),
    );
  });

  it('refuses a snapshot of another core version', () => {
    const snapshot = createRouter(CROWDED_POOL, fc.sample(policies, { seed: 1, numRuns: 1 })[0]!, {
      seed: 1,
    }).snapshot();
    expect(() => restoreRouter({ ...snapshot, coreVersion: '0' })).toThrow(/core version 0/);
  });
});
