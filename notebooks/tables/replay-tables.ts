/** Traffic, scenarios and a policy that a page replays, as tables: what is nested stands as JSON text. */
import type { TraceRow } from '../../datasets/trace.ts';
import type { Policy } from '../../src/router/index.ts';
import type { Scenario } from '../../simulator/scenario.ts';
import type { RowTable } from './notebook-database.ts';

export interface ReplayedTraffic {
  /** Where the requests come from, for people. */
  readonly name: string;
  readonly rows: readonly TraceRow[];
  /** Requests that the rows are a sample of; as many as there are rows when it is all of them. */
  readonly ofRequests: number;
  /** The first is shown first. */
  readonly scenarios: readonly Scenario[];
  readonly policy: Policy;
  readonly policyName: string;
  readonly seed: number;
}

export function replayTables({
  name,
  rows,
  ofRequests,
  scenarios,
  policy,
  policyName,
  seed,
}: ReplayedTraffic): Readonly<Record<string, RowTable>> {
  return {
    facts: {
      columns: { name: 'VARCHAR', of_requests: 'DOUBLE', policy_name: 'VARCHAR', policy: 'VARCHAR', seed: 'DOUBLE' },
      rows: [{ name, of_requests: ofRequests, policy_name: policyName, policy: JSON.stringify(policy), seed }],
    },
    scenarios: {
      columns: { name: 'VARCHAR', body: 'VARCHAR' },
      rows: scenarios.map((scenario) => ({ name: scenario.name, body: JSON.stringify(scenario) })),
    },
    requests: {
      columns: { position: 'DOUBLE', body: 'VARCHAR' },
      rows: rows.map((row, position) => ({ position, body: JSON.stringify(row) })),
    },
  };
}

/**
 * Whether a row is one of at most `most` that are spread evenly over all rows, so that the page stays quick and still
 * sees the whole time.
 *
 * @param index of the row, from 0
 * @param rows how many there are in all
 * @param most >= 1
 */
export function isOfSpread(index: number, rows: number, most: number): boolean {
  const step = Math.max(1, rows / most);
  return Math.floor(index / step) !== Math.floor((index - 1) / step);
}
