import { quantile, quantileOfSorted } from '../../statistics/quantiles.ts';
import { FATE, fateReader } from '../attempt-fate.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';

const FACTOR_MIN = 0.5;
const FACTOR_MAX = 50;
/** Fewer first tokens in degraded times say nothing, */
const DEGRADED_MIN = 20;
/** nor do fewer in fair times of a twin and a size of prompt. */
const FAIR_MIN = 10;
/** Sizes of prompts are doublings of uncached tokens. */
const SIZES = 32;

/**
 * How many times longer the first token takes while degraded: the median over such attempts of their first token over
 * the fair median of the same twin and the same size of prompt, within a doubling. First tokens that did not come in
 * time count as longer than any. Null when too few were seen.
 *
 * @param fair attempts at the provider while it was up
 * @param degraded those while it was degraded
 */
export function degradedLatencyFactor(table: AttemptTable, fair: RowSubset, degraded: RowSubset): number | null {
  const usual = fairMedians(table, fair);
  const fate = fateReader(table);
  const ratios: number[] = [];
  for (const row of degraded) {
    const usualMs = usual.get(groupOf(table, row));
    if (usualMs === undefined || table.stream[row] === 0) continue;
    if (fate(row) === FATE.slow) ratios.push(Infinity);
    else if (table.firstTokenMs[row]! >= 0) ratios.push(table.firstTokenMs[row]! / usualMs);
  }
  if (ratios.length < DEGRADED_MIN) return null;
  const middle = quantileOfSorted(Float64Array.from(ratios).sort(), 0.5)!;
  return Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, Number.isNaN(middle) ? FACTOR_MAX : middle));
}

function fairMedians(table: AttemptTable, fair: RowSubset): ReadonlyMap<number, number> {
  const seen = new Map<number, number[]>();
  for (const row of fair) {
    const firstTokenMs = table.firstTokenMs[row]!;
    if (!(firstTokenMs > 0)) continue;
    const group = groupOf(table, row);
    const values = seen.get(group);
    if (values === undefined) seen.set(group, [firstTokenMs]);
    else values.push(firstTokenMs);
  }
  const medians = new Map<number, number>();
  for (const [group, values] of seen) {
    if (values.length >= FAIR_MIN) medians.set(group, quantile(values, 0.5)!);
  }
  return medians;
}

function groupOf(table: AttemptTable, row: number): number {
  const input = table.inputTokens[row]! > 0 ? table.inputTokens[row]! : table.askedInputTokens[row]!;
  const uncached = Math.max(0, input - table.cacheReadTokens[row]!);
  const size = Math.min(SIZES - 1, Math.floor(Math.log2(1 + uncached)));
  return table.targets[table.target[row]!]!.twin * SIZES + size;
}
