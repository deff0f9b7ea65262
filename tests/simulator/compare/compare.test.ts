/** Whole comparisons: on the embedded trace, and on the public data where it lies beside the project. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { embeddedTracePath } from '../../../datasets/embedded/embedded-trace.ts';
import {
  ASSUMED_CHAT,
  importAzure,
  importMooncake,
  importServeGen,
  importTrace,
  type Rejects,
} from '../../../datasets/importers/index.ts';
import { loadTrace, openTrace } from '../../../datasets/index.ts';
import type { TraceRow, TraceSource } from '../../../datasets/trace.ts';
import { loadPolicy } from '../../../src/config/load-policy.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { compare, type ComparedPolicies } from '../../../simulator/compare/compare.ts';
import { temporaryFolder } from '../../datasets/rows.ts';
import { checkBalance } from '../replay/witness.ts';

const POLICIES = ['ranked', 'weighted', 'round-robin', 'lowest-cost'];

async function compared(trace: TraceSource, scenarioName: string): Promise<ComparedPolicies> {
  const { scenario, hash } = loadScenario(scenarioName);
  const seen: string[] = [];
  const result = await compare({
    trace: await loadTrace(trace, 1_000_000),
    scenario,
    scenarioHash: hash,
    policies: POLICIES.map(loadPolicy),
    seed: 1,
    onProgress: (policy) => {
      if (!seen.includes(policy)) seen.push(policy);
    },
  });
  expect(seen).toEqual(POLICIES);
  return result;
}

function expectSound(result: ComparedPolicies, requests: number): void {
  expect(result.policies.map(({ name }) => name)).toEqual(POLICIES);
  for (const run of result.policies) {
    checkBalance(run);
    expect([run.arrivals, run.inFlight]).toEqual([requests, 0]);
    expect(run.targets.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(run.successRatio).toBeGreaterThan(0.95);
  }
  expect(result.paired).toHaveLength(6 * 6);
  const [ranked, , , cheapest] = result.policies;
  // What the names promise: nobody spends less than lowest-cost, and ranked buys speed with its money.
  for (const run of result.policies) expect(run.costUsd).toBeGreaterThanOrEqual(cheapest!.costUsd);
  expect(ranked!.firstTokenMs.p50!).toBeLessThan(cheapest!.firstTokenMs.p50!);
}

describe('a comparison on the embedded trace', () => {
  test('is sound, tells of the faults, and comes out the same again', async () => {
    const trace = await openTrace(embeddedTracePath());
    const once = await compared(trace, 'provider-outage');
    expectSound(once, 6_000);
    expect(once.faults).toHaveLength(5);
    expect(once.faults[1]).toEqual({ label: 'aurora down', startMs: 20 * 60_000, endMs: 32 * 60_000 });
    expect(once.trace).toMatchObject({ sha256: trace.sha256, requests: 6_000, askedAsAuto: 0 });
    expect(JSON.stringify(await compared(trace, 'provider-outage'))).toBe(JSON.stringify(once));
  });
});

const inFolder = temporaryFolder();
const pathOf = (name: string): string => fileURLToPath(new URL(`../../../../shared/traces/${name}`, import.meta.url));
const AZURE = pathOf('azure-llm-2023/AzureLLMInferenceTrace_conv.csv');
const MOONCAKE = pathOf('mooncake/conversation_trace.jsonl.gz');
const SERVEGEN = ['rates', 'token_stats'].map((what) => pathOf(`servegen/servegen_client_${what}.csv.gz`));

async function imported(
  name: string,
  rebase: boolean,
  read: (rejects: Rejects) => AsyncIterable<readonly TraceRow[]>,
): Promise<TraceSource> {
  const out = inFolder(`${name}.parquet`);
  await importTrace(read, { out, skipBadRows: false, rebase });
  return openTrace(out);
}

describe.runIf(existsSync(AZURE))('a comparison on the Azure conversation trace', () => {
  test('is sound', async () => {
    const trace = await imported('azure', true, (rejects) => importAzure([AZURE], ASSUMED_CHAT, rejects));
    expectSound(await compared(trace, 'calm-day'), 19_366);
  });
});

describe.runIf(existsSync(MOONCAKE))('a comparison on the Mooncake conversation trace', () => {
  test('is sound, and finds prefixes in the caches', async () => {
    const options = { ...ASSUMED_CHAT, seed: 1 };
    const trace = await imported('mooncake', false, (rejects) => importMooncake([MOONCAKE], options, rejects));
    const result = await compared(trace, 'calm-day');
    expectSound(result, 12_031);
    // An endless cache of one target would find 37.4 % of the input tokens.
    for (const { cacheReadRatio } of result.policies) {
      expect(cacheReadRatio).toBeGreaterThan(0.01);
      expect(cacheReadRatio).toBeLessThan(0.374);
    }
  });
});

describe.runIf(SERVEGEN.every((path) => existsSync(path)))('a comparison on a ServeGen day', () => {
  test('is sound', async () => {
    const options = {
      ...ASSUMED_CHAT,
      serveGenModel: 'm-small',
      startSeconds: 3 * 86_400,
      hours: 24,
      scale: 0.0002,
      clientLimit: null,
      seed: 1,
    };
    const trace = await imported('servegen', false, (rejects) => importServeGen(SERVEGEN, options, rejects));
    expect(trace.requests).toBeGreaterThan(10_000);
    expectSound(await compared(trace, 'calm-day'), trace.requests);
  });
});
