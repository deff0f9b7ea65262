/** Speed of the whole replay: trace in memory -> core -> twins -> figures, one thread. */
import { performance } from 'node:perf_hooks';
import { memoryTrace } from '../../datasets/memory-trace.ts';
import type { TraceRow, TraceSource } from '../../datasets/trace.ts';
import type { Policy } from '../../src/router/index.ts';
import { collectorShape } from '../../simulator/compare/compare.ts';
import { policyRun } from '../../simulator/compare/policy-run.ts';
import { RunCollector } from '../../simulator/compare/run-collector.ts';
import { replay } from '../../simulator/replay/replay.ts';
import type { Scenario } from '../../simulator/scenario.ts';

export interface ReplaySpeed {
  readonly requests: number;
  readonly replayedRequestsPerSecond: number;
  readonly eventsPerSecond: number;
}

/** Replays the rows in `rounds` runs one after the other, after some more to warm up. */
export async function measureReplay(
  scenario: Scenario,
  policy: Policy,
  rows: readonly TraceRow[],
  rounds: number,
): Promise<ReplaySpeed> {
  const trace = memoryTrace(rows, 'rows');
  for (let round = 0; round < Math.ceil(rounds / 4); round++) await run(scenario, policy, trace);
  let events = 0;
  const startMs = performance.now();
  for (let round = 0; round < rounds; round++) events += await run(scenario, policy, trace);
  const seconds = (performance.now() - startMs) / 1_000;
  const requests = trace.requests * rounds;
  return { requests, replayedRequestsPerSecond: requests / seconds, eventsPerSecond: events / seconds };
}

/** One run, figures included; returns the number of events. */
async function run(scenario: Scenario, policy: Policy, trace: TraceSource): Promise<number> {
  const observer = new RunCollector(collectorShape(trace, scenario));
  const totals = await replay(trace, { scenario, policy, seed: 1, observer });
  observer.finish(totals.router);
  const figures = policyRun({ name: policy.mode, policyHash: '' }, observer, totals.router, totals.inFlight);
  if (figures.completed + figures.rejected + figures.cancelled !== trace.requests) {
    throw new Error('the replay lost a request');
  }
  return totals.events;
}
