/**
 * Intervals of what is said of the first token, by resampling blocks of time: every replicate takes one Newton step from
 * the fit, at the n0 that suits it best (the one-step bootstrap of estimators that solve an equation).
 */
import type { Estimate } from '../estimate.ts';
import { n0Near, tryCurves, type CurveTrial } from './first-token-curve.ts';
import type { FirstTokenFit } from './first-token-fit.ts';
import { HUBER_BOUND } from './huber-score.ts';
import { kaplanMeierQuantile, type KaplanMeier } from './kaplan-meier.ts';
import { swingSumsByBlock } from './minute-swings.ts';
import { stepWithinBounds } from './small-system.ts';
import { errorBesideSwings } from './weighing-swings.ts';
import { expandedInterval, type TimeBlocks } from './time-blocks.ts';

/** A copy: the engine folds a module's own constants into its code and loads imported ones each time. */
const BOUND = HUBER_BOUND;

/** The input at which the median is told, tokens. */
export const MEDIAN_AT_TOKENS = 1_000;

export interface FirstTokenIntervals {
  readonly firstTokenMedianMs: Estimate;
  readonly b1: Estimate;
  readonly load: Estimate;
  readonly driftSigma: Estimate;
}

/**
 * @param b0 with the median of the remainders in it
 * @param remainders their distribution around that median
 */
export function firstTokenIntervals(
  fit: FirstTokenFit,
  b0: number,
  remainders: KaplanMeier,
  medianRemainder: number,
  blocks: TimeBlocks,
): FirstTokenIntervals {
  const { rows, curve, response } = fit;
  const trials = tryCurves(rows, curve.form, response, curve, n0Near(curve.n0, rows.size), blocks.of, blocks.count);
  const shifts = levelSums(fit, remainders, medianRemainder, blocks);
  const { replicates, multiplicities } = blocks.resampling;
  const lnMedians = new Float64Array(replicates);
  const b1s = new Float64Array(replicates);
  const loads = new Float64Array(replicates);
  const shiftOfAll = shiftOf(shifts, (sums) => sums.reduce((total, part) => total + part, 0));
  for (let replicate = 0; replicate < replicates; replicate++) {
    const offset = replicate * blocks.count;
    const drawn = bestStep(trials, multiplicities, offset);
    const ofBlocks = (sums: Float64Array): number => weighted(sums, multiplicities, offset);
    const growth = curve.form.hasInput ? drawn.b1 * Math.log1p(MEDIAN_AT_TOKENS / drawn.n0) : 0;
    lnMedians[replicate] = drawn.b0 + growth + medianRemainder + shiftOf(shifts, ofBlocks) - shiftOfAll;
    b1s[replicate] = drawn.b1;
    loads[replicate] = drawn.load;
  }
  const used = shifts.counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const slope = (value: number, drawn: Float64Array, unknown: number): Estimate =>
    expandedInterval(value, widened(drawn, value, errorOf(fit, unknown, 0), 0), used);
  const lnMedian = b0 + curve.b1 * Math.log1p(MEDIAN_AT_TOKENS / curve.n0);
  const error = errorOf(fit, 0, Math.log1p(MEDIAN_AT_TOKENS / curve.n0));
  const ofMedian = expandedInterval(lnMedian, widened(lnMedians, lnMedian, error, -Infinity), used);
  return {
    firstTokenMedianMs: {
      value: Math.exp(lnMedian),
      low95: ofMedian.low95 === null ? null : Math.exp(ofMedian.low95),
      high95: ofMedian.high95 === null ? null : Math.exp(ofMedian.high95),
    },
    b1: curve.form.hasInput ? slope(curve.b1, b1s, 1) : unknown(curve.b1),
    load: curve.form.hasLoad ? slope(curve.load, loads, curve.line.coefficients.length - 1) : unknown(curve.load),
    driftSigma: driftInterval(fit, blocks, used),
  };
}

/**
 * The replicates take the swings as known. Where generalised least squares says that not knowing them leaves a larger
 * error, the replicates are spread to that.
 */
function widened(replicates: Float64Array, value: number, error: number, least: number): Float64Array {
  let squares = 0;
  for (const replicate of replicates) squares += (replicate - value) ** 2 / replicates.length;
  const times = Math.max(1, error / Math.sqrt(squares));
  return times === 1 ? replicates : replicates.map((replicate) => Math.max(least, value + times * (replicate - value)));
}

/** Of one coefficient, or of the intercept with so much of the input's slope; 0 without swings. */
function errorOf({ information, swings, curve }: FirstTokenFit, coefficient: number, input: number): number {
  if (information === null || swings === null) return 0;
  const weights = new Float64Array(curve.line.coefficients.length);
  if (curve.form.hasInput) weights[1] = input;
  weights[coefficient] = 1;
  return errorBesideSwings(information, swings.noiseVariance, weights);
}

/** From the mean score to the median, and the levels that were taken off. */
function shiftOf(shifts: LevelSums, ofBlocks: (sums: Float64Array) => number): number {
  const count = ofBlocks(shifts.counts);
  const median = ofBlocks(shifts.belowOrAbove) / (count * shifts.density);
  const mean = ofBlocks(shifts.scores) / Math.max(1, ofBlocks(shifts.inside));
  return median - mean + ofBlocks(shifts.levels) / Math.max(1, ofBlocks(shifts.minutes));
}

function unknown(value: number): Estimate {
  return { value, low95: null, high95: null };
}

function weighted(sums: Float64Array, multiplicities: Uint16Array, offset: number): number {
  let total = 0;
  for (let block = 0; block < sums.length; block++) total += multiplicities[offset + block]! * sums[block]!;
  return total;
}

/** The step of each trial over the drawn blocks, and of them the one that ends at the least loss. */
function bestStep(
  trials: readonly CurveTrial[],
  multiplicities: Uint16Array,
  offset: number,
): { readonly n0: number; readonly b0: number; readonly b1: number; readonly load: number } {
  let best = { n0: NaN, b0: NaN, b1: NaN, load: NaN };
  let lossMin = Infinity;
  for (const { curve, sums } of trials) {
    const { unknowns } = sums;
    const squares = unknowns * unknowns;
    const matrix = new Float64Array(squares);
    const right = new Float64Array(unknowns);
    let loss = 0;
    for (let block = 0; block < sums.loss.length; block++) {
      const times = multiplicities[offset + block]!;
      if (times === 0) continue;
      loss += times * sums.loss[block]!;
      for (let part = 0; part < unknowns; part++) right[part]! += times * sums.right[block * unknowns + part]!;
      for (let part = 0; part < squares; part++) matrix[part]! += times * sums.matrix[block * squares + part]!;
    }
    const step = stepWithinBounds(matrix, right, curve.line.coefficients);
    const gained = step.reduce((sum, part, index) => sum + part * right[index]!, 0) / 2;
    loss -= gained / curve.line.scale ** 2;
    if (loss >= lossMin) continue;
    lossMin = loss;
    const at = curve.line.coefficients.map((value, index) => value + step[index]!);
    const { hasInput, hasLoad } = curve.form;
    best = { n0: curve.n0, b0: at[0]!, b1: hasInput ? at[1]! : 0, load: hasLoad ? at.at(-1)! : 0 };
  }
  return best;
}

interface LevelSums {
  readonly counts: Float64Array;
  /** 1/2 for a remainder above the median, -1/2 for one below. */
  readonly belowOrAbove: Float64Array;
  /** Density of the remainders at their median. */
  readonly density: number;
  readonly scores: Float64Array;
  readonly inside: Float64Array;
  /** By minute, not by row. */
  readonly levels: Float64Array;
  readonly minutes: Float64Array;
}

/** What moves the level of all first tokens up or down, by block. */
function levelSums(
  fit: FirstTokenFit,
  remainders: KaplanMeier,
  medianRemainder: number,
  blocks: TimeBlocks,
): LevelSums {
  const counts = new Float64Array(blocks.count);
  const belowOrAbove = new Float64Array(blocks.count);
  const scores = new Float64Array(blocks.count);
  const inside = new Float64Array(blocks.count);
  const levels = new Float64Array(blocks.count);
  const minutes = new Float64Array(blocks.count);
  const { smoothed } = fit;
  smoothed?.level.forEach((level, minute) => {
    const block = blocks.ofMinute(smoothed.firstMinute + minute);
    levels[block]! += level;
    minutes[block]! += 1;
  });
  const { scale } = fit.curve.line;
  for (let row = 0; row < fit.rows.size; row++) {
    const block = blocks.of[row]!;
    const remainder = fit.remainders[row]!;
    counts[block]! += 1;
    if (fit.rows.isCut[row] === 1 && remainder < medianRemainder) continue;
    belowOrAbove[block]! += remainder > medianRemainder ? 0.5 : -0.5;
    scores[block]! += Math.max(-BOUND * scale, Math.min(BOUND * scale, remainder));
    inside[block]! += Math.abs(remainder) <= BOUND * scale ? 1 : 0;
  }
  // M. Siddiqui, Journal of Research of the NBS 64B, 1960: the slope of the quantiles around the median.
  const low = kaplanMeierQuantile(remainders, 0.4);
  const high = kaplanMeierQuantile(remainders, 0.6);
  const density = low !== null && high !== null && high > low ? 0.2 / (high - low) : Infinity;
  return { counts, belowOrAbove, density, scores, inside, levels, minutes };
}

function driftInterval(fit: FirstTokenFit, blocks: TimeBlocks, used: number): Estimate {
  const { swings, minutes } = fit;
  if (swings === null) return { value: 0, low95: 0, high95: null };
  const { above, below } = swingSumsByBlock(minutes, swings, blocks.ofMinute, blocks.count);
  const { replicates, multiplicities } = blocks.resampling;
  const sigmas = Float64Array.from({ length: replicates }, (_, replicate) => {
    const offset = replicate * blocks.count;
    const variance = weighted(above, multiplicities, offset) / weighted(below, multiplicities, offset);
    return Number.isFinite(variance) ? drawnScale(swings.sigma, Math.sqrt(Math.max(0, variance))) : NaN;
  });
  return expandedInterval(swings.sigma, sigmas, used);
}

/** For a scale, value / truth varies as replicate / value does: the replicates are turned over on the scale of ln. */
function drawnScale(value: number, replicate: number): number {
  return (value * value) / Math.max(replicate, value / 10);
}
