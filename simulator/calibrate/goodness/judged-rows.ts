/** The rows that are judged, what the log says of them and what each replicate says. */
import type { Policy } from '../../../src/router/policy.ts';
import type { Scenario } from '../../scenario.ts';
import { createResampling, type Resampling } from '../../statistics/block-bootstrap.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import { inputTokensOf, replayAttempts } from '../replay-attempts.ts';
import { outcomeColumns, type OutcomeColumns } from './outcome-columns.ts';

/** Positions in these columns are places among the judged rows, not in the table. */
export interface JudgedRows {
  readonly rows: number;
  /** Position in the table's targets. */
  readonly target: Uint16Array;
  readonly sentAtMs: Float64Array;
  readonly fromMs: number;
  readonly toMs: number;
  readonly inputTokens: Float64Array;
  /** As logged, for both sides: a stratum must hold the same rows on either. */
  readonly othersInFlight: Uint16Array;
  readonly observed: OutcomeColumns;
  readonly replicates: readonly OutcomeColumns[];
  /** Block of time of each row, and how blocks are resampled for intervals. */
  readonly block: Uint16Array;
  readonly blockMs: number;
  readonly resampling: Resampling;
  readonly seed: number;
}

/** Some of them, ascending. */
export type Positions = Uint32Array;

/** Twenty ranks need nineteen replicates; of many rows half as many must do. */
const REPLICATES = 19;
const REPLICATES_OF_MANY = 9;
const MANY_ROWS = 30_000;

/** About so many blocks, but none shorter than a minute: within one, waits and weather hang together. */
const BLOCKS = 40;
const BLOCK_MIN_MS = 60_000;
/** Hundreds of quantiles get an interval each. */
const RESAMPLES = 400;

/** Plays the rows again and again, each time with another seed. */
export function judgedRows(
  table: AttemptTable,
  rows: RowSubset,
  scenario: Scenario,
  timeouts: Policy['timeouts'],
  seed: number,
): JudgedRows {
  const fromMs = rows.length === 0 ? 0 : table.sentAtMs[rows[0]!]!;
  const toMs = rows.length === 0 ? 0 : table.sentAtMs[rows[rows.length - 1]!]!;
  const blockMs = Math.max(BLOCK_MIN_MS, Math.ceil((toMs - fromMs) / BLOCKS));
  const sentAtMs = Float64Array.from(rows, (row) => table.sentAtMs[row]!);
  const replicates = rows.length > MANY_ROWS ? REPLICATES_OF_MANY : REPLICATES;
  return {
    rows: rows.length,
    target: Uint16Array.from(rows, (row) => table.target[row]!),
    sentAtMs,
    fromMs,
    toMs,
    inputTokens: Float64Array.from(rows, (row) => inputTokensOf(table, row)),
    othersInFlight: Uint16Array.from(rows, (row) => table.othersInFlight[row]!),
    observed: outcomeColumns(table, rows),
    replicates: Array.from({ length: replicates }, (_unused, replicate) =>
      outcomeColumns(replayAttempts(table, rows, scenario, seed + replicate, timeouts)),
    ),
    block: Uint16Array.from(sentAtMs, (atMs) => Math.floor((atMs - fromMs) / blockMs)),
    blockMs,
    resampling: createResampling(Math.floor((toMs - fromMs) / blockMs) + 1, seed, RESAMPLES),
    seed,
  };
}
