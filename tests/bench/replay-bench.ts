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
import { rateOf, type Rate } from './core-bench.ts';

export interface ReplaySpeed {
  readonly requests: number;
  readonly requestsPerSecond: Rate;
  readonly eventsPerSecond: Rate;
}

/** Runs that make one window. */
const WINDOW_ROUNDS = 3;

/** Replays the rows in `rounds` runs one after the other, after some more to warm up. */
export async function measureReplay(
  scenario: Scenario,
  policy: Policy,
  rows: readonly TraceRow[],
  rounds: number,
): Promise<ReplaySpeed> {
  const trace = memoryTrace(rows, 'rows');
  for (let round = 0; round < Math.ceil(rounds / 4); round++) await run(scenario, policy, trace);
  const requests: { count: number; ms: number }[] = [];
  const events: { count: number; ms: number }[] = [];
  for (let done = 0; done < rounds; done += WINDOW_ROUNDS) {
    const startMs = performance.now();
    let count = 0;
    for (let round = 0; round < WINDOW_ROUNDS; round++) count += await run(scenario, policy, trace);
    const ms = performance.now() - startMs;
    requests.push({ count: WINDOW_ROUNDS * trace.requests, ms });
    events.push({ count, ms });
  }
  return {
    requests: requests.length * WINDOW_ROUNDS * trace.requests,
    requestsPerSecond: rateOf(requests),
    eventsPerSecond: rateOf(events),
  };
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
