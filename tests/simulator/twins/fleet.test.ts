import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault, ProviderWeather, Scenario, TwinDefinition } from '../../../simulator/scenario.ts';
import type { AttemptPlan } from '../../../simulator/twins/attempt-plan.ts';
import { createFleet, type Fleet } from '../../../simulator/twins/fleet.ts';
import { requestOf } from './attempt-request.ts';
import { smallScenario, STEADY_TWIN, TARGET_IDS } from '../../../simulator/validate/small/small-scenario.ts';

const fleetOf = (scenario: Scenario, seed = 1): Fleet => createFleet(scenario, TARGET_IDS, seed);
const twinFleet = (twin: Partial<TwinDefinition>, seed = 1): Fleet => fleetOf(smallScenario({ twin }), seed);
const always = { scope: 'aurora', startMs: 0, endMs: Infinity };

/** Plans of many requests to the first target, each over before the next. */
function plansOf(fleet: Fleet, count: number, stream = true): readonly AttemptPlan[] {
  return Array.from({ length: count }, (_, requestKey) => {
    const plan = fleet.attempt(0, requestOf({ requestKey, stream }), 1, 0);
    fleet.end(0, 0);
    return plan;
  });
}

const shareOf = (plans: readonly AttemptPlan[], errorCode: string | null): number =>
  plans.filter((plan) => plan.errorCode === errorCode).length / plans.length;

/** Four standard errors of a share. */
const margin = (share: number, count: number): number => 4 * Math.sqrt((share * (1 - share)) / count);

describe('an answer in full', () => {
  it('takes the first token and one step a token after it, and costs its tokens', () => {
    const plan = fleetOf(smallScenario()).attempt(0, requestOf(), 1, 0);
    expect(plan).toMatchObject({
      kind: 'success',
      status: 200,
      errorCode: null,
      inputTokens: 1_000,
      outputTokens: 101,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costMicroUsd: 1_000 * 2 + 101 * 8,
      retryAfterMs: null,
      reachedClient: true,
      connected: true,
    });
    expect(plan.firstTokenMs).toBeCloseTo(100, 9);
    expect(plan.durationMs).toBeCloseTo(100 + 100 * 10, 9);
  });

  it('hides the first token when it is not streamed', () => {
    const plan = fleetOf(smallScenario()).attempt(0, requestOf({ stream: false }), 1, 0);
    expect(plan.firstTokenMs).toBeNull();
    expect(plan.producesFromMs).toBeCloseTo(100, 9);
    expect(plan.durationMs).toBeCloseTo(1_100, 9);
  });
});

describe('load', () => {
  const twin = {
    firstToken: { ...STEADY_TWIN.firstToken, load: 1, loadReference: 4 },
    interToken: { aMs: 10, bMs: 2, sigma: 0 },
  };

  it('counts the other attempts of the model over all keys, until they end', () => {
    const fleet = twinFleet(twin);
    fleet.attempt(0, requestOf(), 1, 0);
    fleet.attempt(0, requestOf(), 1, 0);
    expect(fleet.inFlight(1)).toBe(2);
    expect(fleet.inFlight(2)).toBe(0);
    const loaded = fleet.attempt(1, requestOf(), 1, 0);
    expect(loaded.firstTokenMs).toBeCloseTo(100 * Math.exp(2 / 4), 9);
    expect(loaded.interTokenMs).toBe(14);
    expect(fleet.attempt(2, requestOf(), 1, 0).firstTokenMs).toBeCloseTo(100, 9);
    fleet.end(0, 1);
    fleet.end(0, 1);
    fleet.end(1, 1);
    expect(fleet.attempt(0, requestOf(), 1, 2).firstTokenMs).toBeCloseTo(100, 9);
  });

  it('refuses to end what is not in flight', () => {
    expect(() => fleetOf(smallScenario()).end(0, 0)).toThrow(/no attempt is in flight/);
  });
});

describe('errors', () => {
  const COUNT = 40_000;
  const errors = { connectTimeout: 0.02, serverError: 0.05, midStreamAbort: 0.1 };

  it('come with just their probabilities, streamed or not', () => {
    const streamed = plansOf(twinFleet({ errors }), COUNT);
    const whole = plansOf(twinFleet({ errors }), COUNT, false);
    for (const [plans, broken] of [
      [streamed, 'stream_broken'],
      [whole, 'connection_reset'],
    ] as const) {
      for (const [code, share] of [
        ['connect_timeout', 0.02],
        ['server_error', 0.05],
        [broken, 0.1],
        [null, 0.83],
      ] as const) {
        expect(Math.abs(shareOf(plans, code) - share)).toBeLessThan(margin(share, COUNT));
      }
    }
  });

  it('cost nothing before the first token, and take a believable time', () => {
    for (const plan of plansOf(twinFleet({ errors }), 5_000)) {
      if (plan.errorCode === 'connect_timeout') {
        expect(plan).toMatchObject({
          kind: 'timeout',
          status: null,
          durationMs: 30_000,
          costMicroUsd: 0,
          connected: false,
        });
      } else if (plan.errorCode === 'server_error') {
        expect(plan).toMatchObject({
          kind: 'failure',
          status: 500,
          firstTokenMs: null,
          inputTokens: 0,
          costMicroUsd: 0,
        });
        expect(plan.durationMs).toBeGreaterThan(5);
        expect(plan.durationMs).toBeLessThan(20_000);
      }
    }
  });

  it('break answers off after a uniform share, billed as far as they came', () => {
    const broken = plansOf(twinFleet({ errors: { ...errors, midStreamAbort: 0.9 } }), 20_000).filter(
      (plan) => plan.errorCode === 'stream_broken',
    );
    for (const plan of broken) {
      expect(plan).toMatchObject({ kind: 'failure', status: 200, reachedClient: true });
      expect(plan.outputTokens).toBe(1 + Math.floor((plan.durationMs - plan.producesFromMs) / 10));
      expect(plan.costMicroUsd).toBe(2_000 + 8 * plan.outputTokens);
    }
    const mean = broken.reduce((sum, { outputTokens }) => sum + outputTokens, 0) / broken.length;
    // 1 + floor of uniform(0, 100) averages 50.5, with a standard deviation of 28.9.
    expect(Math.abs(mean - 50.5)).toBeLessThan((4 * 28.9) / Math.sqrt(broken.length));
  });

  it('bill nothing for broken answers where the provider does not', () => {
    const prices = { ...STEADY_TWIN.prices, billsAborted: false };
    const [plan] = plansOf(
      twinFleet({ prices, errors: { ...errors, connectTimeout: 0, serverError: 0, midStreamAbort: 1 } }),
      1,
    );
    expect(plan!.kind).toBe('failure');
    expect(plan!.costMicroUsd).toBe(0);
  });
});

describe('rate limits', () => {
  const limited = { requestsPerMinute: 60, tokensPerMinute: null, retryAfter: true };

  it('answer 429 within tens of ms and say exactly when to come back', () => {
    const fleet = twinFleet({ rateLimit: limited });
    for (let key = 0; key < 60; key++)
      expect(fleet.attempt(0, requestOf({ requestKey: key }), 1, 0).kind).toBe('success');
    const refused = fleet.attempt(0, requestOf({ requestKey: 60 }), 1, 0);
    expect(refused).toMatchObject({
      kind: 'limited',
      status: 429,
      errorCode: 'rate_limited',
      retryAfterMs: 1_000,
      costMicroUsd: 0,
    });
    expect(refused.durationMs).toBeGreaterThan(2);
    expect(refused.durationMs).toBeLessThan(300);
    expect(fleet.attempt(0, requestOf({ requestKey: 61 }), 1, 999).kind).toBe('limited');
    expect(fleet.attempt(0, requestOf({ requestKey: 62 }), 1, 1_000).kind).toBe('success');
  });

  it('belong to the key: another key of the same model has its own', () => {
    const fleet = twinFleet({ rateLimit: { ...limited, requestsPerMinute: 1 } });
    expect([0, 0, 1, 1].map((target) => fleet.attempt(target, requestOf(), 1, 0).kind)).toEqual([
      'success',
      'limited',
      'success',
      'limited',
    ]);
  });

  it('count input and output tokens', () => {
    const fleet = twinFleet({ rateLimit: { requestsPerMinute: null, tokensPerMinute: 2_202, retryAfter: true } });
    const kinds = [0, 0, 0].map(() => fleet.attempt(0, requestOf(), 1, 0).kind);
    expect(kinds).toEqual(['success', 'success', 'limited']);
  });

  it('keep quiet about the time where the provider does, and about what can never pass', () => {
    const silent = twinFleet({ rateLimit: { requestsPerMinute: 1, tokensPerMinute: null, retryAfter: false } });
    silent.attempt(0, requestOf(), 1, 0);
    expect(silent.attempt(0, requestOf(), 1, 0)).toMatchObject({ kind: 'limited', retryAfterMs: null });
    const small = twinFleet({ rateLimit: { requestsPerMinute: null, tokensPerMinute: 500, retryAfter: true } });
    expect(small.attempt(0, requestOf(), 1, 0)).toMatchObject({ kind: 'limited', retryAfterMs: null });
  });

  it('pass their rate in the long run within 1 %', () => {
    const fleet = twinFleet({ rateLimit: limited });
    let passed = 0;
    for (let key = 0; key < 120_000; key++) {
      if (fleet.attempt(0, requestOf({ requestKey: key }), 1, key * 250).kind === 'success') passed++;
    }
    expect(Math.abs(passed / (60 + 120_000 / 4) - 1)).toBeLessThan(0.01);
  });
});

describe('faults', () => {
  const withFaults = (...faults: Fault[]): Fleet => fleetOf(smallScenario({ faults }));

  it('down: connect timeouts and quick 503, about half each, at this provider only', () => {
    const fleet = withFaults({ kind: 'down', ...always });
    const plans = plansOf(fleet, 10_000);
    expect(Math.abs(shareOf(plans, 'connect_timeout') - 0.5)).toBeLessThan(margin(0.5, 10_000));
    expect(shareOf(plans, 'connect_timeout') + shareOf(plans, 'service_unavailable')).toBe(1);
    const refused = plans.find((plan) => plan.status === 503)!;
    expect(refused.durationMs).toBeLessThan(2_000);
    expect(fleet.attempt(2, requestOf(), 1, 0).kind).toBe('success');
  });

  it('failures, storms, latency and prices do what they say', () => {
    const failing = plansOf(withFaults({ kind: 'failures', probability: 0.3, ...always }), 10_000);
    expect(Math.abs(shareOf(failing, 'server_error') - 0.3)).toBeLessThan(margin(0.3, 10_000));
    const storm = plansOf(withFaults({ kind: 'rate-limit-storm', probability: 1, retryAfterMs: 7_000, ...always }), 1);
    expect(storm[0]).toMatchObject({ kind: 'limited', status: 429, retryAfterMs: 7_000 });
    const slow = plansOf(withFaults({ kind: 'latency', factor: 3, ...always }), 1)[0]!;
    expect([slow.firstTokenMs, slow.durationMs]).toEqual([expect.closeTo(300, 9), expect.closeTo(3_300, 9)]);
    expect(plansOf(withFaults({ kind: 'price', factor: 2, ...always }), 1)[0]!.costMicroUsd).toBe(2 * 2_808);
  });

  it('end when they are said to', () => {
    const fleet = withFaults({ kind: 'down', scope: 'aurora', startMs: 100, endMs: 200 });
    expect([0, 100, 199, 200].map((nowMs) => fleet.attempt(0, requestOf(), 1, nowMs).kind === 'success')).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('weather', () => {
  const weather: ProviderWeather = {
    provider: 'aurora',
    up: { medianMs: 60_000, sigma: 0.5 },
    degraded: { medianMs: 60_000, sigma: 0.5, failureProbability: 0.4, latencyFactor: 3 },
    down: { medianMs: 60_000, sigma: 0.5, failureProbability: 0.9 },
    upToDegraded: 0.5,
    degradedToDown: 0.5,
  };

  it('slows and fails attempts by the state the provider is in', () => {
    const fleet = fleetOf(smallScenario({ weather: [weather] }));
    const seen = { up: 0, degraded: 0, down: 0 };
    const failed = { up: 0, degraded: 0, down: 0 };
    for (let key = 0; key < 60_000; key++) {
      const nowMs = key * 5_000;
      const state = fleet.weather(0, nowMs);
      const plan = fleet.attempt(0, requestOf({ requestKey: key }), 1, nowMs);
      seen[state]++;
      if (plan.kind !== 'success') failed[state]++;
      else expect(plan.firstTokenMs).toBeCloseTo(state === 'degraded' ? 300 : 100, 9);
      fleet.end(0, nowMs);
    }
    expect(failed.up).toBe(0);
    expect(Math.abs(failed.degraded / seen.degraded - 0.4)).toBeLessThan(margin(0.4, seen.degraded));
    expect(Math.abs(failed.down / seen.down - 0.9)).toBeLessThan(margin(0.9, seen.down));
  });

  it('is shared by the keys of a provider and leaves other providers alone', () => {
    const fleet = fleetOf(smallScenario({ weather: [weather] }));
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += 10_000) {
      expect(fleet.weather(1, nowMs)).toBe(fleet.weather(0, nowMs));
      expect(fleet.weather(2, nowMs)).toBe('up');
    }
  });
});

describe('prompt cache', () => {
  const promptCache = { ttlMs: 300_000, minTokens: 1_024, blockTokens: 256 };

  it('makes the next turn of a sticky session faster and cheaper', () => {
    const firstToken = { ...STEADY_TWIN.firstToken, b1: 1 };
    const fleet = twinFleet({ promptCache, firstToken });
    const first = fleet.attempt(0, requestOf({ sessionKey: 5, inputTokens: 4_096 }), 1, 0);
    const second = fleet.attempt(0, requestOf({ sessionKey: 5, inputTokens: 5_120 }), 1, 10_000);
    expect(first).toMatchObject({ cacheReadTokens: 0, cacheWriteTokens: 4_096 });
    expect(second).toMatchObject({ cacheReadTokens: 4_096, cacheWriteTokens: 1_024 });
    expect(first.costMicroUsd).toBe(4_096 * 2.5 + 101 * 8);
    expect(second.costMicroUsd).toBe(4_096 * 0.5 + 1_024 * 2.5 + 101 * 8);
    expect(first.firstTokenMs).toBeCloseTo(100 * (1 + 4.096), 6);
    expect(second.firstTokenMs).toBeCloseTo(100 * (1 + 1.024), 6);
  });

  it('is cold after a switch of target', () => {
    const fleet = twinFleet({ promptCache });
    const reads = [0, 1, 0, 0].map(
      (target, turn) =>
        fleet.attempt(target, requestOf({ sessionKey: 5, inputTokens: 4_096 }), 1, turn * 10_000).cacheReadTokens,
    );
    expect(reads).toEqual([0, 0, 0, 4_096]);
  });

  it('is not warmed by an attempt that got no token', () => {
    const fleet = fleetOf(
      smallScenario({ twin: { promptCache }, faults: [{ kind: 'down', scope: 'aurora', startMs: 0, endMs: 10 }] }),
    );
    fleet.attempt(0, requestOf({ sessionKey: 5, inputTokens: 4_096 }), 1, 0);
    expect(fleet.attempt(0, requestOf({ sessionKey: 5, inputTokens: 4_096 }), 1, 20_000).cacheReadTokens).toBe(0);
  });

  it('stays bounded over a million sessions', () => {
    const fleet = twinFleet({ promptCache });
    for (let key = 1; key <= 1_000_000; key++) {
      fleet.attempt(0, requestOf({ requestKey: key, sessionKey: key, inputTokens: 4_096 }), 1, key / 100);
      fleet.end(0, key / 100);
    }
    expect(fleet.cacheCapacity().sessions).toBeLessThanOrEqual(2 ** 18);
    expect(fleet.cacheCapacity().blocks).toBeLessThanOrEqual(1_024);
  });
});

describe('cutting an attempt short', () => {
  it('bills nothing before the first token, and input and output so far from then on', () => {
    const fleet = fleetOf(smallScenario());
    const plan = fleet.attempt(0, requestOf(), 1, 0);
    expect(fleet.cut(plan, 99)).toEqual({
      firstTokenMs: null,
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costMicroUsd: 0,
    });
    expect(fleet.cut(plan, 345)).toMatchObject({ inputTokens: 1_000, outputTokens: 25, costMicroUsd: 2_000 + 25 * 8 });
    expect(fleet.cut(plan, plan.durationMs)).toMatchObject({ outputTokens: 101, costMicroUsd: plan.costMicroUsd });
  });

  it('keeps to the prices at sending and to whether the provider bills what breaks off', () => {
    const dear = fleetOf(
      smallScenario({ faults: [{ kind: 'price', factor: 3, scope: 'aurora', startMs: 0, endMs: 50 }] }),
    );
    expect(dear.cut(dear.attempt(0, requestOf(), 1, 0), 345).costMicroUsd).toBe(3 * 2_200);
    const kind = twinFleet({ prices: { ...STEADY_TWIN.prices, billsAborted: false } });
    const plan = kind.attempt(0, requestOf(), 1, 0);
    expect(kind.cut(plan, 345)).toMatchObject({ outputTokens: 25, costMicroUsd: 0 });
    expect(kind.cut(plan, 2_000).costMicroUsd).toBe(2_808);
  });

  it('has nothing to bill for a refusal', () => {
    const fleet = fleetOf(smallScenario({ faults: [{ kind: 'down', ...always }] }));
    const plan = fleet.attempt(0, requestOf(), 1, 0);
    expect(fleet.cut(plan, plan.durationMs / 2).costMicroUsd).toBe(0);
  });

  it('never gives more when cut earlier', () => {
    const fleet = twinFleet({ interToken: { aMs: 7.3, bMs: 0, sigma: 0.4 } });
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.double({ min: 0, max: 2_000, noNaN: true }),
        fc.double({ min: 0, max: 2_000, noNaN: true }),
        (requestKey, a, b) => {
          const plan = fleet.attempt(0, requestOf({ requestKey }), 1, 0);
          fleet.end(0, 0);
          const early = fleet.cut(plan, Math.min(a, b));
          const late = fleet.cut(plan, Math.max(a, b));
          expect(early.outputTokens).toBeLessThanOrEqual(late.outputTokens);
          expect(early.costMicroUsd).toBeLessThanOrEqual(late.costMicroUsd);
          expect(late.costMicroUsd).toBeLessThanOrEqual(plan.costMicroUsd);
        },
      ),
    );
  });
});

describe('common luck', () => {
  const noisy: Partial<TwinDefinition> = {
    firstToken: { ...STEADY_TWIN.firstToken, residual: { kind: 'exponential' } },
    coldStart: { probability: 0.1, minMs: 1_000, maxMs: 9_000 },
    interToken: { aMs: 10, bMs: 0, sigma: 0.5 },
    errors: { serverError: 0.1, connectTimeout: 0.1, midStreamAbort: 0.1 },
  };

  it('gives a request the same plan whatever came before it and in whatever order', () => {
    const ask = (fleet: Fleet, requestKey: number, target: number, attempt: number): AttemptPlan => {
      const plan = fleet.attempt(target, requestOf({ requestKey }), attempt, 0);
      fleet.end(target, 0);
      return plan;
    };
    const calls = Array.from({ length: 300 }, (_, index) => [index >> 1, index % 3, 1 + (index % 2)] as const);
    const forward = twinFleet(noisy);
    const expected = new Map(calls.map((call) => [call.join(), ask(forward, ...call)]));
    fc.assert(
      fc.property(fc.shuffledSubarray(calls, { minLength: 1 }), (some) => {
        const fleet = twinFleet(noisy);
        for (const call of some) expect(ask(fleet, ...call)).toEqual(expected.get(call.join()));
      }),
      { numRuns: 20 },
    );
  });

  it('does not depend on the place of a target in the list', () => {
    const reversed = createFleet(smallScenario({ twin: noisy }), [...TARGET_IDS].reverse(), 1);
    const plan = twinFleet(noisy).attempt(0, requestOf({ requestKey: 77 }), 1, 0);
    expect(reversed.attempt(2, requestOf({ requestKey: 77 }), 1, 0)).toEqual({ ...plan, targetIndex: 2 });
  });

  it('differs between targets, attempts, requests and seeds', () => {
    const durations = [
      twinFleet(noisy).attempt(0, requestOf(), 1, 0),
      twinFleet(noisy).attempt(1, requestOf(), 1, 0),
      twinFleet(noisy).attempt(0, requestOf(), 2, 0),
      twinFleet(noisy).attempt(0, requestOf({ requestKey: 2 }), 1, 0),
      twinFleet(noisy, 2).attempt(0, requestOf(), 1, 0),
    ].map(({ durationMs }) => durationMs);
    expect(new Set(durations).size).toBe(5);
  });
});

describe('misuse', () => {
  it('is told in words', () => {
    const scenario = smallScenario();
    expect(() => createFleet(scenario, ['nobody.main.large'], 1)).toThrow(/no target nobody.main.large in its pool/);
    expect(() => createFleet({ ...scenario, twins: [] }, TARGET_IDS, 1)).toThrow(/aurora large has no twin/);
    const fleet = fleetOf(scenario);
    fleet.attempt(0, requestOf(), 1, 10);
    expect(() => fleet.attempt(0, requestOf(), 1, 9)).toThrow(/time went back from 10 to 9 ms/);
    expect(() => fleet.attempt(3, requestOf(), 1, 10)).toThrow(/no target 3/);
  });
});
