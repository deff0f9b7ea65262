/** Runs that nobody would think of: small pools in trouble, odd policies, traffic that comes in knots. */
import fc from 'fast-check';
import type { TraceRow } from '../../../datasets/trace.ts';
import { DEFAULT_POLICY, SELECTION_MODES, type Policy } from '../../../src/router/policy.ts';
import type { BudgetRule } from '../../../src/router/pool.ts';
import type { Fault, ProviderWeather, Scenario, TwinDefinition } from '../../../simulator/scenario.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { rowAt, scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';

export interface ArbitraryRun {
  readonly rows: readonly TraceRow[];
  readonly scenario: Scenario;
  readonly policy: Policy;
  readonly seed: number;
}

const TARGETS = ['aurora.a.large', 'aurora.b.large', 'borealis.a.large', 'borealis.a.small'] as const;
const SPAN_MS = 60_000;

const share = (max: number): fc.Arbitrary<number> => fc.oneof(fc.constant(0), fc.double({ min: 0, max, noNaN: true }));
const ms = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const twin: fc.Arbitrary<Partial<TwinDefinition>> = fc.record({
  firstToken: fc.record({
    b0: fc.double({ min: 0, max: 9, noNaN: true }),
    b1: share(0.5),
    n0: fc.constant(1_000),
    load: share(1),
    loadReference: fc.constant(4),
    residual: fc.constantFrom({ kind: 'constant' as const }, { kind: 'exponential' as const }),
    drift: fc.constantFrom(null, { sigma: 0.4, halfLifeMs: 120_000 }),
    hourFactors: fc.constantFrom(
      null,
      Array.from({ length: 24 }, (_, hour) => 1 + hour / 24),
    ),
  }),
  coldStart: fc.constantFrom(null, { probability: 0.1, minMs: 1_000, maxMs: 20_000 }),
  interToken: fc.record({ aMs: fc.integer({ min: 0, max: 200 }), bMs: share(20), sigma: share(0.5) }),
  errors: fc.record({ serverError: share(0.3), connectTimeout: share(0.3), midStreamAbort: share(0.3) }),
  rateLimit: fc.record({
    requestsPerMinute: fc.option(fc.integer({ min: 1, max: 100 })),
    tokensPerMinute: fc.option(fc.integer({ min: 500, max: 200_000 })),
    retryAfter: fc.boolean(),
  }),
  promptCache: fc.constantFrom(null, { ttlMs: 30_000, minTokens: 512, blockTokens: 512 }),
  prices: fc.boolean().map((billsAborted) => ({ ...STEADY_TWIN.prices, billsAborted })),
});

const budget: fc.Arbitrary<BudgetRule> = fc.oneof(
  fc.record({
    metric: fc.constant('tokens' as const),
    window: fc.constantFrom('1m' as const, '5m' as const),
    limit: fc.integer({ min: 500, max: 100_000 }),
  }),
  fc.record({
    metric: fc.constant('requests' as const),
    window: fc.constantFrom('1m' as const, 'day' as const),
    limit: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({
    metric: fc.constant('microUsd' as const),
    window: fc.constantFrom('5m' as const, 'day' as const),
    limit: fc.integer({ min: 1_000, max: 500_000 }),
  }),
);

const fault: fc.Arbitrary<Fault> = fc
  .tuple(
    fc.record({
      startMs: ms(0, SPAN_MS),
      lengthMs: ms(1, SPAN_MS),
      scope: fc.constantFrom('aurora', 'borealis', TARGETS[0], TARGETS[3]),
    }),
    fc.oneof(
      fc.constant({ kind: 'down' as const }),
      fc.record({ kind: fc.constant('failures' as const), probability: share(1) }),
      fc.record({
        kind: fc.constant('rate-limit-storm' as const),
        probability: share(1),
        retryAfterMs: fc.option(ms(0, 30_000)),
      }),
      fc.record({ kind: fc.constant('latency' as const), factor: fc.double({ min: 0.1, max: 20, noNaN: true }) }),
      fc.record({ kind: fc.constant('price' as const), factor: fc.double({ min: 0, max: 5, noNaN: true }) }),
    ),
  )
  .map(([{ startMs, lengthMs, scope }, effect]) => ({ startMs, endMs: startMs + lengthMs, scope, ...effect }));

const STORMY: ProviderWeather = {
  provider: 'aurora',
  up: { medianMs: 10_000, sigma: 1 },
  degraded: { medianMs: 5_000, sigma: 0.5, failureProbability: 0.3, latencyFactor: 3 },
  down: { medianMs: 4_000, sigma: 1, failureProbability: 0.9 },
  upToDegraded: 0.5,
  degradedToDown: 0.5,
};

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    targets: fc.subarray([...TARGETS], { minLength: 1 }).chain((ids) =>
      fc.tuple(
        ...ids.map((id) =>
          fc.record({
            id: fc.constant(id),
            twin,
            concurrencyLimit: fc.option(fc.integer({ min: 1, max: 4 })),
            queueLimit: fc.integer({ min: 0, max: 5 }),
            budgets: fc.array(budget, { maxLength: 2 }),
          }),
        ),
      ),
    ),
    weather: fc.constantFrom([], [STORMY]),
    faults: fc.array(fault, { maxLength: 4 }),
    clients: fc.record({
      firstTokenTimeoutMs: fc.option(ms(1, 20_000)),
      totalTimeoutMs: fc.option(ms(1, 40_000)),
      sessions: fc.constantFrom('open' as const, 'wait' as const),
      thinkTime: fc.record({ medianMs: ms(1, 20_000), sigma: share(1) }),
    }),
    clientBudgets: fc.array(budget, { maxLength: 1 }),
  })
  .map(({ targets, weather, faults, clients, clientBudgets }) =>
    scenarioOf(targets, {
      weather: weather.filter(({ provider }) => targets.some(({ id }) => id.startsWith(provider))),
      faults,
      clients,
      clientKeys: [
        { name: 'team', priorityCeiling: 'normal', models: null, maySteer: true, routes: null, budgets: clientBudgets },
      ],
    }),
  );

const policy: fc.Arbitrary<Policy> = fc
  .record({
    mode: fc.constantFrom(...SELECTION_MODES),
    explorationRate: fc.constantFrom(0, 0.1, 1),
    sharpness: fc.constantFrom(0, 8, 64),
    minSamples: fc.integer({ min: 1, max: 10 }),
    probeConcurrency: fc.integer({ min: 1, max: 3 }),
    cooldownMs: ms(0, 20_000),
    queue: fc.record({ timeoutMs: ms(1, 30_000), recoveryWaitMaxMs: ms(0, 30_000) }),
    retry: fc.record({
      attemptsMax: fc.integer({ min: 1, max: 5 }),
      backoffBaseMs: ms(0, 1_000),
      backoffMaxMs: ms(0, 5_000),
      deadlineMs: ms(0, 60_000),
    }),
    timeouts: fc.record({
      connectMs: ms(1, 10_000),
      firstTokenMs: ms(1, 10_000),
      idleMs: ms(1, 300),
      totalMs: ms(1, 60_000),
    }),
  })
  .map(({ sharpness, minSamples, probeConcurrency, cooldownMs, ...rest }) => ({
    ...DEFAULT_POLICY,
    ...rest,
    score: { ...DEFAULT_POLICY.score, sharpness },
    health: { ...DEFAULT_POLICY.health, minSamples, probeConcurrency, cooldownMs },
  }));

/** Arrival times on a coarse grid, so that many are equal. */
const rows: fc.Arbitrary<TraceRow[]> = fc
  .array(
    fc.record({
      arrivalMs: fc.integer({ min: 0, max: 120 }).map((step) => step * 500),
      sessionId: fc.option(fc.constantFrom('s1', 's2', 's3')),
      model: fc.constantFrom('auto', 'large', 'small', 'unheard-of'),
      declaredClass: fc.option(fc.constant('background')),
      declaredPriority: fc.option(fc.constantFrom('low', 'high')),
      inputTokens: fc.integer({ min: 0, max: 30_000 }),
      outputTokens: fc.integer({ min: 0, max: 600 }),
      maxOutputTokens: fc.option(fc.integer({ min: 1, max: 1_000 })),
      stream: fc.boolean(),
      prefixBlocks: fc.option(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 8 })),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((list) =>
    list
      .toSorted((a, b) => a.arrivalMs - b.arrivalMs)
      .map(({ arrivalMs, ...changes }, index) => rowAt(arrivalMs, index, changes)),
  );

export const arbitraryRun: fc.Arbitrary<ArbitraryRun> = fc.record({
  rows,
  scenario,
  policy,
  seed: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
});
