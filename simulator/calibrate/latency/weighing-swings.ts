/**
 * Generalised least squares for a curve on rows whose minutes swing together (A. Aitken, Proceedings of the Royal
 * Society of Edinburgh 55, 1936). With S the smoother that reads the swings off the residuals, the inverse covariance
 * of the rows is (I - S) / noise: the score of a column is its sum with what the swings leave, X'(I - S) r, and the
 * information X'(I - S) X / noise. S never has to be written down: it is run over the columns instead.
 */
import { minuteOf, smoothed, type MinuteSums, type Swings } from './minute-swings.ts';
import type { Line, LineRows } from './robust-line.ts';
import { stepWithinBounds } from './small-system.ts';

/** X'(I - S) X, row by row, with the intercept first. */
export function informationBesideSwings(
  rows: LineRows,
  sentAtMs: Float64Array,
  minutes: MinuteSums,
  swings: Swings,
): Float64Array {
  const unknowns = rows.columns.length + 1;
  const column = (unknown: number, row: number): number => (unknown === 0 ? 1 : rows.columns[unknown - 1]![row]!);
  const sums = Array.from({ length: unknowns }, () => new Float64Array(minutes.counts.length));
  const matrix = new Float64Array(unknowns * unknowns);
  for (let row = 0; row < rows.size; row++) {
    const minute = minuteOf(sentAtMs[row]!) - minutes.firstMinute;
    for (let unknown = 0; unknown < unknowns; unknown++) {
      const value = column(unknown, row);
      sums[unknown]![minute]! += value;
      for (let other = 0; other < unknowns; other++) matrix[unknown * unknowns + other]! += value * column(other, row);
    }
  }
  const levels = sums.map((ofColumn) => smoothed(minutes.counts, ofColumn, swings).level);
  for (let unknown = 0; unknown < unknowns; unknown++) {
    for (let other = 0; other < unknowns; other++) {
      for (let minute = 0; minute < minutes.counts.length; minute++) {
        matrix[unknown * unknowns + other]! -= sums[unknown]![minute]! * levels[other]![minute]!;
      }
    }
  }
  return matrix;
}

/**
 * The line one step on, by the score X'(I - S) r.
 *
 * @param left r less S r, row by row: the working residuals less the swings that are read off them
 */
export function steppedBesideSwings(rows: LineRows, line: Line, information: Float64Array, left: Float64Array): Line {
  const { coefficients } = line;
  const right = new Float64Array(coefficients.length);
  for (let row = 0; row < rows.size; row++) {
    right[0]! += left[row]!;
    for (let unknown = 1; unknown < right.length; unknown++) {
      right[unknown]! += left[row]! * rows.columns[unknown - 1]![row]!;
    }
  }
  const step = stepWithinBounds(information, right, coefficients);
  return { ...line, coefficients: coefficients.map((value, unknown) => value + step[unknown]!) };
}

/**
 * Standard error of a weighted sum of the coefficients.
 *
 * @param noiseVariance of a row around the level of its minute
 */
export function errorBesideSwings(information: Float64Array, noiseVariance: number, weights: Float64Array): number {
  const anywhere = new Float64Array(weights.length).fill(Infinity);
  const solved = stepWithinBounds(information, weights, anywhere);
  const variance = weights.reduce((sum, weight, index) => sum + weight * solved[index]!, 0) * noiseVariance;
  return Math.sqrt(Math.max(0, variance));
}
