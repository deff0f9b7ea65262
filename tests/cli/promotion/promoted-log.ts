/** A log of a simulated run, and a promotion that its policy might have come from. */
import { embeddedTracePath } from '../../../datasets/embedded/embedded-trace.ts';
import { memoryTrace, openTrace } from '../../../datasets/index.ts';
import type { TraceRow, TraceSource } from '../../../datasets/trace.ts';
import { collectorShape } from '../../../simulator/compare/compare.ts';
import { policyRun } from '../../../simulator/compare/policy-run.ts';
import { RunCollector } from '../../../simulator/compare/run-collector.ts';
import { replay } from '../../../simulator/replay/replay.ts';
import type { PolicyRun } from '../../../simulator/result.ts';
import type { Estimated, Evidence, Prediction } from '../../../src/config/evidence-schema.ts';
import { policyHash } from '../../../src/config/load-policy.ts';
import { loadScenario } from '../../../src/config/load-scenario.ts';
import { poolFingerprint } from '../../../src/config/pool-fingerprint.ts';
import { createLogWriter } from '../../../src/log/log-writer.ts';
import { CORE_VERSION } from '../../../src/router/index.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/router/policy.ts';
import type { PromotionRecord } from '../../../src/policies/measured-promotion.ts';
import { allRows } from '../../datasets/rows.ts';

export const CANDIDATE: Policy = { ...DEFAULT_POLICY, mode: 'weighted' };
export const INCUMBENT: Policy = DEFAULT_POLICY;
export const PROMOTION_ID = 'p-1';

export async function firstRows(requests: number): Promise<TraceRow[]> {
  return (await allRows(await openTrace(embeddedTracePath()))).slice(0, requests);
}

/** Replays the candidate into a log. @returns what the replay itself makes of it, and its trace */
export async function logCandidate(
  path: string,
  requests: number,
  seed = 1,
): Promise<{ readonly run: PolicyRun; readonly trace: TraceSource }> {
  const trace = memoryTrace(await firstRows(requests), 'embedded');
  const { scenario } = loadScenario('provider-outage');
  const collector = new RunCollector(collectorShape(trace, scenario));
  const recorder = await createLogWriter(path, { coreVersion: CORE_VERSION });
  const identity = { name: 'tuned', policyHash: policyHash(CANDIDATE) };
  const totals = await replay(trace, {
    scenario,
    policy: CANDIDATE,
    policyName: identity.name,
    policyHash: identity.policyHash,
    seed,
    observer: collector,
    recorder,
  });
  await recorder.close();
  collector.finish(totals.router);
  return { run: policyRun(identity, collector, totals.router, totals.inFlight), trace };
}

/** What the replay came to, as if it had been promised to within `slack` of it. */
export function predictionsOf(run: PolicyRun, slack = 0.1): Prediction[] {
  const estimate = (value: number | null): Estimated =>
    value === null
      ? { value, low95: null, high95: null }
      : { value, low95: value * (1 - slack), high95: value * (1 + slack) };
  const answered = estimate(run.successRatio);
  const of = (metric: Prediction['metric'], value: number | null): Prediction => ({
    metric,
    incumbent: estimate(value),
    candidate: estimate(value),
    difference: { value: 0, low95: -1, high95: 1 },
  });
  return [
    of('cost', run.costUsdPer1kRequests),
    { ...of('success', run.successRatio), candidate: { ...answered, high95: Math.min(1, answered.high95 ?? 1) } },
    of('p50_first_token_ms', run.firstTokenMs.p50),
    of('p95_first_token_ms', run.firstTokenMs.p95),
    of('p99_first_token_ms', run.firstTokenMs.p99),
    of('p95_duration_ms', run.durationMs.p95),
    of('budget_overshoot', 0),
  ];
}

export function evidenceOf(
  trace: TraceSource,
  holdout: readonly Prediction[],
  changes: Partial<Evidence> = {},
): Evidence {
  const { scenario, hash } = loadScenario('provider-outage');
  return {
    formatVersion: 1,
    coreVersion: CORE_VERSION,
    createdAt: '2026-05-01T06:00:00Z',
    validUntil: '2026-06-01T06:00:00Z',
    policyHash: policyHash(CANDIDATE),
    incumbent: { name: 'ranked', policyHash: policyHash(INCUMBENT) },
    pool: poolFingerprint(scenario.pool),
    trace: { name: trace.name, sha256: trace.sha256, requests: trace.requests, spanMs: trace.spanMs },
    holdoutShare: 0.3,
    scenarios: [{ name: scenario.name, sha256: hash }],
    seeds: [1],
    objective: { utility: { cost: -1 }, subjectTo: [] },
    predicted: { train: [], holdout: [...holdout] },
    tiers: { T1: 0, T2: 0, T3: 1 },
    verdict: 'better',
    why: 'it is cheaper',
    compared: [],
    pareto: [],
    trials: 10,
    replayedRequests: 1_000,
    ...changes,
  };
}

export function promotionOf(
  evidence: Evidence | null,
  steps: readonly (readonly [atMs: number, to: PromotionRecord['stage']])[] = [[0, 'active']],
): PromotionRecord {
  const hash = policyHash(CANDIDATE);
  const stages = ['staged', ...steps.map(([, to]) => to)] as PromotionRecord['stage'][];
  return {
    id: PROMOTION_ID,
    policyName: 'tuned',
    policyHash: hash,
    policy: CANDIDATE,
    evidence,
    incumbentName: 'ranked',
    incumbentHash: policyHash(INCUMBENT),
    stage: stages.at(-1)!,
    transitions: steps.map(([atMs, to], index) => ({
      atMs,
      promotionId: PROMOTION_ID,
      policyHash: hash,
      policyName: 'tuned',
      from: stages[index]!,
      to,
      who: 'proxy',
      why: 'its time had come',
    })),
  };
}
