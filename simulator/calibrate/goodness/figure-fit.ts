/** Single numbers of the log beside the same of each replicate. */
import { KIND_CODE } from '../attempt-table.ts';
import type { FigureFit } from './goodness.ts';
import type { JudgedRows, Positions } from './judged-rows.ts';
import type { OutcomeColumns } from './outcome-columns.ts';

const { success: SUCCESS, failure: FAILURE, timeout: TIMEOUT, limited: LIMITED, cancelled: CANCELLED } = KIND_CODE;

/** A number of some rows; null where it is not defined. */
export type Figure = (columns: OutcomeColumns, positions: Positions) => number | null;

/** Failures and timeouts; 429s and what clients gave up on are neither. */
export function hasFailed(kind: number): boolean {
  return kind === FAILURE || kind === TIMEOUT;
}

/** False for attempts that the client gave up on: nobody knows how they would have ended. */
export function hasEnded(kind: number): boolean {
  return kind !== CANCELLED;
}

export const successRatio: Figure = (columns, positions) =>
  shareOfEnded(columns, positions, (kind) => kind === SUCCESS);

export const failureRatio: Figure = (columns, positions) => shareOfEnded(columns, positions, hasFailed);

export const limitedCount: Figure = ({ kind }, positions) =>
  positions.reduce((count, position) => count + (kind[position] === LIMITED ? 1 : 0), 0);

export const costMicroUsd: Figure = (columns, positions) =>
  positions.reduce((sum, position) => sum + columns.costMicroUsd[position]!, 0);

function shareOfEnded(
  { kind }: OutcomeColumns,
  positions: Positions,
  counts: (kind: number) => boolean,
): number | null {
  let ended = 0;
  let counted = 0;
  for (const position of positions) {
    if (!hasEnded(kind[position]!)) continue;
    ended++;
    if (counts(kind[position]!)) counted++;
  }
  return ended === 0 ? null : counted / ended;
}

/** The figure on both sides. */
export function figureFit(judged: JudgedRows, positions: Positions, figure: Figure): FigureFit {
  const observed = figure(judged.observed, positions);
  const { mean, min, max } = summaryOf(judged.replicates.map((columns) => figure(columns, positions)));
  return {
    observed,
    simulated: mean,
    simulatedMin: min,
    simulatedMax: max,
    difference: mean === null || observed === null ? null : mean - observed,
  };
}

/** Mean, least and most of the values there are; null without any. */
export function summaryOf(values: readonly (number | null)[]): {
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
} {
  const there = values.filter((value) => value !== null);
  if (there.length === 0) return { mean: null, min: null, max: null };
  return {
    mean: there.reduce((sum, value) => sum + value, 0) / there.length,
    min: Math.min(...there),
    max: Math.max(...there),
  };
}
