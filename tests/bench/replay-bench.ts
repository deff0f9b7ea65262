/** Speed of the whole replay: trace in memory -> core -> twins -> figures, one thread. */
import { performance } from 'node:perf_hooks';
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

/** Replays the rows `rounds` times in one run, after a shorter run to warm up. */
export async function measureReplay(
  scenario: Scenario,
  policy: Policy,
  rows: readonly TraceRow[],
  rounds: number,
): Promise<ReplaySpeed> {
  await run(scenario, policy, repeated(rows, Math.ceil(rounds / 3)));
  const trace = repeated(rows, rounds);
  const startMs = performance.now();
  const events = await run(scenario, policy, trace);
  const seconds = (performance.now() - startMs) / 1_000;
  return {
    requests: trace.requests,
    replayedRequestsPerSecond: trace.requests / seconds,
    eventsPerSecond: events / seconds,
  };
}

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

/** The rows again and again, one pass after the other in time; a pass begins when the last has long ended. */
function repeated(rows: readonly TraceRow[], rounds: number): TraceSource {
  const roundMs = (rows.at(-1)?.arrivalMs ?? 0) + 300_000;
  return {
    name: 'repeated',
    sha256: '',
    requests: rows.length * rounds,
    spanMs: roundMs * rounds,
    batches: async function* () {
      for (let round = 0; round < rounds; round++) {
        yield rows.map((row) => ({ ...row, arrivalMs: row.arrivalMs + round * roundMs }));
      }
    },
  };
}
