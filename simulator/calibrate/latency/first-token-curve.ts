/** How the first token grows with the input and the load: ln TTFT = b0 + b1 ln(1 + uncached / n0) + load x inFlight / loadReference. */
import { someFirstTokenRows, type FirstTokenRows } from './first-token-rows.ts';
import { fitLine, lineSums, movedLine, type Line, type LineRows, type LineSums } from './robust-line.ts';

/** Inputs from which the growth shows that are tried, tokens: steps of the square root of two. */
const N0_TRIED = [250, 354, 500, 707, 1_000, 1_414, 2_000, 2_828, 4_000, 5_657, 8_000];
/** Where nothing tells: the default of a twin. */
export const N0_DEFAULT = 1_000;
/** Standard deviation below which an input on the scale of ln says nothing of the growth. */
const SPREAD_MIN = 0.02;

/** Which columns the log can tell about, and how they are scaled. */
export interface CurveForm {
  readonly hasInput: boolean;
  readonly hasLoad: boolean;
  readonly loadReference: number;
  /** `inFlight / loadReference` */
  readonly loads: Float64Array;
}

export interface Curve {
  readonly form: CurveForm;
  readonly n0: number;
  readonly b0: number;
  readonly b1: number;
  readonly load: number;
  readonly line: Line;
}

/** A curve of one n0 with what is needed to fit it again to resampled blocks. */
export interface CurveTrial {
  readonly curve: Curve;
  readonly sums: LineSums;
}

/** The load reference is what 95 % of the rows do not exceed, at least 1. */
export function curveForm(rows: FirstTokenRows): CurveForm {
  const sorted = Float64Array.from(rows.inFlight).sort();
  const loadReference = Math.max(1, sorted[Math.floor(0.95 * (sorted.length - 1))] ?? 1);
  const loads = rows.inFlight.map((others) => others / loadReference);
  return {
    hasInput: spread(inputsOf(rows, N0_DEFAULT)) > SPREAD_MIN,
    hasLoad: spread(loads) > 0,
    loadReference,
    loads,
  };
}

function spread(values: Float64Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / Math.max(1, values.length));
}

function inputsOf(rows: FirstTokenRows, n0: number): Float64Array {
  return rows.uncachedTokens.map((tokens) => Math.log1p(tokens / n0));
}

/** @param response ln of the first tokens, less what is known of hours and swings */
export function lineRows(rows: FirstTokenRows, form: CurveForm, response: Float64Array, n0: number): LineRows {
  const columns: Float64Array[] = [];
  if (form.hasInput) columns.push(inputsOf(rows, n0));
  if (form.hasLoad) columns.push(form.loads);
  return { size: rows.size, response, isCut: rows.isCut, columns };
}

/** The curve at one n0. @param start an earlier line, at whatever n0 */
export function fitCurve(
  rows: FirstTokenRows,
  form: CurveForm,
  response: Float64Array,
  n0: number,
  start: Line | null,
): Curve {
  return curveOf(form, n0, fitLine(lineRows(rows, form, response, n0), start));
}

export function curveOf(form: CurveForm, n0: number, line: Line): Curve {
  const [b0, ...slopes] = line.coefficients as unknown as [number, ...number[]];
  const b1 = form.hasInput ? slopes[0]! : 0;
  const load = form.hasLoad ? slopes.at(-1)! : 0;
  return { form, n0, b0, b1, load, line };
}

/** Rows from which the search over all n0 begins; the more there are, the nearer the truth it already is. */
const ROWS_FOR_SEARCH = 20_000;
/** How many neighbours of a found n0 are tried again on each side, where the rows are more than that. */
const NEIGHBOURS = 2;

/** The n0 of the least loss, on no more than {@link ROWS_FOR_SEARCH} rows. */
export function roughN0(rows: FirstTokenRows, form: CurveForm, response: Float64Array, start: Curve): number {
  if (rows.size <= ROWS_FOR_SEARCH) return bestTrial(tryCurves(rows, form, response, start, N0_TRIED)).curve.n0;
  const stride = Math.ceil(rows.size / ROWS_FOR_SEARCH);
  const keep = Uint8Array.from({ length: rows.size }, (_, row) => (row % stride === 0 ? 1 : 0));
  const thinned = (column: Float64Array): Float64Array => column.filter((_, row) => keep[row] === 1);
  const few = someFirstTokenRows(rows, keep);
  const formOfFew = { ...form, loads: thinned(form.loads) };
  return bestTrial(tryCurves(few, formOfFew, thinned(response), start, N0_TRIED)).curve.n0;
}

/** The n0 worth a trial on all rows once one is found on some. */
export function n0Near(n0: number, rows: number): readonly number[] {
  if (rows <= ROWS_FOR_SEARCH) return N0_TRIED;
  const place = N0_TRIED.indexOf(n0);
  return N0_TRIED.slice(Math.max(0, place - NEIGHBOURS), place + NEIGHBOURS + 1);
}

/**
 * The curve at each n0, all with the scale and the scores of bounds of the first, so that their losses compare.
 *
 * @param blockOf block of each row, for the sums
 */
export function tryCurves(
  rows: FirstTokenRows,
  form: CurveForm,
  response: Float64Array,
  start: Curve,
  n0s: readonly number[],
  blockOf: Uint16Array | null = null,
  blocks = 1,
): readonly CurveTrial[] {
  const tried = form.hasInput ? n0s : [start.n0];
  return tried.map((n0) => {
    const asRows = lineRows(rows, form, response, n0);
    const line = movedLine(asRows, start.line);
    return { curve: curveOf(form, n0, line), sums: lineSums(asRows, line, 'newton', 1, blockOf, blocks) };
  });
}

/** The trial of the least loss. */
export function bestTrial(trials: readonly CurveTrial[]): CurveTrial {
  const loss = ({ sums }: CurveTrial): number => sums.loss.reduce((total, part) => total + part, 0);
  return trials.reduce((best, trial) => (loss(trial) < loss(best) ? trial : best));
}
