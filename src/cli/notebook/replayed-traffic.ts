import type { TraceRow, TraceSource } from '../../../datasets/trace.ts';
import { isOfSpread, type ReplayedTraffic } from '../../../notebooks/tables/replay-tables.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import type { NamedPolicy } from '../../config/load-policy.ts';

/** Requests on the page: enough for a p95, few enough for sliders to feel live. */
const REQUESTS_MAX = 2_000;

/** What the page of `what-if` replays: the trace's requests, thinned evenly where there are many. */
export async function trafficOf(
  trace: TraceSource,
  scenarios: readonly Scenario[],
  { policy, name }: NamedPolicy,
  seed: number,
): Promise<ReplayedTraffic> {
  const rows: TraceRow[] = [];
  let index = 0;
  for await (const batch of trace.batches()) {
    for (const row of batch)
      if (isOfSpread(index++, trace.requests, REQUESTS_MAX)) rows.push({ ...row, recorded: null });
  }
  return {
    name: trace.name,
    rows,
    ofRequests: index,
    scenarios,
    policy,
    policyName: name,
    seed,
  };
}
