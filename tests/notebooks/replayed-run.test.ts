import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadTrace, memoryTrace, openTrace } from '../../datasets/index.ts';
import { embeddedTracePath } from '../../datasets/embedded/embedded-trace.ts';
import type { TraceRow } from '../../datasets/trace.ts';
import { changedRequests, choiceLine, replayedRun } from '../../notebooks/parts/replayed-run.ts';
import { isWithoutWeight, policyOf, slidersOf, type SliderValues } from '../../notebooks/parts/slider-policy.ts';
import { isOfSpread } from '../../notebooks/tables/replay-tables.ts';
import { runSimulation } from '../../src/cli/run-simulation.ts';
import { loadPolicy } from '../../src/config/load-policy.ts';
import { loadScenario } from '../../src/config/load-scenario.ts';
import { openLog } from '../../src/log/log-reader.ts';
import { DEFAULT_POLICY } from '../../src/router/index.ts';
import type { Policy } from '../../src/router/policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenpool-replayed-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function someRows(count: number): Promise<readonly TraceRow[]> {
  const rows: TraceRow[] = [];
  for await (const batch of (await loadTrace(await openTrace(embeddedTracePath()), 10_000)).batches())
    rows.push(...batch);
  return rows.filter((_row, index) => isOfSpread(index, rows.length, count));
}

describe('the replay that pages use', () => {
  test('makes the decisions that simulate writes into a log, and the same figures', async () => {
    const rows = await someRows(300);
    const scenario = loadScenario('provider-outage');
    const policy = loadPolicy('weighted');
    const onPage = await replayedRun({
      rows,
      scenario: scenario.scenario,
      policy: policy.policy,
      name: 'weighted',
      seed: 7,
    });

    const logPath = join(folder, 'log.duckdb');
    const simulated = await runSimulation({ trace: memoryTrace(rows, 'some'), scenario, policy, seed: 7, logPath });
    const log = await openLog(logPath);
    const logged: string[] = [];
    for await (const row of log.decisions()) {
      const { request_id: requestId, attempt, chosen_target: target, at_ms: atMs, propensity } = row;
      logged.push(choiceLine({ requestId, attempt, target, atMs, propensity }));
    }
    log.close();
    expect(onPage.decisions.map(choiceLine)).toEqual(logged);
    expect({ ...onPage.run, policyHash: '' }).toEqual({ ...simulated, policyHash: '' });
  });

  test('says which requests went another way', async () => {
    const rows = await someRows(200);
    const { scenario } = loadScenario('calm-day');
    const run = (policy = DEFAULT_POLICY) => replayedRun({ rows, scenario, policy, name: '', seed: 1 });
    const before = await run();
    const again = await run();
    const zero = { success: 0, firstToken: 0, speed: 0, cache: 0, load: 0 };
    const after = await run(policyOf(DEFAULT_POLICY, { ...slidersOf(DEFAULT_POLICY), ...zero, cost: 1 }));
    expect(changedRequests(before.decisions, again.decisions)).toEqual([]);
    expect(again.decisionsHash).toBe(before.decisionsHash);
    const changed = changedRequests(before.decisions, after.decisions);
    expect(changed.length).toBeGreaterThan(20);
    expect(changed.length).toBeLessThan(rows.length);
    expect(after.decisionsHash).not.toBe(before.decisionsHash);
    expect(after.run.costUsd).toBeLessThan(before.run.costUsd);
  });
});

describe('the sliders', () => {
  test('stand where the policy is, and change nothing there', () => {
    expect(policyOf(DEFAULT_POLICY, slidersOf(DEFAULT_POLICY))).toEqual(DEFAULT_POLICY);
  });

  /** Numbers between the steps of all sliders, as a search finds them. */
  const odd: Policy = {
    ...DEFAULT_POLICY,
    explorationRate: 0.00027,
    score: {
      ...DEFAULT_POLICY.score,
      sharpness: 4.428,
      weights: { success: 0.0173, firstToken: 0.318, speed: 0.261, cache: 0.9632, cost: 0.447, load: 0.0791 },
    },
    budget: { ...DEFAULT_POLICY.budget, softThreshold: 0.7712, costGain: 2.118 },
  };
  const shown: SliderValues = {
    mode: odd.mode,
    success: 0,
    firstToken: 0.3,
    speed: 0.25,
    cache: 0.95,
    cost: 0.45,
    load: 0.1,
    sharpness: 4.5,
    explorationRate: 0,
    softThreshold: 0.75,
    costGain: 2,
  };

  test('leave the policy its own numbers where they round them, until they are moved', async () => {
    expect(policyOf(odd, { ...shown }, shown)).toEqual(odd);
    const { score, ...rest } = policyOf(odd, { ...shown, cost: 0.9 }, shown);
    expect({ ...rest, score }).toEqual({
      ...odd,
      score: { ...odd.score, weights: { ...odd.score.weights, cost: 0.9 } },
    });
    const rows = await someRows(200);
    const { scenario } = loadScenario('calm-day');
    const run = (policy: Policy) => replayedRun({ rows, scenario, policy, name: '', seed: 1 });
    const [before, unmoved] = [await run(odd), await run(policyOf(odd, { ...shown }, shown))];
    expect(unmoved.decisionsHash).toBe(before.decisionsHash);
  });

  test('keep the weights of the policy when all stand at zero, as a policy needs one', () => {
    const zero = { success: 0, firstToken: 0, speed: 0, cache: 0, cost: 0, load: 0 };
    const values = { ...slidersOf(DEFAULT_POLICY), ...zero, sharpness: 3, softThreshold: 0.5 };
    const { score, budget } = policyOf(DEFAULT_POLICY, values);
    expect([score.weights, score.sharpness, budget.softThreshold]).toEqual([DEFAULT_POLICY.score.weights, 3, 0.5]);
    expect([isWithoutWeight(values), isWithoutWeight({ ...values, load: 0.05 })]).toEqual([true, false]);
  });
});

describe('the requests of a page', () => {
  test.each([
    [10, 3],
    [10, 10],
    [10, 20],
    [6_000, 2_000],
    [7, 1],
  ])('of %i at most %i, spread over the whole', (count, most) => {
    const rows = Array.from({ length: count }, (_, index) => ({ arrivalMs: index })) as TraceRow[];
    const kept = rows.filter((_row, index) => isOfSpread(index, count, most));
    expect(kept).toHaveLength(Math.min(count, most));
    expect(kept[0]).toBe(rows[0]);
    const gaps = kept.slice(1).map((row, index) => row.arrivalMs - kept[index]!.arrivalMs);
    expect(Math.max(1, ...gaps)).toBeLessThanOrEqual(Math.ceil(count / most));
  });
});
