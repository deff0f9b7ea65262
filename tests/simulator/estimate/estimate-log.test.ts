/** Logs of simulated runs under a policy that leaves much to chance, against what the other policy gets when it runs itself. */
import { describe, expect, test } from 'vitest';
import { embeddedTracePath } from '../../../datasets/embedded/embedded-trace.ts';
import { memoryTrace, openTrace } from '../../../datasets/index.ts';
import type { TraceRow, TraceSource } from '../../../datasets/trace.ts';
import { estimateLog } from '../../../simulator/estimate/estimate-log.ts';
import type { PolicyEstimate } from '../../../simulator/estimate/policy-estimate.ts';
import { ESTIMATED_METRICS, type EstimatedMetric } from '../../../simulator/estimate/request-metrics.ts';
import type { Fault } from '../../../simulator/scenario.ts';
import { BadInput } from '../../../src/config/bad-input.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { policyHash } from '../../../src/config/load-policy.ts';
import { openLog, type LogReader } from '../../../src/log/log-reader.ts';
import type { LogInput } from '../../../src/log/payload.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/router/policy.ts';
import { allRows } from '../../datasets/rows.ts';
import { temporaryFolder } from '../../log/temporary-folder.ts';
import { logReplay } from '../../parity/logged-replay.ts';
import { ONE_PATIENT_ATTEMPT } from '../../../simulator/validate/queues/patient-policy.ts';
import { rowAt, scenarioOf } from '../../../simulator/validate/small/pool-in-small.ts';
import { witnessedReplay, type SeenCall } from '../replay/witness.ts';
import { STEADY_TWIN } from '../../../simulator/validate/small/small-scenario.ts';

const pathOf = temporaryFolder();

/** Three providers without any memory: what one choice comes to has nothing to do with those before it. */
const SCENARIO = scenarioOf([
  {
    id: 'cheap.main.m',
    twin: {
      firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(2_000), b1: 0.3, residual: { kind: 'exponential' } },
      errors: { serverError: 0.15, connectTimeout: 0, midStreamAbort: 0 },
      prices: { ...STEADY_TWIN.prices, inputMicroUsdPerToken: 0.3, outputMicroUsdPerToken: 1 },
    },
  },
  {
    id: 'even.main.m',
    twin: {
      firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(900), residual: { kind: 'exponential' } },
      errors: { serverError: 0.05, connectTimeout: 0, midStreamAbort: 0 },
    },
  },
  {
    id: 'swift.main.m',
    twin: {
      firstToken: { ...STEADY_TWIN.firstToken, b0: Math.log(300), residual: { kind: 'exponential' } },
      prices: { ...STEADY_TWIN.prices, inputMicroUsdPerToken: 9, outputMicroUsdPerToken: 30 },
    },
  },
]);

const LOGGING: Policy = {
  ...ONE_PATIENT_ATTEMPT,
  mode: 'weighted',
  explorationRate: 0.4,
  score: { ...ONE_PATIENT_ATTEMPT.score, sharpness: 2 },
};
const LOWEST_COST: Policy = { ...ONE_PATIENT_ATTEMPT, mode: 'lowest-cost' };
const RANDOM: Policy = { ...ONE_PATIENT_ATTEMPT, mode: 'random' };

function trace(requests: number, seed: number): TraceSource {
  const rows = Array.from({ length: requests }, (_, index): TraceRow => {
    const inputTokens = 200 + ((index * 7_919 + seed * 104_729) % 6_007);
    return rowAt(index * 500, index, { inputTokens, outputTokens: 20 + (inputTokens % 211) });
  });
  return memoryTrace(rows, 'stateless');
}

async function estimateOf(
  path: string,
  policy: Policy,
  metrics: readonly EstimatedMetric[] = ESTIMATED_METRICS,
  change: (reader: LogReader) => LogReader = (reader) => reader,
): Promise<PolicyEstimate> {
  const reader = await openLog(path);
  try {
    const settings = { policy, policyName: policy.mode, policyHash: policyHash(policy), metrics, seed: 1 };
    return await estimateLog(change(reader), settings);
  } finally {
    reader.close();
  }
}

/** The same figures of a policy that runs by itself on the same trace with other luck, twice. */
async function truthOf(requests: number, policy: Policy, seed: number): Promise<Record<EstimatedMetric, number>> {
  const runs = await Promise.all(
    [1, 2].map((luck) => witnessedReplay(trace(requests, seed), SCENARIO, policy, seed + 1_000 * luck)),
  );
  const calls = runs.flatMap((run) => run.calls);
  const firstTokens = calls.filter(({ end }) => end === 'completed').map(firstTokenOf);
  return {
    successRatio: firstTokens.length / calls.length,
    costUsdPer1kRequests: sum(calls.map(({ costMicroUsd }) => costMicroUsd)) / 1_000 / calls.length,
    firstTokenMs: sum(firstTokens) / firstTokens.length,
    firstTokenWithin2s: firstTokens.filter((ms) => ms <= 2_000).length / calls.length,
  };
}

function firstTokenOf({ attempts, arrivedAtMs }: SeenCall): number {
  const { sentAtMs, outcome } = attempts.at(-1)!;
  return sentAtMs - arrivedAtMs + (outcome!.firstTokenMs ?? outcome!.durationMs);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('a policy judged by the log of another', () => {
  test('is what it gets when it runs by itself, in most intervals', async () => {
    const requests = 2_500;
    let covered = 0;
    let judged = 0;
    for (const seed of [1, 2, 3]) {
      const path = pathOf(`covers-${seed}.duckdb`);
      await logReplay(path, trace(requests, seed), SCENARIO, LOGGING, seed);
      for (const policy of [LOWEST_COST, RANDOM]) {
        const estimate = await estimateOf(path, policy);
        const truth = await truthOf(requests, policy, seed);
        expect(estimate).toMatchObject({
          identifiable: true,
          reason: null,
          advice: null,
          requests,
          decisions: requests,
        });
        for (const { metric, snips, doublyRobust, switch: switched } of estimate.metrics) {
          for (const { value, low95, high95 } of [snips!, doublyRobust!, switched!]) {
            expect(Math.abs(value! / truth[metric] - 1)).toBeLessThan(0.25);
            judged++;
            if (low95! <= truth[metric] && truth[metric] <= high95!) covered++;
          }
        }
      }
    }
    expect(judged).toBe(3 * 2 * 4 * 3);
    expect(covered / judged).toBeGreaterThan(0.8);
  });

  test('that is the log’s own gets what the log got', async () => {
    const path = pathOf('own.duckdb');
    await logReplay(path, trace(600, 5), SCENARIO, LOGGING, 5);
    const { metrics, diagnostics, notes } = await estimateOf(path, LOGGING);
    expect(diagnostics).toMatchObject({ effectiveSampleSize: 600, meanWeight: 1, largestWeight: 1 });
    for (const { logging, ips, snips } of metrics) {
      expect(ips).toEqual(logging);
      expect(snips).toEqual(logging);
    }
    const { run } = await witnessedReplay(trace(600, 5), SCENARIO, LOGGING, 5);
    expect(metrics[0]!.logging.value).toBeCloseTo(run.successRatio, 12);
    expect(metrics[1]!.logging.value).toBeCloseTo(run.costUsdPer1kRequests, 9);
    expect(metrics.every(({ difference }) => Math.abs(difference!.value!) < 1e-9 || difference!.low95! <= 0)).toBe(
      true,
    );
    expect(notes).toEqual([
      "the policy is the log's own; its estimate should agree with what was got",
      expect.stringMatching(/^judged is one first choice at a time/),
    ]);
  });

  test('gives the same bytes twice', async () => {
    const path = pathOf('own.duckdb');
    expect(JSON.stringify(await estimateOf(path, RANDOM))).toBe(JSON.stringify(await estimateOf(path, RANDOM)));
  });

  test('retries, queues and what never was sent: every request is in its place', async () => {
    const rows = (await allRows(await openTrace(embeddedTracePath()))).slice(0, 800);
    const dense = memoryTrace(
      rows.map((row) => ({ ...row, arrivalMs: row.arrivalMs / 4 })),
      'dense',
    );
    const { scenario } = loadScenario('provider-outage');
    const keys = scenario.pool.keys.map((key) => ({ ...key, concurrencyLimit: 2, queueLimit: 4 }));
    const faults = scenario.pool.providers.map(({ id }): Fault => {
      return { kind: 'failures', scope: id, startMs: 0, endMs: dense.spanMs, probability: 0.2 };
    });
    const crowded = { ...scenario, pool: { ...scenario.pool, keys }, faults };
    const path = pathOf('crowded.duckdb');
    const policy: Policy = { ...DEFAULT_POLICY, mode: 'weighted', explorationRate: 0.1 };
    await logReplay(path, dense, crowded, policy, 9);
    const { calls } = await witnessedReplay(dense, crowded, policy, 9);
    const sent = calls.filter(({ attempts }) => attempts.length > 0);
    const completed = sent.filter(({ end }) => end === 'completed');
    expect(sent.filter(({ attempts }) => attempts.length > 1).length).toBeGreaterThan(50);
    expect(sent.length).toBeLessThan(calls.length);
    const { requests, decisions, metrics, notes } = await estimateOf(path, policy);
    expect({ requests, decisions }).toEqual({ requests: calls.length, decisions: sent.length });
    const logging = Object.fromEntries(metrics.map((metric) => [metric.metric, metric.logging.value]));
    expect(logging['successRatio']).toBeCloseTo(completed.length / sent.length, 12);
    expect(logging['costUsdPer1kRequests']).toBeCloseTo(
      sum(sent.map(({ costMicroUsd }) => costMicroUsd)) / 1_000 / sent.length,
      9,
    );
    expect(logging['firstTokenMs']).toBeCloseTo(sum(completed.map(firstTokenOf)) / completed.length, 6);
    expect(notes).toContainEqual(expect.stringContaining(`${calls.length - sent.length} requests that no target`));
  });

  test('what acts through the state alone is named', async () => {
    const slower: Policy = {
      ...LOGGING,
      health: { ...LOGGING.health, cooldownMs: 1_000 },
      score: { ...LOGGING.score, halfLifeMs: 1_000 },
    };
    const { notes } = await estimateOf(pathOf('own.duckdb'), slower, ['successRatio']);
    expect(notes.at(-1)).toMatch(/^not seen: what differs in health, score\.halfLifeMs acts through the state/);
  });
});

test('what the log’s policy could not do is told, even where the rest is enough', async () => {
  const path = pathOf('urgent.duckdb');
  const rows = (await allRows(trace(3_000, 1))).map((row, index) => ({
    ...row,
    declaredPriority: index % 50 === 0 ? 'high' : null,
  }));
  // Who is in a hurry is never explored with, so the log's policy has one choice for them.
  const policy: Policy = { ...ONE_PATIENT_ATTEMPT, explorationRate: 0.8 };
  await logReplay(path, memoryTrace(rows, 'urgent'), SCENARIO, policy, 3);
  const { identifiable, diagnostics, notes } = await estimateOf(path, LOWEST_COST, ['successRatio']);
  expect(identifiable).toBe(true);
  expect(diagnostics.unsupportedShare).toBeGreaterThan(0.005);
  expect(diagnostics.unsupportedShare).toBeLessThanOrEqual(0.02);
  expect(notes[0]).toMatch(
    /^in [0-9.]+ % of the choices the policy would do what the log's could not: IPS takes that for nothing/,
  );
});

describe('a log that does not say enough', () => {
  const noFigures = ({ metrics }: PolicyEstimate): boolean =>
    metrics.every(
      ({ ips, snips, doublyRobust, switch: switched, difference }) =>
        ips === null && snips === null && doublyRobust === null && switched === null && difference === null,
    );

  test('whose policy left nothing to chance is refused, with what it takes', async () => {
    const path = pathOf('deterministic.duckdb');
    await logReplay(path, trace(2_500, 1), SCENARIO, LOWEST_COST, 1);
    const estimate = await estimateOf(path, { ...LOWEST_COST, mode: 'lowest-latency' });
    expect(estimate.identifiable).toBe(false);
    expect(estimate.reason).toMatch(/left nothing to chance/);
    expect(noFigures(estimate)).toBe(true);
    expect(estimate.metrics[0]!.logging.value).toBeCloseTo(0.85, 1);
    const { explorationRate, longer } = estimate.advice!;
    // It would take one of the two others, as unknown as each other, so E w^2 = 1.5 / rate where it never agrees; the
    // mean of the weights asks for 1.96 sqrt((E w^2 - 1) / n) <= 0.05.
    const least = 1.5 / (1 + 2_500 * (0.05 / 1.96) ** 2);
    expect(explorationRate).toBeGreaterThanOrEqual(least);
    expect(explorationRate).toBeLessThan(least + 0.02);
    expect(longer!.explorationRate).toBe(0.02);
    expect(longer!.decisions / ((1.5 / 0.02 - 1) * (1.96 / 0.05) ** 2)).toBeCloseTo(1, 1);
  });

  test('with one target is refused', async () => {
    const path = pathOf('single.duckdb');
    const single = scenarioOf([{ id: 'only.main.m' }]);
    await logReplay(path, trace(700, 1), single, LOGGING, 1);
    const estimate = await estimateOf(path, RANDOM);
    expect(estimate.reason).toBe(
      "every one of the log's 700 choices had one candidate only, so no policy could have chosen otherwise",
    );
    expect(noFigures(estimate)).toBe(true);
    expect(estimate.advice).toBeNull();
  });

  test('of ten requests is refused, and told how many it takes', async () => {
    const path = pathOf('ten.duckdb');
    await logReplay(path, trace(10, 1), SCENARIO, LOGGING, 1);
    const estimate = await estimateOf(path, RANDOM);
    expect(estimate.reason).toMatch(/say as much as \d equally weighted ones, at least 500 are needed/);
    expect(noFigures(estimate)).toBe(true);
    expect(estimate.advice).toMatchObject({ explorationRate: null });
    expect(estimate.advice!.longer!.decisions).toBeGreaterThan(500);
  });

  const changed =
    (change: (input: LogInput) => LogInput | null) =>
    (reader: LogReader): LogReader => ({
      ...reader,
      async *inputs() {
        let sequence = 0;
        for await (const input of reader.inputs()) {
          const kept = change(input);
          if (kept !== null) yield { ...kept, sequence: sequence++ };
        }
      },
    });

  test.each<[string, (reader: LogReader) => LogReader, RegExp]>([
    ['no requests', changed((input) => (input.kind === 'configure' ? input : null)), /no request began in the log/],
    [
      'no outcomes',
      changed((input) => (input.kind === 'observe' ? null : input)),
      /none of its 600 requests has come to an end: the log has no outcomes/,
    ],
    [
      'a clock that goes back',
      changed((input) => (input.sequence === 400 ? { ...input, atMs: 0 } : input)),
      /input 400 \(\w+\) cannot be replayed: .*time/,
    ],
    [
      'an input that is gone',
      (reader) => ({
        ...reader,
        async *inputs() {
          for await (const input of reader.inputs()) if (input.sequence !== 300) yield input;
        },
      }),
      /input 300 is missing/,
    ],
    [
      'other propensities than this core would have',
      (reader) => ({
        ...reader,
        decisionsOf: async (...ids) => (await reader.decisionsOf(...ids)).map((row) => ({ ...row, propensity: 0.5 })),
      }),
      /this core .* decides \S+ with propensity 0\.\d+, the log says \S+ with propensity 0\.5; .* Run verify/,
    ],
    ['no decisions', (reader) => ({ ...reader, decisionsOf: async () => [] }), /the log has no decision on it/],
  ])('%s', async (_, change, message) => {
    await expect(estimateOf(pathOf('own.duckdb'), RANDOM, ['successRatio'], change)).rejects.toThrow(message);
    await expect(estimateOf(pathOf('own.duckdb'), RANDOM, ['successRatio'], change)).rejects.toThrow(BadInput);
  });
});
