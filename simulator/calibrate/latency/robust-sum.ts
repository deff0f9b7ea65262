/**
 * Robust fit of a positive value as the sum of two positive parts times lognormal noise of median 1: v = (a x + b y) e.
 * Huber's score on the scale of ln, by Gauss-Newton steps; the noise by his Proposal 2 (P. J. Huber, Robust Statistics,
 * 1981, section 6.4; R `MASS::rlm(scale.est = "proposal 2")`).
 */
import { HUBER_BOUND } from './huber-score.ts';
import { stepWithinBounds } from './small-system.ts';

/** A copy: the engine folds a module's own constants into its code and loads imported ones each time. */
const BOUND = HUBER_BOUND;

/** Mean of the squared score of a standard normal: what makes Proposal 2 agree with the standard deviation. */
const SQUARED_SCORE = 0.920536925636323; // 1 - 2 q + 8 q - 4 dnorm(2), with q = 1 - pnorm(2)
const STEPS = 40;

export interface SumFit {
  /** Of `x`, > 0. */
  readonly a: number;
  /** Of `y`, >= 0. */
  readonly b: number;
  /** Standard deviation of ln of the noise. */
  readonly sigma: number;
  /** Relative parts of both in each block, from which the fit of any resampling follows; see {@link sumFitOf}. */
  readonly sums: SumFitSums;
}

export interface SumFitSums {
  /** Three numbers a block: xx, xy, yy of the relative parts. */
  readonly matrix: Float64Array;
  readonly right: Float64Array;
  readonly counts: Float64Array;
  /** Squared scores, and how they fall with ln sigma. */
  readonly squares: Float64Array;
  readonly inside: Float64Array;
}

/** @param start of both; the first > 0 */
export function fitSum(
  values: Float64Array,
  x: Float64Array,
  y: Float64Array,
  start: { readonly a: number; readonly b: number },
  blockOf: Uint16Array,
  blocks: number,
): SumFit {
  let { a, b } = start;
  let sigma = 0.5;
  for (let step = 0; step < STEPS; step++) {
    const sums = sumsAt(values, x, y, a, b, sigma, null, 1);
    const next = stepOf(sums, a, b, sigma);
    const moved = Math.max(Math.abs(next.a - a) / a, Math.abs(next.b - b) / a, Math.abs(next.sigma - sigma) / sigma);
    ({ a, b, sigma } = next);
    if (moved < 1e-6) break;
  }
  return { a, b, sigma, sums: sumsAt(values, x, y, a, b, sigma, blockOf, blocks) };
}

const SIGMA_MIN = 1e-6;

function sumsAt(
  values: Float64Array,
  x: Float64Array,
  y: Float64Array,
  a: number,
  b: number,
  sigma: number,
  blockOf: Uint16Array | null,
  blocks: number,
): SumFitSums {
  const matrix = new Float64Array(3 * blocks);
  const right = new Float64Array(2 * blocks);
  const counts = new Float64Array(blocks);
  const squares = new Float64Array(blocks);
  const inside = new Float64Array(blocks);
  for (let row = 0; row < values.length; row++) {
    const block = blockOf === null ? 0 : blockOf[row]!;
    const whole = a * x[row]! + b * y[row]!;
    const standard = Math.log(values[row]! / whole) / sigma;
    const score = Math.max(-BOUND, Math.min(BOUND, standard));
    const inX = x[row]! / whole;
    const inY = y[row]! / whole;
    counts[block]! += 1;
    squares[block]! += score * score;
    right[2 * block]! += score * sigma * inX;
    right[2 * block + 1]! += score * sigma * inY;
    if (score !== standard) continue;
    inside[block]! += 2 * score * score;
    matrix[3 * block]! += inX * inX;
    matrix[3 * block + 1]! += inX * inY;
    matrix[3 * block + 2]! += inY * inY;
  }
  return { matrix, right, counts, squares, inside };
}

function stepOf(sums: SumFitSums, a: number, b: number, sigma: number): { a: number; b: number; sigma: number } {
  const [xx, xy, yy] = sums.matrix as unknown as [number, number, number];
  const step = stepWithinBounds(Float64Array.of(xx, xy, xy, yy), sums.right, Float64Array.of(a, b));
  return {
    a: Math.max(a / 4, a + step[0]!),
    b: b + step[1]!,
    sigma: Math.max(SIGMA_MIN, sigma * Math.sqrt(sums.squares[0]! / (sums.counts[0]! * SQUARED_SCORE))),
  };
}

/** The fit one step from `fit` when block i counts `multiplicities[offset + i]` times; NaN where no row is left. */
export function sumFitOf(
  fit: SumFit,
  multiplicities: Uint16Array,
  offset: number,
): { readonly a: number; readonly b: number; readonly sigma: number } {
  const { matrix, right, counts, squares, inside } = fit.sums;
  const sums = {
    matrix: new Float64Array(3),
    right: new Float64Array(2),
    counts: new Float64Array(1),
    squares: new Float64Array(1),
    inside: new Float64Array(1),
  };
  for (let block = 0; block < counts.length; block++) {
    const times = multiplicities[offset + block]!;
    if (times === 0) continue;
    for (let part = 0; part < 3; part++) sums.matrix[part]! += times * matrix[3 * block + part]!;
    for (let part = 0; part < 2; part++) sums.right[part]! += times * right[2 * block + part]!;
    sums.counts[0]! += times * counts[block]!;
    sums.squares[0]! += times * squares[block]!;
    sums.inside[0]! += times * inside[block]!;
  }
  if (sums.counts[0] === 0) return { a: NaN, b: NaN, sigma: NaN };
  const { a, b } = stepOf(sums, fit.a, fit.b, fit.sigma);
  const lnStep = (sums.squares[0]! - sums.counts[0]! * SQUARED_SCORE) / Math.max(sums.inside[0]!, 1e-9);
  return { a, b, sigma: fit.sigma * Math.exp(lnStep) };
}
