/** Robust regression of a response on a few columns, with rows of which only a lower bound is known. */
import { createCutScore, HUBER_BOUND, lossOfCut, scoreOfCut, slopeOfCut, type CutScore } from './huber-score.ts';
import { kaplanMeier, kaplanMeierQuantile, type KaplanMeier } from './kaplan-meier.ts';
import { stepWithinBounds } from './small-system.ts';

/** A copy: the engine folds a module's own constants into its code and loads imported ones each time. */
const BOUND = HUBER_BOUND;

export interface Line {
  /** Intercept, then one slope >= 0 a column. */
  readonly coefficients: Float64Array;
  /** Robust standard deviation of the residuals, > 0. */
  readonly scale: number;
  readonly cutScore: CutScore;
}

export interface LineRows {
  readonly size: number;
  readonly response: Float64Array;
  readonly isCut: Uint8Array;
  /** Without the intercept; at most three. */
  readonly columns: readonly Float64Array[];
}

/** Sums over rows, block by block, from which the line of any resampling of the blocks follows in one step. */
export interface LineSums {
  readonly unknowns: number;
  /** Row by row, after one another by block: what the rows tell about each pair of unknowns. */
  readonly matrix: Float64Array;
  readonly right: Float64Array;
  readonly loss: Float64Array;
}

/** A line is iterated on at most about this many rows; a few steps over all rows then finish it. */
const ROWS_WHILE_ITERATING = 20_000;
const ROUNDS = 12;
const STEPS_PER_ROUND = 4;
const FINISHING_STEPS = 2;
const SCALE_MIN = 1e-6;

/** Fits a line from nothing, or from where an earlier fit ended. */
export function fitLine(rows: LineRows, start: Line | null): Line {
  const stride = Math.max(1, Math.ceil(rows.size / ROWS_WHILE_ITERATING));
  let line = start ?? firstGuess(rows, stride);
  for (let round = 0; round < ROUNDS; round++) {
    const before = line.coefficients;
    const after = steps(rows, line, stride, STEPS_PER_ROUND);
    line = withScale(rows, after, stride);
    if (after.every((value, index) => Math.abs(value - before[index]!) < 1e-4 * line.scale)) break;
  }
  if (stride === 1) return line;
  return { ...line, coefficients: steps(rows, line, 1, FINISHING_STEPS) };
}

/** The line of other columns, with the scale and the scores of bounds of a line that is near. */
export function movedLine(rows: LineRows, near: Line): Line {
  const stride = Math.max(1, Math.ceil(rows.size / ROWS_WHILE_ITERATING));
  const moved = { ...near, coefficients: steps(rows, near, stride, STEPS_PER_ROUND) };
  return stride === 1 ? moved : { ...moved, coefficients: steps(rows, moved, 1, 1) };
}

function steps(rows: LineRows, line: Line, stride: number, count: number): Float64Array {
  let coefficients = line.coefficients;
  for (let step = 0; step < count; step++) {
    const { matrix, right } = lineSums(rows, { ...line, coefficients }, 'downhill', stride, null, 1);
    const change = stepWithinBounds(matrix, right, coefficients);
    coefficients = coefficients.map((value, index) => value + change[index]!);
  }
  return coefficients;
}

function firstGuess(rows: LineRows, stride: number): Line {
  const flat = new Float64Array(rows.columns.length + 1);
  const distribution = residualDistribution(rows, flat, stride);
  flat[0] = kaplanMeierQuantile(distribution, 0.5) ?? distribution.values.at(-1) ?? 0;
  return withScale(rows, flat, stride);
}

/** Scale and scores of bounds anew, from the residuals of a line. */
function withScale(rows: LineRows, coefficients: Float64Array, stride: number): Line {
  const distribution = residualDistribution(rows, coefficients, stride);
  const scale = Math.max(SCALE_MIN, robustScale(distribution));
  return { coefficients, scale, cutScore: createCutScore(distribution, scale) };
}

/**
 * The standard deviation of a normal with the same quartiles; where bounds hide the upper one, with the same median
 * and lower quartile. Heavy tails do not move it.
 */
export function robustScale(distribution: KaplanMeier): number {
  const lower = kaplanMeierQuantile(distribution, 0.25);
  const middle = kaplanMeierQuantile(distribution, 0.5);
  const upper = kaplanMeierQuantile(distribution, 0.75);
  const quartile = 0.6744897501960817; // qnorm(0.75)
  if (lower !== null && upper !== null && upper > lower) return (upper - lower) / (2 * quartile);
  if (lower !== null && middle !== null && middle > lower) return (middle - lower) / quartile;
  const { values } = distribution;
  return values.length < 2 ? 0 : (values.at(-1)! - values[0]!) / 4;
}

function residualDistribution(rows: LineRows, coefficients: Float64Array, stride: number): KaplanMeier {
  const size = Math.ceil(rows.size / stride);
  const values = new Float64Array(size);
  const isCut = new Uint8Array(size);
  for (let place = 0; place < size; place++) {
    values[place] = residualOf(rows, coefficients, place * stride);
    isCut[place] = rows.isCut[place * stride]!;
  }
  return kaplanMeier(values, isCut);
}

/** Response less the line. */
export function residualOf(rows: LineRows, coefficients: Float64Array, row: number): number {
  let residual = rows.response[row]! - coefficients[0]!;
  for (let column = 0; column < rows.columns.length; column++) {
    residual -= coefficients[column + 1]! * rows.columns[column]![row]!;
  }
  return residual;
}

/**
 * One pass over the rows. A step from the line is matrix^-1 right; `loss` is in units of the scale squared.
 *
 * @param towards `newton`: the matrix is the curvature of the loss, which suits one step from the optimum. `downhill`: it
 *   is at least that, by weights of score / residual, so that steps from anywhere lower the loss
 * @param stride 1 = every row, 2 = every other, ...
 * @param blockOf block of each row; `null` = one block
 */
export function lineSums(
  rows: LineRows,
  line: Line,
  towards: 'newton' | 'downhill',
  stride: number,
  blockOf: Uint16Array | null,
  blocks: number,
): LineSums {
  const { size, isCut, columns } = rows;
  const { coefficients, scale, cutScore } = line;
  const unknowns = columns.length + 1;
  const matrix = new Float64Array(blocks * unknowns * unknowns);
  const right = new Float64Array(blocks * unknowns);
  const loss = new Float64Array(blocks);
  const at = new Float64Array(unknowns);
  at[0] = 1;
  for (let row = 0; row < size; row += stride) {
    const block = blockOf === null ? 0 : blockOf[row]!;
    let residual = rows.response[row]! - coefficients[0]!;
    for (let unknown = 1; unknown < unknowns; unknown++) {
      const value = columns[unknown - 1]![row]!;
      at[unknown] = value;
      residual -= coefficients[unknown]! * value;
    }
    const standard = residual / scale;
    let score: number;
    let slope: number;
    if (isCut[row] === 1) {
      score = scoreOfCut(cutScore, standard);
      slope = slopeOfCut(cutScore, standard);
      loss[block]! += lossOfCut(cutScore, standard);
    } else if (Math.abs(standard) <= BOUND) {
      score = standard;
      slope = 1;
      loss[block]! += (standard * standard) / 2;
    } else {
      score = standard > 0 ? BOUND : -BOUND;
      slope = 0;
      loss[block]! += BOUND * (Math.abs(standard) - BOUND / 2);
    }
    if (towards === 'downhill') slope = Math.min(1, BOUND / Math.max(BOUND, Math.abs(standard)));
    const inRight = block * unknowns;
    for (let unknown = 0; unknown < unknowns; unknown++) {
      const part = at[unknown]!;
      right[inRight + unknown]! += score * scale * part;
      if (slope === 0) continue;
      const inMatrix = (inRight + unknown) * unknowns;
      for (let other = 0; other < unknowns; other++) matrix[inMatrix + other]! += slope * part * at[other]!;
    }
  }
  return { unknowns, matrix, right, loss };
}
