import type { Comparison } from '../../simulator/result.ts';
import { REJECT_CODES } from '../../src/router/contract.ts';
import { formatCount } from '../format.ts';
import { policyPaint } from '../palette.ts';
import { leftColumn, rightColumn, type Table } from './table.ts';

/** One row a policy, one column for each way in which requests ended without an answer; empty when none did. */
export function rejectionTable(comparison: Comparison): Table {
  const codes = REJECT_CODES.filter((code) => comparison.policies.some((run) => (run.rejectedByCode[code] ?? 0) > 0));
  return {
    id: 'rejections',
    caption: 'Requests that ended with an error, by code',
    columns: [leftColumn('Policy'), ...codes.map(rightColumn)],
    rows:
      codes.length === 0
        ? []
        : comparison.policies.map((run) => [
            run.name,
            ...codes.map((code) => formatCount(run.rejectedByCode[code] ?? 0)),
          ]),
    paints: codes.length === 0 ? [] : comparison.policies.map((_run, index) => policyPaint(index)),
  };
}
