/** What is compared of an attempt, in columns: the same of the log and of each replicate. */
import { KIND_CODE, type AttemptTable, type RowSubset } from '../attempt-table.ts';
import type { FitMetric } from './goodness.ts';

const SUCCESS = KIND_CODE.success;

/** With fewer tokens the time between two of them is that of one or two packets. */
const PACE_TOKENS_MIN = 8;

export interface OutcomeColumns {
  /** Position in `OUTCOME_KINDS`. */
  readonly kind: Uint8Array;
  readonly costMicroUsd: Float64Array;
  /** NaN where the attempt has none. */
  readonly values: Readonly<Record<FitMetric, Float64Array>>;
}

/** The columns of some rows; of all when none are named. */
export function outcomeColumns(table: AttemptTable, rows: RowSubset = allRows(table)): OutcomeColumns {
  return {
    kind: Uint8Array.from(rows, (row) => table.kind[row]!),
    costMicroUsd: Float64Array.from(rows, (row) => table.costMicroUsd[row]!),
    values: {
      firstTokenMs: Float64Array.from(rows, (row) => (table.stream[row] === 1 ? table.firstTokenMs[row]! : NaN)),
      durationMs: Float64Array.from(rows, (row) => (table.kind[row] === SUCCESS ? table.durationMs[row]! : NaN)),
      msPerToken: Float64Array.from(rows, (row) => msPerToken(table, row)),
    },
  };
}

/** Time between two output tokens, ms. */
function msPerToken(table: AttemptTable, row: number): number {
  const tokens = table.outputTokens[row]!;
  if (table.kind[row] !== SUCCESS || table.stream[row] === 0 || tokens < PACE_TOKENS_MIN) return NaN;
  return Math.max(0, table.durationMs[row]! - table.firstTokenMs[row]!) / (tokens - 1);
}

function allRows(table: AttemptTable): RowSubset {
  return Uint32Array.from({ length: table.rows }, (_unused, row) => row);
}
