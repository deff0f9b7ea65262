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
  /** Without the intercept; at most two. */
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
const STEPS_PER_ROUND = 3;
const STEPS_TO_MOVE = 25;
const FINISHING_STEPS = 2;
/** In units of the scale: steps that are shorter end an iteration. */
const STEP_MIN = 1e-4;
const SCALE_MIN = 1e-6;

/** Fits a line from nothing, or from where an earlier fit ended. */
export function fitLine(rows: LineRows, start: Line | null): Line {
  const stride = Math.max(1, Math.ceil(rows.size / ROWS_WHILE_ITERATING));
  let line = start ?? firstGuess(rows, stride);
  for (let round = 0; round < ROUNDS; round++) {
    const before = line.coefficients;
    const after = steps(rows, line, stride, STEPS_PER_ROUND);
    line = withScale(rows, after, stride);
    if (after.every((value, index) => Math.abs(value - before[index]!) < STEP_MIN * line.scale)) break;
  }
  if (stride === 1) return line;
  return { ...line, coefficients: steps(rows, line, 1, FINISHING_STEPS) };
}

/** The line of other columns, with the scale and the scores of bounds of a line that is near. */
export function movedLine(rows: LineRows, near: Line): Line {
  const stride = Math.max(1, Math.ceil(rows.size / ROWS_WHILE_ITERATING));
  const moved = { ...near, coefficients: steps(rows, near, stride, STEPS_TO_MOVE) };
  return stride === 1 ? moved : { ...moved, coefficients: steps(rows, moved, 1, 1) };
}

function steps(rows: LineRows, line: Line, stride: number, count: number): Float64Array {
  let coefficients = line.coefficients;
  for (let step = 0; step < count; step++) {
    const { matrix, right } = lineSums(rows, { ...line, coefficients }, 'downhill', stride, null, 1);
    const change = stepWithinBounds(matrix, right, coefficients);
    coefficients = coefficients.map((value, index) => value + change[index]!);
    if (change.every((part) => Math.abs(part) < STEP_MIN * line.scale)) break;
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
  const { size, isCut, columns, response } = rows;
  const { coefficients, scale, cutScore } = line;
  const unknowns = columns.length + 1;
  const sums = newSums(unknowns, blocks);
  // Two columns at most, written out: this is the pass that everything else waits for.
  const first = columns[0] ?? NO_COLUMN;
  const second = columns[1] ?? NO_COLUMN;
  const [hasFirst, hasSecond] = [columns.length > 0, columns.length > 1];
  const [b0, b1, b2] = [coefficients[0]!, coefficients[1] ?? 0, coefficients[2] ?? 0];
  const part = new Float64Array(PART);
  let block = 0;
  for (let row = 0; row < size; row += stride) {
    if (blockOf !== null && blockOf[row] !== block) {
      addPart(sums, block, part);
      block = blockOf[row]!;
    }
    const x = hasFirst ? first[row]! : 0;
    const y = hasSecond ? second[row]! : 0;
    const standard = (response[row]! - b0 - b1 * x - b2 * y) / scale;
    const distance = Math.abs(standard);
    let score = standard;
    let slope = 1;
    if (isCut[row] === 1) {
      score = scoreOfCut(cutScore, standard);
      slope = slopeOfCut(cutScore, standard);
      part[9]! += lossOfCut(cutScore, standard);
    } else if (distance <= BOUND) {
      part[9]! += (standard * standard) / 2;
    } else {
      score = standard > 0 ? BOUND : -BOUND;
      slope = 0;
      part[9]! += BOUND * (distance - BOUND / 2);
    }
    if (towards === 'downhill') slope = distance <= BOUND ? 1 : BOUND / distance;
    part[6]! += score;
    part[7]! += score * x;
    part[8]! += score * y;
    if (slope === 0) continue;
    part[0]! += slope;
    part[1]! += slope * x;
    part[2]! += slope * y;
    part[3]! += slope * x * x;
    part[4]! += slope * x * y;
    part[5]! += slope * y * y;
  }
  addPart(sums, block, part);
  for (let index = 0; index < sums.right.length; index++) sums.right[index]! *= scale;
  return sums;
}

const NO_COLUMN = new Float64Array(0);
/** Six of the matrix (11, 1x, 1y, xx, xy, yy), three of the right side (1, x, y), the loss. */
const PART = 10;
const PLACE_IN_PART = [
  [0, 1, 2],
  [1, 3, 4],
  [2, 4, 5],
] as const;

function newSums(unknowns: number, blocks: number): LineSums {
  return {
    unknowns,
    matrix: new Float64Array(blocks * unknowns * unknowns),
    right: new Float64Array(blocks * unknowns),
    loss: new Float64Array(blocks),
  };
}

/** Adds the sums of some rows to their block, and empties them. */
function addPart({ unknowns, matrix, right, loss }: LineSums, block: number, part: Float64Array): void {
  for (let row = 0; row < unknowns; row++) {
    right[block * unknowns + row]! += part[6 + row]!;
    for (let column = 0; column < unknowns; column++) {
      matrix[(block * unknowns + row) * unknowns + column]! += part[PLACE_IN_PART[row]![column]!]!;
    }
  }
  loss[block]! += part[9]!;
  part.fill(0);
}
