import type { Comparison } from '../../simulator/result.ts';
import { formatCount, formatMs, formatPercent, formatUsd } from '../format.ts';
import { policyPaint } from '../palette.ts';
import { leftColumn, rightColumn, type Table } from './table.ts';

/** One row a policy and request class that had traffic. */
export function classTable(comparison: Comparison): Table {
  const entries = comparison.policies.flatMap((run, index) =>
    run.classes.filter((use) => use.arrivals > 0).map((use) => ({ run, use, paint: policyPaint(index) })),
  );
  return {
    id: 'classes',
    caption: 'By class of request',
    columns: [
      leftColumn('Policy'),
      leftColumn('Class'),
      rightColumn('Requests'),
      rightColumn('Answered'),
      rightColumn('First token p50'),
      rightColumn('First token p95'),
      rightColumn('Cost per 1,000'),
    ],
    rows: entries.map(({ run, use }) => [
      run.name,
      use.requestClass,
      formatCount(use.arrivals),
      formatPercent(use.successRatio, 2),
      formatMs(use.firstTokenMs.p50),
      formatMs(use.firstTokenMs.p95),
      formatUsd((use.costUsd / use.arrivals) * 1_000),
    ]),
    paints: entries.map((entry) => entry.paint),
  };
}
