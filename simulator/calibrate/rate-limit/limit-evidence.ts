import { quantile } from '../../statistics/quantiles.ts';
import { FATE, fateReader } from '../attempt-fate.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import type { BucketEvidence } from './bucket-evidence.ts';

/** What the attempts at one target say of its limits. */
export interface LimitEvidence {
  readonly requests: BucketEvidence;
  readonly tokens: BucketEvidence;
  /** Of each 429, ms; NaN where it said nothing, as for attempts that were let through. */
  readonly retryAfterMs: Float64Array;
  readonly limited: number;
  readonly passed: number;
}

/** Of estimates of the input: how far actual ones go beyond them, but for odd ones. */
const GENEROUS_SHARE = 0.99;

/**
 * Only attempts that met the limits count: who found no connection or nobody there took nothing.
 *
 * Answers in full say what they took. Of others the log has at most a part: at the least they took what was counted or
 * was estimated for their input, at the most an answer as long as the longest that the target gave.
 *
 * @param rows attempts at one target, in the order of sending
 */
export function limitEvidence(table: AttemptTable, rows: RowSubset): LimitEvidence {
  const fate = fateReader(table);
  const met = rows.filter((row) => meetsLimits(fate(row)));
  const { length } = met;
  const one = new Float64Array(length).fill(1);
  const atMs = new Float64Array(length);
  const isLimited = new Uint8Array(length);
  const least = new Float64Array(length);
  const most = new Float64Array(length);
  const retryAfterMs = new Float64Array(length).fill(NaN);
  const answered = met.filter((row) => fate(row) === FATE.answered && table.inputTokens[row]! > 0);
  const longest = answered.reduce((max, row) => Math.max(max, table.outputTokens[row]!), 0);
  const inputRatio = generousRatio(table, answered);

  for (const [index, row] of met.entries()) {
    atMs[index] = table.sentAtMs[row]!;
    const counted = table.inputTokens[row]! + table.outputTokens[row]!;
    if (fate(row) === FATE.answered) {
      least[index] = counted;
      most[index] = counted;
      continue;
    }
    const askedInput = table.inputTokens[row]! > 0 ? table.inputTokens[row]! : table.askedInputTokens[row]!;
    least[index] = Math.max(counted, askedInput / inputRatio);
    most[index] = Math.max(counted, table.inputTokens[row]! > 0 ? askedInput : askedInput * inputRatio) + longest;
    if (fate(row) === FATE.limited) {
      isLimited[index] = 1;
      retryAfterMs[index] = table.retryAfterMs[row]!;
    }
  }
  const limited = isLimited.reduce((sum, each) => sum + each, 0);
  return {
    requests: { atMs, isLimited, least: one, most: one },
    tokens: { atMs, isLimited, least, most },
    retryAfterMs,
    limited,
    passed: length - limited,
  };
}

function meetsLimits(fate: number): boolean {
  return fate !== FATE.unconnected && fate !== FATE.unavailable && fate !== FATE.unknown && fate !== FATE.refused;
}

/** How many times the estimated input the actual one may be, >= 1. */
function generousRatio(table: AttemptTable, answered: RowSubset): number {
  const ratios = Float64Array.from(answered, (row) => table.inputTokens[row]! / table.askedInputTokens[row]!);
  return Math.max(1, quantile(ratios.filter(Number.isFinite), GENEROUS_SHARE) ?? 1);
}

/** Most that passed within any minute. */
export function busiestMinute({ atMs, isLimited, least }: BucketEvidence): number {
  let first = 0;
  let sum = 0;
  let busiest = 0;
  for (let index = 0; index < atMs.length; index++) {
    if (isLimited[index] === 1) continue;
    sum += least[index]!;
    while (atMs[index]! - atMs[first]! >= 60_000) {
      if (isLimited[first] === 0) sum -= least[first]!;
      first += 1;
    }
    busiest = Math.max(busiest, sum);
  }
  return busiest;
}
