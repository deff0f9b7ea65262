/** Figures of routes. What the core says of routing is put into its decisions here: only the counting is on trial. */
import { describe, expect, test } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import type { TraceRow } from '../../../datasets/trace.ts';
import { collectorShape, compare } from '../../../simulator/compare/compare.ts';
import { policyRun } from '../../../simulator/compare/policy-run.ts';
import { routeDifferences } from '../../../simulator/compare/route-differences.ts';
import { routeUses } from '../../../simulator/compare/route-figures.ts';
import { RunCollector } from '../../../simulator/compare/run-collector.ts';
import type { ClientCall } from '../../../simulator/replay/client-call.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import type { PolicyRun, RouteUse } from '../../../simulator/result.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { createResampling } from '../../../simulator/statistics/block-bootstrap.ts';
import type { RejectCommand, SendCommand } from '../../../src/router/contract.ts';
import type { RoutingDecision } from '../../../src/router/index.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/router/policy.ts';
import { ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { evenly, rowsAt } from '../replay/rows-in-time.ts';
import { rowAt, scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';

const TWO = [{ id: 'aurora.main.large' }, { id: 'borealis.main.large' }];

function routing(route: string | null, changes: Partial<RoutingDecision> = {}): RoutingDecision {
  return {
    requestedRoute: route,
    route,
    pool: null,
    reason: '',
    mode: 'none',
    scope: null,
    forceVision: false,
    forceWebSearch: false,
    ...changes,
  };
}

class RoutedCollector extends RunCollector {
  routingOf: (call: ClientCall) => RoutingDecision | null = () => null;

  override sent(call: ClientCall, command: SendCommand): void {
    super.sent(call, { ...command, decision: { ...command.decision, routing: this.routingOf(call) } });
  }

  override rejected(call: ClientCall, command: RejectCommand): void {
    const { decision } = command;
    super.rejected(call, {
      ...command,
      decision: decision === null ? null : { ...decision, routing: this.routingOf(call) },
    });
  }
}

async function played(
  rows: readonly TraceRow[],
  scenario: Scenario,
  policy: Policy,
  routingOf: (call: ClientCall) => RoutingDecision | null,
): Promise<{ readonly run: PolicyRun; readonly collector: RunCollector; readonly uses: readonly RouteUse[] }> {
  const trace = memoryTrace(rows, 'test');
  const collector = new RoutedCollector(collectorShape(trace, scenario));
  collector.routingOf = routingOf;
  const totals = await replay(trace, { scenario, policy, seed: 1, observer: collector });
  collector.finish(totals.router);
  const run = policyRun({ name: 'a', policyHash: '' }, collector, totals.router, totals.inFlight);
  return { run, collector, uses: routeUses(collector.routes) };
}

const odd = ({ sequence }: ClientCall): boolean => sequence % 2 === 1;

describe('figures by route', () => {
  const policy: Policy = { ...ONE_PATIENT_ATTEMPT, mode: 'round-robin' };

  test('are those of the requests that asked for it, and all together those of the run', async () => {
    const rows = evenly(40, 2_000).map((atMs, index) =>
      rowAt(atMs, index, { inputTokens: index % 2 === 1 ? 500 : 1_000 }),
    );
    const { run, uses, collector } = await played(rows, scenarioOf(TWO), policy, (call) =>
      odd(call) ? routing('thinking') : routing(null),
    );
    expect(collector.routes.hasRouting).toBe(true);
    expect(uses.map(({ route, requests, attempts }) => [route, requests, attempts])).toEqual([
      ['(all)', 40, 40],
      ['thinking', 20, 20],
      ['(model)', 20, 20],
    ]);
    const [all, thinking, byModel] = uses;
    // Round robin gives each route a target of its own.
    for (const use of [thinking!, byModel!]) {
      expect(use).toMatchObject({ largestTargetShare: 1, effectiveTargets: 1, successRatio: 1 });
    }
    expect(all).toMatchObject({ largestTargetShare: 0.5, effectiveTargets: expect.closeTo(2, 12) as number });
    expect(thinking!.costUsdPer1kRequests).toBeCloseTo((500 * 2 + 808) / 1_000, 9);
    expect(byModel!.costUsdPer1kRequests).toBeCloseTo((1_000 * 2 + 808) / 1_000, 9);
    expect(all).toMatchObject({
      costUsd: expect.closeTo(run.costUsd, 12) as number,
      successRatio: run.successRatio,
      cacheReadRatio: expect.closeTo(run.cacheReadRatio, 12) as number,
      firstTokenMs: run.firstTokenMs,
    });
  });

  test('tell what is read from caches apart', async () => {
    const twin = { ...STEADY_TWIN, promptCache: { ttlMs: 600_000, minTokens: 0, blockTokens: 256 } };
    const rows = evenly(40, 2_000).map((atMs, index) =>
      rowAt(atMs, index, {
        sessionId: index % 2 === 1 ? 'one' : null,
        prefixBlocks: index % 2 === 1 ? [1, 2] : [1_000 + index],
      }),
    );
    const { run, uses } = await played(rows, scenarioOf([{ id: 'aurora.main.large', twin }]), policy, (call) =>
      routing(odd(call) ? 'warm' : 'cold'),
    );
    const shares = Object.fromEntries(uses.map(({ route, cacheReadRatio }) => [route, cacheReadRatio]));
    expect(shares['cold']).toBe(0);
    expect(shares['warm']).toBeGreaterThan(0.3);
    expect(shares['(all)']).toBeCloseTo(run.cacheReadRatio, 12);
  });

  test('count pools of other routes and what instructions named', async () => {
    const { uses } = await played(rowsAt(evenly(40, 2_000)), scenarioOf(TWO), policy, ({ sequence }) => {
      if (sequence < 10) return routing('coding', { route: null, pool: 'sticky', mode: 'sticky' });
      if (sequence < 30) return routing('coding', { route: 'default' });
      return routing('coding');
    });
    expect(uses).toMatchObject([{ route: 'coding', instructedRatio: 0.25, otherRouteRatio: 0.5 }]);
  });

  test('a retry stays with the route of the first attempt', async () => {
    const failing = { ...STEADY_TWIN, errors: { serverError: 1, connectTimeout: 0, midStreamAbort: 0 } };
    const { uses } = await played(
      rowsAt(evenly(10, 10_000)),
      scenarioOf([{ id: 'aurora.main.large', twin: failing }, { id: 'borealis.main.large' }]),
      { ...DEFAULT_POLICY, health: ONE_PATIENT_ATTEMPT.health, mode: 'round-robin' },
      ({ attempts }) => routing(attempts === 1 ? 'thinking' : 'default'),
    );
    expect(uses).toMatchObject([{ route: 'thinking', requests: 10, attempts: 20, successRatio: 1 }]);
  });

  test('rejected and unsent requests have their place', async () => {
    const scenario = scenarioOf([{ id: 'aurora.main.large', concurrencyLimit: 1, queueLimit: 9 }], {
      clients: { firstTokenTimeoutMs: 500 },
    });
    const { uses, collector } = await played(rowsAt([0, 1, 2]), scenario, policy, () => routing('thinking'));
    expect(uses.map(({ route, requests, successRatio }) => [route, requests, successRatio])).toEqual([
      ['(all)', 3, 1 / 3],
      ['thinking', 1, 1],
      ['(undecided)', 2, 0],
    ]);
    const refused = { kind: 'reject', code: 'ROUTE_NOT_FOUND', decision: null } as const;
    const call = { sequence: 0, route: '(undecided)', requestClass: 'chat', attempts: 0, costMicroUsd: 0 };
    collector.rejected(
      call as ClientCall,
      {
        ...refused,
        details: { route: 'thinkng', named: null, attempted: [], allowedProviders: [], disabled: [] },
      } as never,
    );
    expect(routeUses(collector.routes).map(({ route }) => route)).toEqual([
      '(all)',
      'thinking',
      'thinkng',
      '(undecided)',
    ]);
  });
});

describe('differences by route', () => {
  test('are taken on the same requests, for caches, cost, success and balance', async () => {
    const rows = rowsAt(evenly(1_000, 2_000));
    const dear = {
      ...STEADY_TWIN,
      prices: { ...STEADY_TWIN.prices, inputMicroUsdPerToken: 6, outputMicroUsdPerToken: 24 },
    };
    const scenario = scenarioOf([{ id: 'aurora.main.large', twin: dear }, { id: 'borealis.main.large' }]);
    const route = (call: ClientCall): RoutingDecision => routing(odd(call) ? 'coding' : 'thinking');
    const random = await played(rows, scenario, { ...ONE_PATIENT_ATTEMPT, mode: 'random' }, route);
    const cheap = await played(rows, scenario, { ...ONE_PATIENT_ATTEMPT, mode: 'lowest-cost' }, route);
    const runs = [
      { name: 'random', run: random.collector },
      { name: 'cheap', run: cheap.collector },
    ];
    const differences = routeDifferences(runs, createResampling(random.collector.shape.blocks, 1));
    expect(differences.map(({ route: of, metric }) => `${of} ${metric}`)).toEqual(
      ['(all)', 'coding', 'thinking'].flatMap((of) =>
        ['cacheReadRatio', 'costUsdPer1kRequests', 'successRatio', 'effectiveTargets'].map(
          (metric) => `${of} ${metric}`,
        ),
      ),
    );
    for (const { route: of, metric, a, b, difference, low95, high95 } of differences) {
      expect([a, b]).toEqual(['random', 'cheap']);
      const use = ({ uses }: typeof random): RouteUse => uses.find((each) => each.route === of)!;
      const key = metric as 'cacheReadRatio' | 'costUsdPer1kRequests' | 'successRatio' | 'effectiveTargets';
      expect(difference).toBeCloseTo(use(random)[key] - use(cheap)[key], 9);
      expect(low95).toBeLessThanOrEqual(difference!);
      // Entropy of resampled blocks is at most that of equal shares, which random picks are next to.
      if (metric !== 'effectiveTargets') expect(high95).toBeGreaterThanOrEqual(difference!);
    }
    const used = differences.find(({ route: of, metric }) => of === 'coding' && metric === 'effectiveTargets');
    expect(used?.difference).toBeCloseTo(1, 1);
    expect(used?.low95).toBeGreaterThan(0.9);
  });
});

describe('a comparison', () => {
  const settings = (sticks: readonly Policy['affinity']['stick'][]) => ({
    trace: memoryTrace(rowsAt(evenly(200, 2_000)), 'test'),
    scenario: scenarioOf(TWO),
    scenarioHash: '',
    policies: sticks.map((stick, index) => ({
      name: `${index}`,
      policy: { ...DEFAULT_POLICY, affinity: { ...DEFAULT_POLICY.affinity, stick } },
      hash: '',
    })),
    seed: 1,
  });

  test('without routes and of policies that stick alike does not speak of them', async () => {
    const result = await compare(settings(['key', 'key']));
    expect(result).not.toHaveProperty('routePaired');
    for (const run of result.policies) for (const field of ['routes', 'stick']) expect(run).not.toHaveProperty(field);
  });

  test('of policies that stick to different things sets caches, cost and balance side by side', async () => {
    const { policies, routePaired } = await compare(settings(['none', 'key', 'target']));
    expect(policies.map(({ stick }) => stick)).toEqual(['none', 'key', 'target']);
    for (const { routes } of policies) expect(routes).toMatchObject([{ route: '(model)', requests: 200 }]);
    expect(routePaired).toHaveLength(3 * 4);
    expect(routePaired?.[0]).toMatchObject({ route: '(model)', metric: 'cacheReadRatio', a: '0', b: '1' });
  });
});
