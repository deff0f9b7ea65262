import { describe, expect, test } from 'vitest';
import { embeddedTracePath } from '../../../datasets/embedded/embedded-trace.ts';
import { loadTrace, memoryTrace, openTrace } from '../../../datasets/index.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/router/policy.ts';
import type { Fault } from '../../../simulator/scenario.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { evenly, rowsAt } from './rows-in-time.ts';
import { scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { witnessedReplay, type SeenAttempt, type SeenCall } from './witness.ts';

const FROM_MS = 10_000;
const TO_MS = 20_000;
/** A 429 cools nothing down, so that every request meets the fault. */
const UNIMPRESSED: Policy = {
  ...ONE_PATIENT_ATTEMPT,
  rateLimit: { ladderMs: [0], retryAfterMaxMs: 0, ladderResetMs: 1, consecutiveUntilBad: 0 },
};

type FaultEffect = Fault extends infer F ? (F extends Fault ? Omit<F, 'startMs' | 'endMs' | 'scope'> : never) : never;

/** The attempts of thirty requests, one a second, inside and outside of the fault's span. */
async function attemptsUnder(
  effect: FaultEffect,
  scope = 'aurora',
): Promise<Record<'inside' | 'outside', SeenAttempt[]>> {
  const fault = { startMs: FROM_MS, endMs: TO_MS, scope, ...effect } as Fault;
  const scenario = scenarioOf([{ id: 'aurora.main.large' }], { faults: [fault] });
  const { calls } = await witnessedReplay(memoryTrace(rowsAt(evenly(30, 1_000)), 'test'), scenario, UNIMPRESSED);
  const attempts = calls.flatMap((call) => call.attempts);
  expect(attempts).toHaveLength(30);
  const isInside = ({ sentAtMs }: SeenAttempt): boolean => sentAtMs >= FROM_MS && sentAtMs < TO_MS;
  return { inside: attempts.filter(isInside), outside: attempts.filter((attempt) => !isInside(attempt)) };
}

const SERVED = { kind: 'success', durationMs: 1_100, costMicroUsd: 2_808 };
const all = (attempts: readonly SeenAttempt[]) => attempts.map(({ outcome }) => outcome);

describe('a fault shows in its span and nowhere else', () => {
  test.each<[string, FaultEffect, object]>([
    ['failures', { kind: 'failures', probability: 1 }, { kind: 'failure', status: 500, costMicroUsd: 0 }],
    [
      'a storm of 429',
      { kind: 'rate-limit-storm', probability: 1, retryAfterMs: 7_000 },
      { kind: 'limited', status: 429, retryAfterMs: 7_000, costMicroUsd: 0 },
    ],
    ['latency', { kind: 'latency', factor: 3 }, { kind: 'success', costMicroUsd: 2_808 }],
    ['a price', { kind: 'price', factor: 2 }, { kind: 'success', costMicroUsd: 2 * 2_808 }],
  ])('%s', async (_, effect, expected) => {
    const { inside, outside } = await attemptsUnder(effect);
    expect(all(inside)).toEqual(Array.from({ length: 10 }, () => expect.objectContaining(expected)));
    for (const outcome of all(outside)) {
      expect(outcome).toMatchObject({ kind: SERVED.kind, costMicroUsd: SERVED.costMicroUsd });
      expect(outcome!.durationMs).toBeCloseTo(SERVED.durationMs, 6);
    }
    if (effect.kind === 'latency') for (const outcome of all(inside)) expect(outcome!.durationMs).toBeCloseTo(3_300, 6);
  });

  test('down: a refusal or no connection at all', async () => {
    const { inside, outside } = await attemptsUnder({ kind: 'down' }, 'aurora.main.large');
    expect(new Set(all(inside).map((outcome) => outcome!.errorCode))).toEqual(
      new Set(['service_unavailable', 'connect_timeout']),
    );
    expect(all(outside).every((outcome) => outcome!.kind === 'success')).toBe(true);
  });

  test('of another provider: nothing', async () => {
    const { inside } = await attemptsUnder({ kind: 'down' }, 'borealis');
    expect(all(inside).every((outcome) => outcome!.kind === 'success')).toBe(true);
  });

  test('a storm with Retry-After keeps requests away for that long', async () => {
    const storm: Fault = {
      startMs: FROM_MS,
      endMs: TO_MS,
      scope: 'aurora',
      kind: 'rate-limit-storm',
      probability: 1,
      retryAfterMs: 4_000,
    };
    const scenario = scenarioOf([{ id: 'aurora.main.large' }], { faults: [storm] });
    const { calls } = await witnessedReplay(
      memoryTrace(rowsAt(evenly(30, 1_000)), 'test'),
      scenario,
      ONE_PATIENT_ATTEMPT,
    );
    const limited = calls.flatMap((call) => call.attempts).filter(({ outcome }) => outcome?.kind === 'limited');
    // Each answer takes some tens of ms, so that the key is back a little after 4 s: every fifth request asks.
    expect(limited.map(({ sentAtMs }) => sentAtMs)).toEqual([10_000, 15_000]);
    const refused = calls.filter(({ reject }) => reject?.code === 'NO_AVAILABLE_PROVIDER');
    expect(refused.map(({ arrivedAtMs }) => arrivedAtMs / 1_000)).toEqual([11, 12, 13, 14, 16, 17, 18, 19]);
  });
});

describe('an outage of the best provider', () => {
  const MINUTE = 60_000;
  const share = (calls: readonly SeenCall[], provider: string, fromMs: number, toMs: number): number => {
    const attempts = calls
      .flatMap((call) => call.attempts)
      .filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs);
    return attempts.filter(({ target }) => target.startsWith(provider)).length / attempts.length;
  };

  test('moves ranked traffic away, with hardly a request lost, and back after it', async () => {
    const slower = { ...STEADY_TWIN, firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(1_000) } };
    const scenario = scenarioOf([{ id: 'aurora.main.large' }, { id: 'borealis.main.large', twin: slower }], {
      faults: [{ startMs: 10 * MINUTE, endMs: 20 * MINUTE, scope: 'aurora', kind: 'down' }],
    });
    const rows = rowsAt(evenly(2_400, 1_000));
    const { calls, run } = await witnessedReplay(memoryTrace(rows, 'test'), scenario, DEFAULT_POLICY);
    expect(share(calls, 'aurora', 0, 10 * MINUTE)).toBeGreaterThan(0.99);
    // Ten failed attempts tell; from then on only probes, ever more rarely.
    expect(share(calls, 'aurora', 11 * MINUTE, 20 * MINUTE)).toBeLessThan(0.02);
    // Probes fail after some 2, 4 and 8 min of the outage; the next one comes 8 min later, when it is over.
    expect(share(calls, 'aurora', 27 * MINUTE, 40 * MINUTE)).toBeGreaterThan(0.99);
    expect(run.successRatio).toBeGreaterThan(0.998);
  });

  test('does so in the shipped scenario too', async () => {
    const trace = await loadTrace(await openTrace(embeddedTracePath()), 10_000);
    const { scenario } = loadScenario('provider-outage');
    const { calls, run } = await witnessedReplay(trace, scenario, DEFAULT_POLICY);
    const before = share(calls, 'aurora', 0, 20 * MINUTE);
    const during = share(calls, 'aurora', 21 * MINUTE, 32 * MINUTE);
    const after = share(calls, 'aurora', 45 * MINUTE, 60 * MINUTE);
    expect(before).toBeGreaterThan(0.25);
    expect(during).toBeLessThan(0.05);
    expect(after).toBeGreaterThan(0.25);
    expect(run.successRatio).toBeGreaterThan(0.99);
  });
});
