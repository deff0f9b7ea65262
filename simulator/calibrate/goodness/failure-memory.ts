/** How long trouble lasts, seen from the outside: the autocorrelation of the failure ratio by minute. */
import type { Autocorrelation } from './goodness.ts';
import { hasEnded, hasFailed, summaryOf } from './figure-fit.ts';
import type { JudgedRows, Positions } from './judged-rows.ts';
import type { OutcomeColumns } from './outcome-columns.ts';

const MINUTE_MS = 60_000;
const LAGS = 10;
/** Pairs of minutes without which a correlation is a guess. */
const PAIRS_MIN = 8;

/** Lags of 1 to 10 minutes. Simulated: over the replicates in which anything failed. */
export function failureMemory(
  judged: JudgedRows,
  positions: Positions,
): { readonly minutes: number; readonly autocorrelation: readonly Autocorrelation[] } {
  const observed = minuteRatios(judged, positions, judged.observed);
  const replicates = judged.replicates.map((columns) => minuteRatios(judged, positions, columns));
  return {
    minutes: observed.filter((ratio) => !Number.isNaN(ratio)).length,
    autocorrelation: Array.from({ length: LAGS }, (_unused, index) => {
      const lag = index + 1;
      const { mean, min, max } = summaryOf(replicates.map((ratios) => autocorrelation(ratios, lag)));
      return {
        lag,
        observed: autocorrelation(observed, lag),
        simulated: mean,
        simulatedMin: min,
        simulatedMax: max,
      };
    }),
  };
}

/** Failures / ended attempts of each minute; NaN for a minute without any. */
function minuteRatios({ sentAtMs, fromMs, toMs }: JudgedRows, positions: Positions, { kind }: OutcomeColumns) {
  const minutes = Math.floor((toMs - fromMs) / MINUTE_MS) + 1;
  const failed = new Float64Array(minutes);
  const ended = new Float64Array(minutes);
  for (const position of positions) {
    const code = kind[position]!;
    if (!hasEnded(code)) continue;
    const minute = Math.floor((sentAtMs[position]! - fromMs) / MINUTE_MS);
    ended[minute]! += 1;
    if (hasFailed(code)) failed[minute]! += 1;
  }
  return failed.map((count, minute) => (ended[minute]! === 0 ? NaN : count / ended[minute]!));
}

/**
 * Mean of (x[t] - m)(x[t + lag] - m) over the pairs that are there, over the mean of (x[t] - m)^2: R `acf` with
 * `na.action = na.pass`, but for the number of pairs in the place of the length.
 *
 * @param series NaN for what is missing
 * @param lag >= 1
 * @returns null without enough pairs, or when nothing varies
 */
export function autocorrelation(series: Float64Array, lag: number): number | null {
  const there = series.filter((value) => !Number.isNaN(value));
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  const variance = there.reduce((sum, value) => sum + (value - mean) ** 2, 0) / there.length;
  let products = 0;
  let pairs = 0;
  for (let place = 0; place + lag < series.length; place++) {
    const product = (series[place]! - mean) * (series[place + lag]! - mean);
    if (Number.isNaN(product)) continue;
    products += product;
    pairs++;
  }
  // Compared by value: the mean of equal numbers need not be equal to them.
  const varies = there.some((value) => value !== there[0]);
  return pairs < PAIRS_MIN || !varies ? null : products / pairs / variance;
}
