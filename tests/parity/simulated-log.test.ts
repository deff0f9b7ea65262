/** A simulated run, logged, must come out of the core again bit for bit: the same claim that a live log has to meet. */
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import { generateTrace, GENERATOR_PROFILES } from '../../datasets/generator/index.ts';
import { memoryTrace, openTrace } from '../../datasets/index.ts';
import type { TraceSource } from '../../datasets/trace.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { explainRequest } from '../../src/log/explain-request.ts';
import { openLog } from '../../src/log/log-reader.ts';
import { DEFAULT_POLICY, type Policy, type SelectionMode } from '../../src/router/policy.ts';
import type { Fault } from '../../simulator/scenario.ts';
import { allRows } from '../datasets/rows.ts';
import { temporaryFolder } from '../log/temporary-folder.ts';
import { arbitraryRun } from '../simulator/replay/arbitrary-run.ts';
import { witnessedReplay } from '../simulator/replay/witness.ts';
import { logReplay, verifyAll } from './logged-replay.ts';

const pathOf = temporaryFolder();
let trace: TraceSource;

beforeAll(async () => {
  // A quarter of an hour of the embedded trace, twice as dense, so that budgets and queues are felt.
  const rows = await allRows(await openTrace(embeddedTracePath()));
  trace = memoryTrace(
    rows.slice(0, 1_000).map((row) => ({ ...row, arrivalMs: row.arrivalMs / 2 })),
    'dense',
  );
});

async function counts(path: string): Promise<Record<string, number>> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const [row] = (
    await connection.runAndReadAll(`SELECT
      (SELECT count(*)::INTEGER FROM decisions) AS decisions,
      (SELECT count(*)::INTEGER FROM decisions WHERE explored) AS explored,
      (SELECT count(*)::INTEGER FROM decisions WHERE cause = 'retry') AS retries,
      (SELECT count(*)::INTEGER FROM decisions WHERE cause = 'queue') AS queued,
      (SELECT count(*)::INTEGER FROM decisions WHERE budget_pressure > 0) AS pressed,
      (SELECT count(*)::INTEGER FROM outcomes) AS outcomes,
      (SELECT count(DISTINCT kind)::INTEGER FROM outcomes) AS kinds,
      (SELECT count(*)::INTEGER FROM inputs) AS inputs,
      (SELECT max(sequence)::INTEGER + 1 FROM inputs) AS sequences,
      (SELECT count(*)::INTEGER FROM inputs WHERE kind = 'begin') AS begun`)
  ).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return row as Record<string, number>;
}

const EXPLORING: Policy = { ...DEFAULT_POLICY, explorationRate: 0.1 };

describe.each<[string, SelectionMode]>([
  ['provider-outage', 'ranked'],
  ['provider-outage', 'weighted'],
  ['tight-budget', 'ranked'],
  ['tight-budget', 'weighted'],
  ['tight-budget', 'lowest-cost'],
  ['calm-day', 'power-of-two'],
])('%s under %s', (name, mode) => {
  test('gives every decision back', async () => {
    const path = pathOf(`${name}-${mode}.duckdb`);
    const { scenario } = loadScenario(name);
    // Keys with little room and providers that fail now and then, so that requests wait and are tried again.
    const keys = scenario.pool.keys.map((key) => ({ ...key, concurrencyLimit: 3 }));
    const faults = scenario.pool.providers.map(({ id }): Fault => {
      return { kind: 'failures', scope: id, startMs: 0, endMs: trace.spanMs, probability: 0.1 };
    });
    const crowded = { ...scenario, pool: { ...scenario.pool, keys }, faults: [...scenario.faults, ...faults] };
    await logReplay(path, trace, crowded, { ...EXPLORING, mode }, 11);
    const seen = await counts(path);
    expect(seen).toMatchObject({ begun: 1_000, inputs: seen['sequences'] });
    expect(seen['explored']).toBeGreaterThan(10);
    expect(seen['retries']).toBeGreaterThan(5);
    expect(seen['queued']).toBeGreaterThan(20);
    expect(seen['kinds']).toBeGreaterThanOrEqual(2);
    if (name === 'tight-budget') expect(seen['pressed']).toBeGreaterThan(0);
    expect(await verifyAll(path)).toEqual({
      decisions: seen['decisions'],
      identical: seen['decisions'],
      firstDifference: null,
    });
  });
});

test.each(['none', 'key', 'target'] as const)(
  'traffic with routes, sessions and instructions gives every decision back, sticking to %s',
  async (stick) => {
    const path = pathOf(`steered-${stick}.duckdb`);
    const { scenario } = loadScenario('agent-routes');
    const steered = generateTrace({
      ...GENERATOR_PROFILES.coding,
      seed: 3,
      requests: 2_000,
      hours: 0.25,
      instructions: { steerTo: ['aurora', 'prism.prism-pro', 'borealis.main', 'drift'], sessionShare: 0.5 },
    });
    await logReplay(path, steered, scenario, { ...EXPLORING, affinity: { ...EXPLORING.affinity, stick } }, 11);
    const { decisions, identical, firstDifference } = await verifyAll(path);
    expect(firstDifference).toBeNull();
    expect(identical).toBe(decisions);
    const reader = await openLog(path);
    try {
      const seen = new Set<string | null>();
      for await (const row of reader.decisions()) seen.add(row.route).add(row.steering);
      for (const word of ['default', 'thinking', 'tools', 'force', 'sticky', 'none']) expect(seen).toContain(word);
    } finally {
      reader.close();
    }
  },
);

test('any run gives every decision back', async () => {
  let index = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryRun, async ({ rows, scenario, policy, seed }) => {
      const path = pathOf(`any-${index++}.duckdb`);
      await logReplay(path, memoryTrace(rows, 'any'), scenario, policy, seed);
      const { decisions, identical, firstDifference } = await verifyAll(path);
      expect(firstDifference).toBeNull();
      expect(identical).toBe(decisions);
    }),
    { numRuns: 25 },
  );
});

test('a request of a simulated run can be explained, as it went', async () => {
  const { scenario } = loadScenario('provider-outage');
  const policy: Policy = { ...EXPLORING, mode: 'weighted' };
  const { calls } = await witnessedReplay(trace, scenario, policy, 4);
  const path = pathOf('explained.duckdb');
  await logReplay(path, trace, scenario, policy, 4);
  const reader = await openLog(path);
  try {
    for (const call of calls.filter(({ attempts }) => attempts.length > 1).slice(0, 20)) {
      const told = await explainRequest(reader, call.requestId);
      expect(told.decisions.map(({ decision }) => decision.chosen_target)).toEqual(
        call.attempts.map(({ target }) => target),
      );
      expect(told.decisions.map(({ outcome }) => outcome?.kind)).toEqual(
        call.attempts.map(({ outcome }) => outcome?.kind),
      );
      expect(told.decisions[0]?.decision.candidates).toHaveLength(10);
    }
  } finally {
    reader.close();
  }
});
