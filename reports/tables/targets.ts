import type { Comparison, TargetUse } from '../../simulator/result.ts';
import { formatPercent, formatUsd } from '../format.ts';
import { targetPaints } from '../palette.ts';
import { leftColumn, rightColumn, type Table } from './table.ts';

/** One row a target, and for each policy its share of attempts, failures and cost. */
export function targetTable(comparison: Comparison): Table {
  const names = targetNames(comparison);
  const paints = targetPaints(names);
  const uses = comparison.policies.map((run) => new Map(run.targets.map((use) => [use.target, use])));
  return {
    id: 'targets',
    caption: 'By target: share of attempts · failed (429 apart) · cost',
    columns: [leftColumn('Target'), ...comparison.policies.map((run) => rightColumn(run.name))],
    rows: names.map((name) => [name, ...uses.map((use) => useText(use.get(name)))]),
    paints: names.map((name) => paints.get(name) ?? null),
  };
}

/** All targets of all policies, in order of id. */
export function targetNames(comparison: Comparison): readonly string[] {
  return [...new Set(comparison.policies.flatMap((run) => run.targets.map((use) => use.target)))].sort();
}

function useText(use: TargetUse | undefined): string {
  if (use === undefined || use.attempts === 0) return 'not used';
  return `${formatPercent(use.share, 1)} · ${formatPercent(use.failureRatio, 1)} · ${formatUsd(use.costUsd)}`;
}
