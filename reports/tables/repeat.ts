import type { Comparison } from '../../simulator/result.ts';
import { formatCount, formatMs } from '../format.ts';
import { leftColumn, type Table } from './table.ts';

/** Everything that fixes the result, beside the command itself: seed, hashes, versions. */
export function repeatTable(comparison: Comparison): Table {
  const { trace } = comparison;
  return {
    id: 'repeat',
    caption: 'What fixes this result',
    columns: [leftColumn('What'), leftColumn('Value')],
    rows: [
      ['Seed', String(comparison.seed)],
      ['Trace', `${trace.name} (${formatCount(trace.requests)} requests over ${formatMs(trace.spanMs)})`],
      ['Trace SHA-256', trace.sha256],
      ['Scenario', comparison.scenario],
      ['Scenario hash', comparison.scenarioHash],
      ...comparison.policies.map((run) => [`Policy ${run.name}`, run.policyHash]),
      ['Core version', comparison.coreVersion],
      [
        'Simulated in',
        `${formatMs(comparison.wallMs)} (${formatCount(Math.round(comparison.requestsPerSecond))} requests/s; the one line that differs from run to run)`,
      ],
    ],
    paints: [],
  };
}
