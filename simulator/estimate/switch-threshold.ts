import { quantileOfSorted } from '../statistics/quantiles.ts';
import type { BanditTable, Metric } from './bandit-table.ts';

const THRESHOLDS = 21;

/**
 * The weight above which SWITCH-DR trusts the model alone: of 21 thresholds, evenly spaced in the logarithm between the
 * 5 % and the 95 % point of the positive weights, and of none (Infinity), the one with the least estimated variance plus
 * squared bound of the bias (Y.-X. Wang, A. Agarwal, M. Dudik, "Optimal and Adaptive Off-policy Evaluation in Contextual
 * Bandits", ICML 2017, section 3.3). The bound is the mean probability with which the other policy takes an action of
 * a weight beyond the threshold, times the largest reward that was seen. A ratio of two expectations is judged by its
 * numerator minus the ratio times its denominator.
 *
 * @param ratio an estimate of the metric, for example the doubly robust one
 */
export function switchThreshold(table: BanditTable, weights: Float64Array, metric: Metric, ratio: number): number {
  const thresholds = candidateThresholds(weights);
  const beyond = probabilityBeyond(table, thresholds);
  const { spread, largest } = spreadOf(weights, metric, ratio, thresholds);
  let best = thresholds.length - 1;
  let least = Infinity;
  for (let index = thresholds.length - 1; index >= 0; index--) {
    const risk = spread[index]! + (largest * beyond[index]!) ** 2;
    if (risk < least) {
      least = risk;
      best = index;
    }
  }
  return thresholds[best] ?? Infinity;
}

/** Ascending; the last is Infinity. */
function candidateThresholds(weights: Float64Array): Float64Array {
  const positive = weights.filter((weight) => weight > 0).sort();
  const low = quantileOfSorted(positive, 0.05);
  const high = quantileOfSorted(positive, 0.95);
  if (low === null || high === null) return Float64Array.of(Infinity);
  const steps = Array.from({ length: THRESHOLDS }, (_, index) => low * (high / low) ** (index / (THRESHOLDS - 1)));
  return Float64Array.from([...steps, Infinity]);
}

/** Mean probability under the other policy of a weight beyond each threshold; what has no weight at all is left out. */
function probabilityBeyond(table: BanditTable, thresholds: Float64Array): Float64Array {
  const { candidateTarget, candidateLogged, rows } = table;
  const within = new Float64Array(thresholds.length);
  for (let index = 0; index < candidateTarget.length; index++) {
    const logged = candidateLogged[index]!;
    if (logged > 0) within[firstAtLeast(thresholds, candidateTarget[index]! / logged)]! += candidateTarget[index]!;
  }
  const beyond = new Float64Array(thresholds.length);
  for (let index = thresholds.length - 2; index >= 0; index--)
    beyond[index] = beyond[index + 1]! + within[index + 1]! / rows;
  return beyond;
}

/** Estimated variance of the mean under each threshold, from sums by the threshold that first lets a row in. */
function spreadOf(
  weights: Float64Array,
  { numerator, denominator }: Metric,
  ratio: number,
  thresholds: Float64Array,
): { readonly spread: Float64Array; readonly largest: number } {
  const sums = new Float64Array(thresholds.length);
  const squares = new Float64Array(thresholds.length);
  const products = new Float64Array(thresholds.length);
  let valueSum = 0;
  let valueSquares = 0;
  let largest = 0;
  for (let row = 0; row < weights.length; row++) {
    const reward = numerator.observed[row]! - ratio * valueAt(denominator?.observed, row);
    const direct = numerator.direct[row]! - ratio * valueAt(denominator?.direct, row);
    const value = numerator.directValue[row]! - ratio * valueAt(denominator?.directValue, row);
    const correction = weights[row]! * (reward - direct);
    const place = firstAtLeast(thresholds, weights[row]!);
    sums[place]! += correction;
    squares[place]! += correction * correction;
    products[place]! += correction * value;
    valueSum += value;
    valueSquares += value * value;
    largest = Math.max(largest, Math.abs(reward));
  }
  const rows = weights.length;
  let sum = valueSum;
  let square = valueSquares;
  const spread = thresholds.map((_, index) => {
    sum += sums[index]!;
    square += squares[index]! + 2 * products[index]!;
    return Math.max(0, square - (sum * sum) / rows) / (rows * rows);
  });
  return { spread, largest };
}

/** Without a column, each row counts once. */
function valueAt(column: Float64Array | undefined, row: number): number {
  return column === undefined ? 1 : column[row]!;
}

/** Position of the first threshold that is not below the weight. */
function firstAtLeast(thresholds: Float64Array, weight: number): number {
  let low = 0;
  let high = thresholds.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle]! < weight) low = middle + 1;
    else high = middle;
  }
  return low;
}
