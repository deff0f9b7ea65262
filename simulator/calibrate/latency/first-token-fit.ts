/**
 * The first token of a waking twin: curve, hours and swings in turn, each fitted to what the others leave (backfitting:
 * J. Friedman and W. Stuetzle, JASA 76, 1981). Taking the swings off before the curve is fitted matters: when the
 * provider is slow, more is in flight, and the load would be blamed for what it only follows.
 */
import { HUBER_BOUND, scoreOfCut } from './huber-score.ts';
import { fitHourEffects, hourOfDay } from './hour-factors.ts';
import {
  bestTrial,
  curveForm,
  curveOf,
  fitCurve,
  n0Near,
  roughN0,
  N0_DEFAULT,
  lineRows,
  tryCurves,
  type Curve,
} from './first-token-curve.ts';
import type { FirstTokenRows } from './first-token-rows.ts';
import {
  fitSwings,
  minuteOf,
  minuteSums,
  smoothLevels,
  type Levels,
  type MinuteSums,
  type Swings,
} from './minute-swings.ts';
import { residualOf } from './robust-line.ts';
import { informationBesideSwings, steppedBesideSwings } from './weighing-swings.ts';

/** A copy: the engine folds a module's own constants into its code and loads imported ones each time. */
const BOUND = HUBER_BOUND;

const ROUNDS = 3;
/** A row's residual is widened for what its minute's level took from it, by no more than this. */
const WIDENING_MAX = 1.5;

export interface FirstTokenFit {
  readonly rows: FirstTokenRows;
  readonly curve: Curve;
  /** Effects on ln by hour of the day; `null` = none. */
  readonly hourEffects: Float64Array | null;
  readonly swings: Swings | null;
  readonly minutes: MinuteSums;
  /** ln of the first token less hours and swings: what the curve is fitted to. */
  readonly response: Float64Array;
  /** Levels of the swings by minute; `null` = no swings. */
  readonly smoothed: Levels | null;
  /** What remains of a row within its minute, on the scale of ln; a bound where the row is cut. */
  readonly remainders: Float64Array;
  /** Of the curve's coefficients, where swings hide a part of it; `null` = no swings. */
  readonly information: Float64Array | null;
}

/** @param startedAtMs Unix time of time 0; `null` = no hours */
export function fitFirstToken(rows: FirstTokenRows, startedAtMs: number | null): FirstTokenFit {
  const form = curveForm(rows);
  const { size } = rows;
  let levels: Float64Array = new Float64Array(size);
  let hours: Float64Array = new Float64Array(size);
  let hourEffects: Float64Array | null = null;
  let swings: Swings | null = null;
  let smoothed: Levels | null = null;
  let minutes = minuteSums(rows.sentAtMs, hours);
  let response = rows.lnMs;
  let information: Float64Array | null = null;
  let curve = fitCurve(rows, form, response, N0_DEFAULT, null);

  for (let round = 0; round < ROUNDS; round++) {
    if (round === 0) curve = { ...curve, n0: roughN0(rows, form, response, curve) };
    if (round === ROUNDS - 1) {
      curve = bestTrial(tryCurves(rows, form, response, curve, n0Near(curve.n0, rows.size))).curve;
    }
    // At a fixed n0 this moves nothing that a step beside the swings has settled, but the scale.
    curve = fitCurve(rows, form, response, curve.n0, curve.line);
    if (startedAtMs !== null) {
      const scored = scoredResiduals(rows, curve, response);
      hourEffects = fitHourEffects(startedAtMs, rows.sentAtMs, plus(plus(scored, levels), hours));
      const effects = hourEffects;
      hours = rows.sentAtMs.map((atMs) => (effects === null ? 0 : effects[hourOfDay(startedAtMs, atMs)]!));
    }
    for (let pass = 0; pass < 2; pass++) {
      const left = less(rows.lnMs, levels, hours);
      const working = plus(scoredResiduals(rows, curve, left), levels);
      minutes = minuteSums(rows.sentAtMs, working);
      swings = fitSwings(minutes);
      smoothed = swings === null ? null : smoothLevels(minutes, swings);
      levels = levelsByRow(rows, smoothed);
      response = less(rows.lnMs, levels, hours);
      if (swings === null || pass === 1) break;
      const asRows = lineRows(rows, form, response, curve.n0);
      information = informationBesideSwings(asRows, rows.sentAtMs, minutes, swings);
      curve = curveOf(form, curve.n0, steppedBesideSwings(asRows, curve.line, information, less(working, levels)));
    }
    if (swings === null && hourEffects === null) break;
  }
  curve = fitCurve(rows, form, response, curve.n0, curve.line);
  const remainders = remaindersOf(rows, curve, response, swings, smoothed);
  if (swings === null) information = null;
  return { rows, curve, hourEffects, swings, minutes, response, smoothed, remainders, information };
}

/**
 * Residuals with the extremes cut, and bounds as what they stand for on average; widened by the share that is not cut,
 * so that a shift of all rows shows in full.
 */
function scoredResiduals(rows: FirstTokenRows, curve: Curve, response: Float64Array): Float64Array {
  const asRows = lineRows(rows, curve.form, response, curve.n0);
  const { scale, cutScore, coefficients } = curve.line;
  let inside = 0;
  const scored = Float64Array.from({ length: rows.size }, (_, row) => {
    const standard = residualOf(asRows, coefficients, row) / scale;
    if (rows.isCut[row] === 1) return scale * scoreOfCut(cutScore, standard);
    inside += Math.abs(standard) <= BOUND ? 1 : 0;
    return scale * Math.max(-BOUND, Math.min(BOUND, standard));
  });
  const share = Math.max(0.5, inside / rows.size);
  return scored.map((score) => score / share);
}

function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, index) => value + b[index]!);
}

function less(from: Float64Array, ...parts: readonly Float64Array[]): Float64Array {
  return from.map((value, index) => parts.reduce((left, part) => left - part[index]!, value));
}

function levelsByRow(rows: FirstTokenRows, smoothed: Levels | null): Float64Array {
  if (smoothed === null) return new Float64Array(rows.size);
  return rows.sentAtMs.map((atMs) => smoothed.level[minuteOf(atMs) - smoothed.firstMinute]!);
}

/**
 * A level that is read off the rows takes part of their noise with it: of the noise's variance s, the remainder keeps s
 * less the level's unknown variance v. It is widened by sqrt(s / (s - v)), so that twins draw from the noise in full; but
 * only as far as the score reaches, for of an extreme the level saw no more than that.
 */
function remaindersOf(
  rows: FirstTokenRows,
  curve: Curve,
  response: Float64Array,
  swings: Swings | null,
  smoothed: Levels | null,
): Float64Array {
  const asRows = lineRows(rows, curve.form, response, curve.n0);
  const { coefficients, scale } = curve.line;
  return Float64Array.from({ length: rows.size }, (_, row) => {
    const residual = residualOf(asRows, coefficients, row);
    if (swings === null || smoothed === null) return residual;
    const unknown = smoothed.variance[minuteOf(rows.sentAtMs[row]!) - smoothed.firstMinute]!;
    const kept = Math.max(1e-9, 1 - unknown / swings.noiseVariance);
    const widening = Math.min(WIDENING_MAX, 1 / Math.sqrt(kept)) - 1;
    return residual + widening * Math.max(-BOUND * scale, Math.min(BOUND * scale, residual));
  });
}

/** ln of the first tokens less a first, plain curve: what tells cold starts. */
export function plainResiduals(rows: FirstTokenRows): Float64Array {
  const form = curveForm(rows);
  const { line, n0 } = fitCurve(rows, form, rows.lnMs, N0_DEFAULT, null);
  const asRows = lineRows(rows, form, rows.lnMs, n0);
  return Float64Array.from({ length: rows.size }, (_, row) => residualOf(asRows, line.coefficients, row));
}
