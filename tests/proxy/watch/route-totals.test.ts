import { describe, expect, it } from 'vitest';
import { RouteTotals } from '../../../src/proxy/watch/route-totals.ts';
import { TargetTallies } from '../../../src/proxy/watch/target-usage.ts';
import type { RoutingDecision } from '../../../src/router/index.ts';
import { sampleDecision, sampleSend } from '../../log/sample-rows.ts';
import { outcomeOf, requestOf } from '../../router/small-pool.ts';

const REQUEST = requestOf('r');

function routing(changes: Partial<RoutingDecision>): RoutingDecision {
  const route = { requestedRoute: 'thinking', route: 'thinking', pool: 'best', reason: '', mode: 'none' as const };
  return { ...route, scope: null, forceVision: false, forceWebSearch: false, ...changes };
}

describe('the totals of routes', () => {
  it('count hits, pools and fall-backs, and show routes without any', () => {
    const totals = new RouteTotals();
    const hit = (changes: Partial<RoutingDecision>, atMs: number, attempt = 1): void =>
      totals.sent(REQUEST, sampleSend('r', attempt, sampleDecision({ routing: routing(changes) })), atMs);
    hit({}, 1);
    hit({ pool: 'refuge' }, 2);
    hit({}, 3, 2);
    hit({ route: 'default', pool: 'main' }, 4);
    totals.sent(REQUEST, sampleSend('r', 1), 5);
    const target = 'aurora.main.alpha';
    expect(totals.list(['default', 'thinking', 'vision'])).toEqual([
      {
        route: 'default',
        hits: 1,
        fallbacks: 1,
        pools: [{ pool: 'main', hits: 1 }],
        lastTarget: target,
        lastHitAtMs: 4,
      },
      {
        route: 'thinking',
        hits: 2,
        fallbacks: 0,
        pools: [
          { pool: 'best', hits: 1 },
          { pool: 'refuge', hits: 1 },
        ],
        lastTarget: target,
        lastHitAtMs: 2,
      },
      { route: 'vision', hits: 0, fallbacks: 0, pools: [], lastTarget: null, lastHitAtMs: null },
    ]);
  });

  it('B.12.13: a sticky hit is no fall-back, and the first one counts', () => {
    const totals = new RouteTotals();
    const sticky = routing({ mode: 'sticky', route: null, pool: 'sticky' });
    totals.sent(REQUEST, sampleSend('r', 1, sampleDecision({ routing: sticky })), 1);
    expect(totals.list([])).toMatchObject([{ route: 'sticky', hits: 1, fallbacks: 0 }]);
  });
});

describe('the usage of targets', () => {
  it('B.12.19: means over successes alone, and nothing that JSON cannot say', () => {
    const tallies = new TargetTallies((target) => target === 'a.b.c');
    expect(JSON.stringify(tallies.usageOf('a.b.c'))).toContain('"durationMs":null');
    tallies.attemptEnded(REQUEST, outcomeOf('r', 1, { durationMs: 100 }), 'a.b.c');
    tallies.attemptEnded(REQUEST, outcomeOf('r', 1, { durationMs: 300 }), 'a.b.c');
    tallies.attemptEnded(REQUEST, outcomeOf('r', 1, { kind: 'failure', status: 500, durationMs: 9_000 }), 'a.b.c');
    tallies.attemptEnded(REQUEST, outcomeOf('r', 1, { kind: 'cancelled', status: null, durationMs: 5 }), 'a.b.c');
    tallies.attemptEnded(REQUEST, outcomeOf('r', 1), 'not.in.pool');
    expect(tallies.usageOf('a.b.c')).toMatchObject({
      attempts: 4,
      successes: 2,
      errors: 1,
      durationMs: { mean: 200, min: 100, max: 300 },
    });
    expect(tallies.usageOf('not.in.pool').attempts).toBe(0);
  });
});
