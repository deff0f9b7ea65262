/** Several policies over one trace in one scenario, on the same luck. */
import type { TraceSource } from '../../datasets/trace.ts';
import type { Policy } from '../../src/router/policy.ts';
import { CORE_VERSION } from '../../src/router/router.ts';
import type { RecordedOutcomes } from '../counterfactual/settle-from-recording.ts';
import { replay } from '../replay/replay.ts';
import type { Comparison, FaultSpan, PolicyRun } from '../result.ts';
import type { Fault, Scenario } from '../scenario.ts';
import { createResampling } from '../statistics/block-bootstrap.ts';
import { blockCount } from '../statistics/block-count.ts';
import { pairedDifferences, type NamedRun } from './paired-differences.ts';
import { policyRun } from './policy-run.ts';
import { routeDifferences } from './route-differences.ts';
import { routeUses } from './route-figures.ts';
import { RunCollector, type CollectorShape } from './run-collector.ts';

const SLICES = 60;

export interface CompareSettings {
  readonly trace: TraceSource;
  readonly scenario: Scenario;
  readonly scenarioHash: string;
  readonly policies: readonly { readonly name: string; readonly policy: Policy; readonly hash: string }[];
  readonly seed: number;
  /** As in `ReplaySettings`. */
  readonly outcomes?: RecordedOutcomes | undefined;
  readonly onProgress?: (policy: string, rows: number) => void;
}

/** A comparison without what only the command knows: how it was called and how long it took. */
export type ComparedPolicies = Omit<Comparison, 'command' | 'wallMs' | 'requestsPerSecond'>;

export async function compare(settings: CompareSettings): Promise<ComparedPolicies> {
  const { trace, scenario, scenarioHash, policies, seed, outcomes, onProgress } = settings;
  const shape = collectorShape(trace, scenario);
  const runs: NamedRun[] = [];
  const results: PolicyRun[] = [];
  let askedAsAuto = 0;
  for (const { name, policy, hash } of policies) {
    const run = new RunCollector(shape);
    const totals = await replay(trace, {
      scenario,
      policy,
      seed,
      observer: run,
      outcomes,
      onProgress: onProgress && ((rows) => onProgress(name, rows)),
    });
    run.finish(totals.router);
    runs.push({ name, run });
    const result = policyRun({ name, policyHash: hash }, run, totals.router, totals.inFlight);
    results.push(outcomes === undefined ? result : { ...result, tiers: run.tiers.shares() });
    askedAsAuto = totals.askedAsAuto;
  }
  const resampling = createResampling(shape.blocks, seed);
  const sticks = policies.map(({ policy }) => policy.affinity.stick);
  const hasRoutes = runs.some(({ run }) => run.routes.hasRouting) || new Set(sticks).size > 1;
  return {
    kind: 'comparison',
    formatVersion: 1,
    coreVersion: CORE_VERSION,
    trace: { name: trace.name, sha256: trace.sha256, requests: trace.requests, spanMs: trace.spanMs, askedAsAuto },
    scenario: scenario.name,
    scenarioHash,
    faults: scenario.faults.map(faultSpan),
    seed,
    ...(outcomes === undefined ? {} : { outcomes: outcomesUsed(outcomes) }),
    policies: hasRoutes
      ? results.map((result, index) => ({
          ...result,
          stick: sticks[index]!,
          routes: routeUses(runs[index]!.run.routes),
        }))
      : results,
    paired: pairedDifferences(runs, resampling),
    ...(hasRoutes ? { routePaired: routeDifferences(runs, resampling) } : {}),
  };
}

/** How finely a run over this trace is gathered. */
export function collectorShape(trace: TraceSource, scenario: Scenario): CollectorShape {
  const { pool } = scenario;
  const scopes = [...pool.targets, ...pool.keys, ...pool.providers, ...pool.clientKeys];
  return {
    requests: trace.requests,
    spanMs: trace.spanMs,
    blocks: blockCount(trace.requests),
    slices: SLICES,
    targets: pool.targets.length,
    budgets: scopes.reduce((count, scope) => count + scope.budgets.length, 0),
  };
}

/** What a result says of where its outcomes come from. */
export function outcomesUsed({ mode, recording }: RecordedOutcomes): NonNullable<Comparison['outcomes']> {
  return { mode, recording: recording.name, attempts: recording.rows };
}

function faultSpan(fault: Fault): FaultSpan {
  return { label: faultLabel(fault), startMs: fault.startMs, endMs: fault.endMs };
}

function faultLabel(fault: Fault): string {
  const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
  switch (fault.kind) {
    case 'down':
      return `${fault.scope} down`;
    case 'failures':
      return `${fault.scope} fails ${percent(fault.probability)}`;
    case 'rate-limit-storm':
      return `${fault.scope} limits ${percent(fault.probability)}`;
    case 'latency':
      return `${fault.scope} latency x${fault.factor}`;
    case 'price':
      return `${fault.scope} price x${fault.factor}`;
  }
}
