/**
 * Random sequences of everything that can happen to a router, and a small driver that carries the commands out
 * and holds the router to its word at every step.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  type OutcomeKind,
  SELECTION_MODES,
  type AttemptOutcome,
  type Command,
  type Decision,
  type Policy,
  type PoolDefinition,
  type Router,
  type RouterRequest,
  type Instruction,
  type RoutePool,
  type RoutingDefinition,
  type SelectionMode,
  type Steering,
  addressedTargets,
  SESSION_SCOPES,
  TOOL_CATEGORIES,
} from '../../src/router/index.ts';
import { outcomeOf, policyWith, poolOf, requestOf, targetOf } from '../router/small-pool.ts';

export type Step =
  | {
      readonly kind: 'begin';
      readonly inputTokens: number;
      readonly maxOutputTokens: number | null;
      readonly priority: string | null;
      readonly model: string;
      readonly session: number;
      readonly hasImage: boolean;
      readonly clientKey: string;
      readonly steering: Omit<Steering, 'scopeId'> | null;
    }
  | {
      readonly kind: 'end';
      readonly which: number;
      readonly fate: OutcomeKind;
      readonly status: number | null;
      /** Of what failed or was limited. */
      readonly errorCode: string | null;
      readonly firstTokenMs: number;
      readonly usedTokens: number;
      readonly retryAfterMs: number | null;
      readonly reachedClient: boolean;
    }
  | { readonly kind: 'cancelWaiting'; readonly which: number }
  | {
      readonly kind: 'order';
      readonly order: 'disable' | 'enable' | 'cool';
      readonly which: number;
      readonly ms: number;
    }
  | { readonly kind: 'spurious'; readonly which: number }
  | { readonly kind: 'pass'; readonly ms: number };

const ADDRESSES = [
  'aurora',
  'borealis',
  'cirrus.main',
  'aurora.2',
  'aurora.small',
  'aurora.spare.small',
  'borealis.main.large',
];
const address = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...ADDRESSES) },
  { weight: 1, arbitrary: fc.constant('nowhere.at.all') },
);

const steering: fc.Arbitrary<Omit<Steering, 'scopeId'>> = fc.record({
  scope: fc.constantFrom(...SESSION_SCOPES),
  signals: fc.option(
    fc.record({
      latestFromUser: fc.boolean(),
      hasImage: fc.boolean(),
      wantsWebSearch: fc.boolean(),
      isBackground: fc.boolean(),
      lastTool: fc.constantFrom(null, ...TOOL_CATEGORIES),
      usesTools: fc.boolean(),
    }),
    { nil: null },
  ),
  routeHint: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom('thinking', 'nightly', 'background', 'no-such-route') },
  ),
  instructions: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Instruction[]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.oneof(
          fc.record({
            kind: fc.constantFrom('force', 'sticky', 'disable', 'enable' as const),
            name: address,
          }),
          fc.record({ kind: fc.constant('allow' as const), name: fc.constantFrom('aurora', 'borealis', 'cirrus') }),
          fc.constant({ kind: 'clear' as const, name: '' }),
        ),
        { minLength: 1, maxLength: 3 },
      ),
    },
  ),
  bans: fc.oneof(
    { weight: 5, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...ADDRESSES), { maxLength: 2 }) },
  ),
  needsServerTools: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
});

const begin: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('begin' as const),
  inputTokens: fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
    { weight: 1, arbitrary: fc.constant(2_000_000) },
  ),
  maxOutputTokens: fc.option(fc.integer({ min: 0, max: 4_000 }), { nil: null }),
  priority: fc.constantFrom(null, 'high', 'low', 'nonsense'),
  model: fc.constantFrom('auto', 'auto', 'small', 'large', 'favourite', 'routed', 'routed', 'routed', 'unheard-of'),
  session: fc.integer({ min: 0, max: 5 }),
  hasImage: fc.boolean(),
  clientKey: fc.constantFrom('team', 'guest', 'stranger'),
  steering: fc.option(steering, { nil: null }),
});

const end: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('end' as const),
  which: fc.nat(20),
  fate: fc.constantFrom('success', 'success', 'failure', 'failure', 'timeout', 'limited', 'cancelled' as const),
  status: fc.constantFrom(500, 503, 400, 401, 429, null),
  errorCode: fc.constantFrom(null, null, null, 'quota_exhausted'),
  firstTokenMs: fc.integer({ min: 1, max: 30_000 }),
  usedTokens: fc.integer({ min: 0, max: 20_000 }),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: null }),
  reachedClient: fc.constantFrom(false, false, false, true),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: begin },
  { weight: 7, arbitrary: end },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancelWaiting' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('spurious' as const), which: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      order: fc.constantFrom('disable', 'enable', 'enable', 'cool' as const),
      which: fc.nat(4),
      ms: fc.integer({ min: -10, max: 90_000 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 70_000 })),
    }),
  },
);

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 1, maxLength: 120, size: 'max' });

/** Routes over those of a pool's targets that it may have; a route has two pools where there are targets for it. */
export function routesOver(ids: readonly string[]): RoutingDefinition {
  const offered = (...wanted: string[]): string[] => wanted.filter((id) => ids.includes(id));
  const pool = (id: string, targets: string[], facts: Partial<RoutePool> = {}): RoutePool => {
    return { id, targets, priority: 0, backup: false, force: false, mode: null, weights: null, ...facts };
  };
  return {
    models: ['routed'],
    forceWebSearch: true,
    routes: [
      {
        name: 'default',
        pools: [
          pool('main', offered('aurora.main.small', 'aurora.spare.small', 'borealis.main.large'), {
            mode: 'round-robin',
          }),
          pool('last', offered('cirrus.main.large'), { backup: true }),
        ],
      },
      {
        name: 'thinking',
        pools: [
          pool('main', offered('borealis.main.large', 'cirrus.main.large'), {
            mode: 'static-weighted',
            weights: { 'borealis.main.large': 3 },
          }),
        ],
      },
      { name: 'nightly', pools: [pool('main', offered('aurora.spare.small', 'drifter.main.small'))] },
      { name: 'vision', pools: [pool('eyes', offered('cirrus.main.large', 'aardvark.main.small'))] },
    ],
  };
}

/** Three providers, four keys, five targets; tight in slots, queue places and budgets, so that everything happens. */
export const CROWDED_POOL: PoolDefinition = poolOf(
  [
    targetOf('aurora.main.small', { budgets: [{ metric: 'tokens', window: '1m', limit: 90_000 }] }),
    targetOf('aurora.spare.small', { prices: { inputMicroUsdPerToken: 0.2 } }),
    targetOf('borealis.main.large', { prices: { inputMicroUsdPerToken: 3 }, contextTokens: 60_000 }),
    targetOf('borealis.main.small', { capabilities: { vision: false } }),
    targetOf('cirrus.main.large', { prices: { inputMicroUsdPerToken: 0, outputMicroUsdPerToken: 0 } }),
  ],
  {
    keys: {
      'aurora.main': { concurrencyLimit: 2, queueLimit: 3 },
      'aurora.spare': { concurrencyLimit: 1, queueLimit: 0 },
      'borealis.main': {
        concurrencyLimit: 2,
        queueLimit: 2,
        budgets: [{ metric: 'requests', window: '1m', limit: 12 }],
      },
      'cirrus.main': { concurrencyLimit: 1, queueLimit: 4 },
    },
    providers: { aurora: [{ metric: 'microUsd', window: '5m', limit: 400_000 }] },
    clientKeys: [
      { name: 'team', priorityCeiling: 'high', models: null, maySteer: true, routes: null, budgets: [] },
      {
        name: 'guest',
        priorityCeiling: 'normal',
        models: null,
        maySteer: true,
        routes: null,
        budgets: [{ metric: 'tokens', window: '1m', limit: 120_000 }],
      },
    ],
    modelAliases: { favourite: ['aurora.main.small', 'cirrus.main.large'] },
    routing: routesOver([
      'aurora.main.small',
      'aurora.spare.small',
      'borealis.main.large',
      'borealis.main.small',
      'cirrus.main.large',
    ]),
  },
);

/** Policies that differ in what the random runs are sensitive to. */
export const policies: fc.Arbitrary<Policy> = fc
  .record({
    mode: fc.constantFrom<SelectionMode>(...SELECTION_MODES),
    explorationRate: fc.constantFrom(0, 0.2, 1),
    minSamples: fc.constantFrom(2, 10),
    probeConcurrency: fc.constantFrom(1, 2),
    windowMs: fc.constantFrom(7_001, 60_000),
    halfLifeMs: fc.constantFrom(3_333, 120_000),
    attemptsMax: fc.constantFrom(1, 3, 5),
    timeoutMs: fc.constantFrom(2_000, 30_000),
    probeRate: fc.constantFrom(0, 0.05, 0.7),
    entriesMax: fc.constantFrom(0, 2, 50_000),
    warmTtlMs: fc.constantFrom(3_000, 300_000),
    stick: fc.constantFrom('none', 'key', 'target' as const),
    sessionsMax: fc.constantFrom(0, 2, 50_000),
    sessionTtlMs: fc.constantFrom(20_000, 86_400_000),
    hardLimit: fc.boolean(),
    consecutiveUntilBad: fc.constantFrom(0, 1, 4),
    ladderResetMs: fc.constantFrom(5_000, 86_400_000),
  })
  .map((drawn) =>
    policyWith({
      mode: drawn.mode,
      explorationRate: drawn.explorationRate,
      score: { halfLifeMs: drawn.halfLifeMs },
      health: {
        minSamples: drawn.minSamples,
        probeConcurrency: drawn.probeConcurrency,
        probeRate: drawn.probeRate,
        windowMs: drawn.windowMs,
        cooldownMs: 9_000,
        authCooldownMs: 20_000,
        cooldownMaxMs: 30_000,
        probesToRecover: 2,
      },
      rateLimit: { consecutiveUntilBad: drawn.consecutiveUntilBad, ladderResetMs: drawn.ladderResetMs },
      retry: { attemptsMax: drawn.attemptsMax },
      queue: { timeoutMs: drawn.timeoutMs },
      affinity: { warmTtlMs: drawn.warmTtlMs, entriesMax: drawn.entriesMax, stick: drawn.stick },
      sessions: { ttlMs: drawn.sessionTtlMs, entriesMax: drawn.sessionsMax },
      routing: { longContextThresholdTokens: 30_000, hardLimit: drawn.hardLimit },
    }),
  );

interface OpenAttempt {
  readonly requestId: string;
  readonly attempt: number;
  readonly target: string;
  readonly sentAtMs: number;
}

/** One input as the router was given it. */
export type Call = (router: Router) => readonly Command[];

/**
 * Plays steps against a router, keeps the books that a driver keeps, and checks every command. `mirror` sees
 * each call with the commands it gave, so that a second router can be held against the first.
 */
export class RandomRun {
  nowMs = 0;
  readonly attempts: OpenAttempt[] = [];
  readonly waiting = new Set<string>();
  /** How each request ended, in words; a request that ended twice has two. */
  readonly ends = new Map<string, string[]>();
  readonly history: Command[] = [];
  /** Every request that was begun. */
  readonly requests = new Map<string, RouterRequest>();
  private router: Router;
  private pool: PoolDefinition;
  private readonly tried = new Map<string, string[]>();
  private readonly mirror: (call: Call, commands: readonly Command[]) => void;

  constructor(
    router: Router,
    pool: PoolDefinition,
    mirror: (call: Call, commands: readonly Command[]) => void = () => {},
  ) {
    this.router = router;
    this.pool = pool;
    this.mirror = mirror;
  }

  /** From now on the steps are played against this router, which knows what the one before it knew. */
  goOnWith(router: Router, pool: PoolDefinition): void {
    this.router = router;
    this.pool = pool;
  }

  play(step: Step): void {
    switch (step.kind) {
      case 'begin':
        return this.begin(step);
      case 'end': {
        const attempt = this.attempts[step.which % Math.max(1, this.attempts.length)];
        if (attempt !== undefined) this.end(attempt, this.outcomeBy(step, attempt));
        return;
      }
      case 'cancelWaiting': {
        const requestId = [...this.waiting][step.which];
        if (requestId === undefined) return;
        this.waiting.delete(requestId);
        this.finish(requestId, 'cancelled');
        const gone = outcomeOf(requestId, 0, { kind: 'cancelled', status: null });
        this.give((router) => router.observe(gone, this.nowMs));
        return;
      }
      case 'order': {
        const target = this.router.targetIds[step.which];
        if (target === undefined) return;
        const untilMs = step.order === 'cool' ? this.nowMs + step.ms : null;
        this.give((router) => router.order({ kind: step.order, target, untilMs }, this.nowMs));
        return;
      }
      case 'spurious':
        return this.disturb(step.which);
      case 'pass':
        return this.pass(step.ms);
    }
  }

  /** Lets every attempt succeed and time go on until nothing is left, and checks that nothing is. */
  drain(): void {
    for (let rounds = 0; this.attempts.length > 0 || this.waiting.size > 0; rounds++) {
      expect(rounds).toBeLessThan(2_000);
      const attempt = this.attempts[0];
      if (attempt !== undefined) this.end(attempt, outcomeOf(attempt.requestId, attempt.attempt));
      else this.pass(Math.max(0, this.router.nextWakeAtMs - this.nowMs));
    }
    expect(this.router.openRequests).toBe(0);
    expect(this.router.nextWakeAtMs).toBe(Infinity);
    for (const [requestId, ends] of this.ends) expect([requestId, ends.length]).toEqual([requestId, 1]);
  }

  private begin(step: Extract<Step, { kind: 'begin' }>): void {
    const requestId = `r${this.ends.size}`;
    this.ends.set(requestId, []);
    const { scope = 'request' } = step.steering ?? {};
    const isNamed = scope === 'session' || scope === 'conversation';
    const scopeId = isNamed ? `${scope}-${step.session}` : `team:resume:r${Math.max(0, this.ends.size - 2)}`;
    const request = requestOf(requestId, {
      steering: step.steering === null ? null : { ...step.steering, scopeId },
      inputTokens: step.inputTokens,
      maxOutputTokens: step.maxOutputTokens,
      declaredPriority: step.priority,
      model: step.model,
      sessionId: step.session === 0 ? null : `s${step.session}`,
      prefixBlocks: step.session > 2 ? [1, step.session, step.session * 100] : null,
      hasImage: step.hasImage,
      clientKey: step.clientKey,
    });
    this.requests.set(requestId, request);
    this.give((router) => router.begin(request, this.nowMs));
  }

  private outcomeBy(
    step: Extract<Step, { kind: 'end' }>,
    { requestId, attempt, sentAtMs }: OpenAttempt,
  ): AttemptOutcome {
    const durationMs = this.nowMs - sentAtMs;
    if (step.fate === 'success') {
      return outcomeOf(requestId, attempt, {
        durationMs,
        firstTokenMs: Math.min(durationMs, step.firstTokenMs),
        inputTokens: step.usedTokens,
        cacheReadTokens: Math.floor(step.usedTokens / 3),
        costMicroUsd: step.usedTokens,
      });
    }
    const status = step.fate === 'failure' ? step.status : step.fate === 'limited' ? 429 : null;
    return outcomeOf(requestId, attempt, {
      kind: step.fate,
      status,
      errorCode: step.fate === 'failure' || step.fate === 'limited' ? step.errorCode : null,
      durationMs,
      firstTokenMs: null,
      inputTokens: step.reachedClient ? step.usedTokens : 0,
      outputTokens: 0,
      costMicroUsd: step.reachedClient ? step.usedTokens : 0,
      retryAfterMs: step.fate === 'limited' ? step.retryAfterMs : null,
      reachedClient: step.reachedClient && step.fate !== 'limited',
    });
  }

  private end(attempt: OpenAttempt, outcome: AttemptOutcome): void {
    this.attempts.splice(this.attempts.indexOf(attempt), 1);
    if (outcome.kind === 'success' || outcome.kind === 'cancelled') this.finish(attempt.requestId, outcome.kind);
    this.give((router) => router.observe(outcome, this.nowMs));
  }

  /** Makes a call that must change nothing. */
  private disturb(which: number): void {
    const call = this.spuriousCall(which);
    if (call === null) return;
    const memory = (): string => {
      const { state, flow } = this.router.snapshot();
      return JSON.stringify({ state, flow });
    };
    const before = memory();
    const commands = call(this.router);
    expect(commands).toEqual([]);
    expect(memory()).toBe(before);
    this.mirror(call, commands);
  }

  private spuriousCall(which: number): Call | null {
    const attempt = this.attempts[0];
    const waiting = [...this.waiting][0];
    if (which === 0) return (router) => router.observe(outcomeOf('never-begun', 1), this.nowMs);
    if (which === 1 && attempt !== undefined) {
      return (router) => router.observe(outcomeOf(attempt.requestId, attempt.attempt + 1), this.nowMs);
    }
    if (which === 2 && waiting !== undefined) return (router) => router.observe(outcomeOf(waiting, 1), this.nowMs);
    if (which === 3 && this.router.nextWakeAtMs > this.nowMs) return (router) => router.wake(this.nowMs);
    return null;
  }

  private pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let wakes = 0; this.router.nextWakeAtMs <= untilMs; wakes++) {
      expect(wakes).toBeLessThan(1_000);
      this.nowMs = Math.max(this.nowMs, this.router.nextWakeAtMs);
      this.give((router) => router.wake(this.nowMs));
      expect(this.router.nextWakeAtMs).toBeGreaterThan(this.nowMs);
    }
    this.nowMs = untilMs;
  }

  private give(call: Call): void {
    const commands = call(this.router);
    this.mirror(call, commands);
    for (const command of commands) this.carryOut(command);
  }

  private carryOut(command: Command): void {
    const { requestId } = command;
    this.history.push(command);
    expect(this.ends.get(requestId), `${command.kind} for ${requestId}, which has ended`).toEqual([]);
    expect(this.attempts.some((attempt) => attempt.requestId === requestId)).toBe(false);
    this.waiting.delete(requestId);
    if (command.kind === 'wait') {
      this.waiting.add(requestId);
      expect(command.untilMs).toBeGreaterThanOrEqual(this.nowMs);
    } else if (command.kind === 'reject') {
      this.finish(requestId, command.code);
      if (command.decision !== null) checkDecision(command.decision);
      expect(command.retryAfterMs ?? 0).toBeGreaterThanOrEqual(0);
    } else {
      const { target, attempt, decision } = command;
      const tried = this.tried.get(requestId) ?? [];
      expect(tried).not.toContain(target);
      expect(attempt).toBe(tried.length + 1);
      expect(decision.target).toBe(target);
      checkDecision(decision);
      this.checkBans(requestId, target);
      this.tried.set(requestId, [...tried, target]);
      this.attempts.push({ requestId, attempt, target, sentAtMs: this.nowMs });
      this.checkSlots(target);
    }
  }

  /** Bans of a request hold whatever else its session was told. */
  private checkBans(requestId: string, target: string): void {
    const addresses = addressedTargets(this.pool);
    for (const ban of this.requests.get(requestId)!.steering?.bans ?? []) {
      if (addresses.get(ban)?.includes(target)) expect(`${requestId} at ${target}`).toBe(`kept from ${ban}`);
    }
  }

  private checkSlots(target: string): void {
    const keyOf = (id: string): string => id.split('.').slice(0, 2).join('.');
    const key = this.pool.keys.find((each) => each.id === keyOf(target))!;
    const inFlight = this.attempts.filter((attempt) => keyOf(attempt.target) === key.id).length;
    expect(inFlight).toBeLessThanOrEqual(key.concurrencyLimit ?? Infinity);
  }

  private finish(requestId: string, how: string): void {
    this.ends.get(requestId)!.push(how);
  }
}

/** Deep equality; `expect` is asked only for the picture of a difference, because it is slow. */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** Holds another router against the one that a run drives: the same calls must give the same commands. */
export function expectAlike(other: Router, router: Router, call: Call, commands: readonly Command[]): void {
  expectSame(call(other), commands);
  if (other.nextWakeAtMs !== router.nextWakeAtMs) expect(other.nextWakeAtMs).toBe(router.nextWakeAtMs);
  if (other.openRequests !== router.openRequests) expect(other.openRequests).toBe(router.openRequests);
  router.targetIds.forEach((target, index) => {
    if (other.stateOf(index) !== router.stateOf(index))
      expect([target, other.stateOf(index)]).toEqual([target, router.stateOf(index)]);
  });
  router.budgetLabels.forEach((label, rule) => {
    if (other.budgetUse(rule) !== router.budgetUse(rule))
      expect([label, other.budgetUse(rule)]).toEqual([label, router.budgetUse(rule)]);
  });
}

/** Set by `npm run prove -- --only properties`, which has the time for more, and for what nobody has seen. */
const otherSeed = process.env['PROPERTY_SEED'];
export const IS_THOROUGH = otherSeed !== undefined;
/** In the tests, of the runs of the proof. */
const SHORT_SHARE = 0.4;

/** A property over random runs: repeatable, and given up rather than shrunk for minutes. @param runs of the proof */
export function runLimits(seed: number, runs: number) {
  return {
    seed: seed + Number(otherSeed ?? 0),
    numRuns: IS_THOROUGH ? runs : Math.ceil(SHORT_SHARE * runs),
    interruptAfterTimeLimit: 25_000,
    markInterruptAsFailure: true,
  };
}

/** What must hold of every decision, whatever was decided. */
export function checkDecision(decision: Decision): void {
  const { candidates, target, propensity, eligible } = decision;
  if (candidates === null) return;
  const passed = candidates.filter((candidate) => candidate.rejection === null);
  let sum = 0;
  for (const candidate of candidates) {
    const { score, weight, terms } = candidate;
    const unit = [score, weight, candidate.propensity, ...Object.values(terms)];
    must(
      unit.every((value) => value >= 0 && value <= 1 + 1e-12),
      'scores and terms are within [0, 1]',
      decision,
    );
    must(candidate.rejection === null || unit.every((value) => value === 0), 'a rejected target has nothing', decision);
    sum += candidate.propensity;
  }
  must(passed.length === eligible, 'the eligible are counted', decision);
  must((target === null) === (passed.length === 0), 'there is a choice when one is eligible', decision);
  if (target === null) return;
  const chosen = passed.find((candidate) => candidate.target === target);
  must(Math.abs(sum - 1) < 1e-9, `propensities sum to 1, not to ${sum}`, decision);
  must(chosen !== undefined, 'the chosen target passed the filters', decision);
  must(chosen?.propensity === propensity && propensity > 0, 'the propensity is that of the chosen target', decision);
}

/** `expect` is slow, and this is asked a hundred times a decision. */
function must(holds: boolean, what: string, decision: Decision): void {
  if (!holds) throw new Error(`broken: ${what}\n${JSON.stringify(decision, null, 1)}`);
}
