/** A comparison for the terminal: as tables, or as JSON without what only charts need. */
import Table from 'cli-table3';
import type { Comparison, PairedDifference, PolicyRun } from '../../simulator/result.ts';
import { milliseconds } from './milliseconds.ts';
import { routeText } from './route-text.ts';
import { tierText } from './tier-text.ts';

const PLAIN = { style: { head: [], border: [] } };

/** Key figures of each policy, then the paired differences with their intervals. */
export function comparisonText(comparison: Comparison): string {
  const { trace, scenario, seed, wallMs, requestsPerSecond } = comparison;
  const parts = [
    `${trace.requests} requests over ${(trace.spanMs / 60_000).toFixed(1)} minutes, scenario ${scenario}, seed ${seed}`,
    ...(trace.askedAsAuto > 0
      ? [`${trace.askedAsAuto} requests name a model that the scenario does not have; they were asked for as auto`]
      : []),
    policyTable(comparison.policies),
    ...tierText(comparison),
  ];
  if (comparison.paired.length > 0) {
    parts.push('Differences on the same requests (95 % interval):', pairedTable(comparison.paired));
  }
  parts.push(...routeText(comparison));
  parts.push(`replayed in ${(wallMs / 1_000).toFixed(2)} s, ${Math.round(requestsPerSecond)} requests/s`);
  return parts.join('\n');
}

/** Key figures of one policy. */
export function runText(run: PolicyRun, outcomes?: Comparison['outcomes']): string {
  const policies = [run];
  return [
    policyTable(policies),
    ...tierText({ policies, ...(outcomes === undefined ? {} : { outcomes }) }),
    ...routeText({ policies }),
  ].join('\n');
}

function policyTable(policies: readonly PolicyRun[]): string {
  const table = new Table({
    head: [
      'policy',
      'USD / 1k',
      'success',
      'TTFT p50',
      'TTFT p95',
      'duration p95',
      'rejected',
      'cancelled',
      'attempts',
    ],
    ...PLAIN,
  });
  for (const run of policies) {
    table.push([
      run.name,
      run.costUsdPer1kRequests.toFixed(3),
      `${(run.successRatio * 100).toFixed(2)} %`,
      milliseconds(run.firstTokenMs.p50),
      milliseconds(run.firstTokenMs.p95),
      milliseconds(run.durationMs.p95),
      String(run.rejected),
      String(run.cancelled),
      String(run.attempts),
    ]);
  }
  return table.toString();
}

function pairedTable(paired: readonly PairedDifference[]): string {
  const table = new Table({ head: ['metric', 'a', 'b', 'a - b', 'from', 'to', 'clear?'], ...PLAIN });
  for (const { metric, a, b, difference, low95, high95 } of paired) {
    const isClear = low95 !== null && high95 !== null && (low95 > 0 || high95 < 0);
    table.push([metric, a, b, figure(difference), figure(low95), figure(high95), isClear ? 'yes' : 'no']);
  }
  return table.toString();
}

function figure(value: number | null): string {
  return value === null ? '-' : Number(value.toPrecision(4)).toString();
}

/** The figures without what only charts need; the JSON of `compare` and `lab`. */
export function withoutSeries(comparison: Comparison): unknown {
  return {
    ...comparison,
    policies: comparison.policies.map(
      ({ slices: _slices, firstTokenEcdf: _firstToken, durationEcdf: _duration, costEcdf: _cost, ...figures }) =>
        figures,
    ),
  };
}
