import { describe, expect, test } from 'vitest';
import { memoryTrace } from '../../../datasets/index.ts';
import { DEFAULT_POLICY } from '../../../src/router/policy.ts';
import type { PolicyRun } from '../../../simulator/result.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';
import { ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { evenly, rowsAt } from '../replay/rows-in-time.ts';
import { rowAt, scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { witnessedReplay } from '../replay/witness.ts';

/** Quantiles come from a histogram whose bins are 1 % wide or less. */
const near = (value: number) => expect.closeTo(value, -Math.log10(value * 0.02) - 0.3);

describe('the figures of a run without chance', () => {
  // Sixty requests a second apart: 100 ms to the first token, 1,100 ms in all, 2,808 micro-USD each.
  const streamed = async (): Promise<PolicyRun> => {
    const trace = memoryTrace(rowsAt(evenly(60, 1_000)), 'test');
    return (await witnessedReplay(trace, scenarioOf([{ id: 'aurora.main.large' }]), ONE_PATIENT_ATTEMPT)).run;
  };

  test('counts, ratios and money', async () => {
    expect(await streamed()).toMatchObject({
      arrivals: 60,
      completed: 60,
      rejected: 0,
      cancelled: 0,
      inFlight: 0,
      attempts: 60,
      successRatio: 1,
      costUsd: expect.closeTo(60 * 0.002808, 12) as number,
      costUsdPer1kRequests: expect.closeTo(2.808, 9) as number,
      requestsByAttempts: [0, 60],
      exploredRatio: 0,
      queuedRatio: 0,
      rejectedByCode: {},
      targets: [{ target: 'aurora.main.large', attempts: 60, share: 1, failureRatio: 0, limited: 0 }],
    });
  });

  test('times, from arrival to first and last token', async () => {
    const { firstTokenMs, durationMs, firstTokenEcdf, durationEcdf, costEcdf } = await streamed();
    for (const value of Object.values(firstTokenMs)) expect(value).toEqual(near(100));
    for (const value of Object.values(durationMs)) expect(value).toEqual(near(1_100));
    for (const ecdf of [firstTokenEcdf, durationEcdf, costEcdf]) {
      expect(ecdf.at(-1)?.share).toBe(1);
      for (const [index, point] of ecdf.slice(1).entries()) {
        expect(point.value).toBeGreaterThanOrEqual(ecdf[index]!.value);
        expect(point.share).toBeGreaterThan(ecdf[index]!.share);
      }
    }
    expect(costEcdf[50]?.value).toBeCloseTo(0.002808, 4);
  });

  test('slices: as many arrivals in each, and what is still open at the last arrival counts into the last', async () => {
    const { slices } = await streamed();
    expect(slices).toHaveLength(60);
    expect(slices.every(({ arrivals }) => arrivals === 1)).toBe(true);
    const expected = Array.from({ length: 60 }, () => 0);
    for (const sentAtMs of evenly(60, 1_000)) expected[Math.min(59, Math.floor((sentAtMs + 1_100) / 984))]!++;
    expect(slices.map(({ completed }) => completed)).toEqual(expected);
    expect(expected.slice(-1)).toEqual([3]);
    expect(slices.map(({ startMs }) => startMs).slice(0, 3)).toEqual([0, 984, 1_968]);
    expect(slices.every(({ stateByTarget }) => stateByTarget[0] === 'healthy')).toBe(true);
  });

  test('of an answer that is not streamed, the first token is the whole', async () => {
    const trace = memoryTrace(rowsAt([0], { stream: false }), 'test');
    const { run } = await witnessedReplay(trace, scenarioOf([{ id: 'aurora.main.large' }]), ONE_PATIENT_ATTEMPT);
    expect(run.firstTokenMs.p50).toEqual(near(1_100));
  });

  test('waiting in the queue counts from the arrival on', async () => {
    const targets = [{ id: 'aurora.main.large', concurrencyLimit: 1, queueLimit: 5 }];
    const trace = memoryTrace(rowsAt([0, 0, 0]), 'test');
    const { run } = await witnessedReplay(trace, scenarioOf(targets), ONE_PATIENT_ATTEMPT);
    expect(run.queuedRatio).toBeCloseTo(2 / 3, 12);
    // First tokens at 100, 1,200 and 2,300 ms, last ones at 1,100, 2,200 and 3,300.
    expect(run.firstTokenMs.p50).toEqual(near(1_200));
    expect(run.durationMs.p50).toEqual(near(2_200));
  });
});

describe('the figures of a run in trouble', () => {
  const failing = { ...STEADY_TWIN, errors: { serverError: 1, connectTimeout: 0, midStreamAbort: 0 } };
  const patientHealth = { ...DEFAULT_POLICY, health: ONE_PATIENT_ATTEMPT.health };

  test('retries are attempts of the same request, and failures those of their target', async () => {
    const targets = [{ id: 'aurora.main.large', twin: failing }, { id: 'borealis.main.large' }];
    const trace = memoryTrace(rowsAt(evenly(10, 10_000)), 'test');
    const { run } = await witnessedReplay(trace, scenarioOf(targets), { ...patientHealth, mode: 'round-robin' });
    // Round robin takes the target picked longest ago: each request fails at aurora and goes on to borealis.
    expect(run.targets.map(({ attempts, share, failureRatio }) => [attempts, share, failureRatio])).toEqual([
      [10, 0.5, 1],
      [10, 0.5, 0],
    ]);
    expect(run.requestsByAttempts).toEqual([0, 0, 10]);
    expect(run.slices.reduce((sum, { retries }) => sum + retries, 0)).toBe(10);
    expect(run).toMatchObject({ completed: 10, successRatio: 1 });
  });

  test('rejections are counted by code and leave the times alone', async () => {
    const trace = memoryTrace(rowsAt(evenly(5, 10_000)), 'test');
    const { run } = await witnessedReplay(
      trace,
      scenarioOf([{ id: 'aurora.main.large', twin: failing }]),
      patientHealth,
    );
    expect(run).toMatchObject({
      completed: 0,
      rejected: 5,
      successRatio: 0,
      rejectedByCode: { ALL_PROVIDER_FAILED: 5 },
      firstTokenMs: { p50: null, p90: null, p95: null, p99: null },
      firstTokenEcdf: [],
    });
  });

  test('each class has its own requests', async () => {
    const sizes = [
      { inputTokens: 100 },
      { inputTokens: 10_000 },
      { inputTokens: 50_000 },
      { inputTokens: 100, declaredClass: 'background' },
      { inputTokens: 200 },
    ];
    const rows = sizes.map((changes, index) => rowAt(index * 5_000, index, changes));
    const { run } = await witnessedReplay(
      memoryTrace(rows, 'test'),
      scenarioOf([{ id: 'aurora.main.large' }]),
      DEFAULT_POLICY,
    );
    expect(Object.fromEntries(run.classes.map((use) => [use.requestClass, [use.arrivals, use.costUsd]]))).toEqual({
      chat: [2, expect.closeTo((300 * 2 + 2 * 808) * 1e-6, 12)],
      long: [1, expect.closeTo((50_000 * 2 + 808) * 1e-6, 12)],
      background: [1, expect.closeTo((100 * 2 + 808) * 1e-6, 12)],
      balanced: [1, expect.closeTo((10_000 * 2 + 808) * 1e-6, 12)],
    });
  });

  test('budgets show how far they were used, in a short burst too', async () => {
    const budgets = [{ metric: 'requests' as const, window: '1m' as const, limit: 20 }];
    // One a minute for an hour, and ten more within a second of minute 30.
    const times = [...evenly(61, 60_000), ...evenly(10, 100).map((ms) => 1_805_000 + ms)].toSorted((a, b) => a - b);
    const { run } = await witnessedReplay(
      memoryTrace(rowsAt(times), 'test'),
      scenarioOf([{ id: 'aurora.main.large', budgets }]),
      DEFAULT_POLICY,
    );
    expect(run.budgets).toEqual(['target aurora.main.large: requests per 1m']);
    expect(run.budgetUseMax[0]).toBeGreaterThanOrEqual(0.5);
    expect(run.budgetUseMax[0]).toBeLessThanOrEqual(0.65);
    expect(run.slices.filter(({ budgetUse }) => budgetUse[0]! > 0.2)).toHaveLength(1);
  });
});
