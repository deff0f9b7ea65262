/** Traffic, scenarios and a policy that a page replays, as tables: what is nested stands as JSON text. */
import type { TraceRow } from '../../datasets/trace.ts';
import type { Policy } from '../../src/router/index.ts';
import type { Scenario } from '../../simulator/scenario.ts';
import type { RowTable } from './notebook-database.ts';

export interface ReplayedTraffic {
  /** Where the requests come from, for people. */
  readonly name: string;
  readonly rows: readonly TraceRow[];
  /** The first is shown first. */
  readonly scenarios: readonly Scenario[];
  readonly policy: Policy;
  readonly policyName: string;
  readonly seed: number;
}

export function replayTables({
  name,
  rows,
  scenarios,
  policy,
  policyName,
  seed,
}: ReplayedTraffic): Readonly<Record<string, RowTable>> {
  return {
    facts: {
      columns: { name: 'VARCHAR', policy_name: 'VARCHAR', policy: 'VARCHAR', seed: 'DOUBLE' },
      rows: [{ name, policy_name: policyName, policy: JSON.stringify(policy), seed }],
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
 * At most so many rows, spread evenly over all of them, so that the page stays quick and still sees the whole time.
 *
 * @param most >= 1
 */
export function spreadOver(rows: readonly TraceRow[], most: number): readonly TraceRow[] {
  const step = Math.max(1, rows.length / most);
  return rows.filter((_row, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}
