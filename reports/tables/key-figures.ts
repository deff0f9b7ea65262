import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import { formatCount, formatMs, formatPercent, formatUsd } from '../format.ts';
import { policyPaint } from '../palette.ts';
import { leftColumn, rightColumn, type Table } from './table.ts';

/** One row a policy: what it cost, answered and how soon. */
export function keyFigures(comparison: Comparison): Table {
  return {
    id: 'key-figures',
    caption: 'Key figures of each policy',
    columns: [
      leftColumn('Policy'),
      rightColumn('Cost per 1,000'),
      rightColumn('Answered'),
      rightColumn('First token p50'),
      rightColumn('First token p95'),
      rightColumn('Whole answer p95'),
      rightColumn('Rejected'),
      rightColumn('Cancelled'),
      rightColumn('Retries'),
      rightColumn('Queued'),
    ],
    rows: comparison.policies.map((run) => [
      run.name,
      formatUsd(run.costUsdPer1kRequests),
      formatPercent(run.successRatio, 2),
      formatMs(run.firstTokenMs.p50),
      formatMs(run.firstTokenMs.p95),
      formatMs(run.durationMs.p95),
      formatCount(run.rejected),
      formatCount(run.cancelled),
      formatCount(retriesOf(run)),
      formatPercent(run.queuedRatio, 1),
    ]),
    paints: comparison.policies.map((_run, index) => policyPaint(index)),
  };
}

/** Attempts after the first, over all requests. */
export function retriesOf(run: PolicyRun): number {
  return run.requestsByAttempts.reduce((sum, requests, attempts) => sum + requests * Math.max(0, attempts - 1), 0);
}
