/** The distribution of the residual of the first token on the scale of ln, and what a twin draws from. */
import { kaplanMeierQuantile, type KaplanMeier } from './kaplan-meier.ts';

export interface ResidualDistribution {
  readonly seen: KaplanMeier;
  /**
   * Above its last value the bounds hide how it goes on: ln of the residual is taken to be exponential there, so that
   * the residual has a Pareto tail. `null` = nothing is hidden.
   */
  readonly hiddenTail: { readonly from: number; readonly left: number; readonly scale: number } | null;
}

/** The tail's scale is estimated on the highest values, this share of all, */
const TAIL_SHARE = 0.05;
/** but on no fewer than this many. */
const TAIL_VALUES_MIN = 20;
/** A Pareto tail of index 2: a heavier one would have no variance. */
const TAIL_SCALE_MAX = 0.5;

/** Points of the samples that a twin draws from: steps of 0.001 show the 99.9 % quantile as it is. */
const FINE_STEPS = 1_000;
const COARSE_STEPS = 200;
const VALUES_FOR_FINE_STEPS = 1_000;

/**
 * @param values ln of the residual
 * @param isCut 1 where the value is a lower bound
 * @param seen the Kaplan-Meier distribution of the two
 */
export function residualDistribution(values: Float64Array, isCut: Uint8Array, seen: KaplanMeier): ResidualDistribution {
  const size = seen.values.length;
  if (size < 2 || seen.left < 1e-9) return { seen, hiddenTail: null };
  const places = Math.min(size - 1, Math.max(TAIL_VALUES_MIN, Math.ceil(TAIL_SHARE * size)));
  const threshold = seen.values[size - 1 - places]!;
  const scale = tailScale(values, isCut, threshold);
  return { seen, hiddenTail: { from: seen.values[size - 1]!, left: seen.left, scale } };
}

/**
 * Maximum likelihood for an exponential tail of which some values are only bounds: time above the threshold, of
 * values and bounds alike, over the number of values there (B. Hill, Annals of Statistics 3, 1975, for no bounds).
 */
function tailScale(values: Float64Array, isCut: Uint8Array, threshold: number): number {
  let above = 0;
  let count = 0;
  for (let row = 0; row < values.length; row++) {
    if (!(values[row]! > threshold)) continue;
    above += values[row]! - threshold;
    count += 1 - isCut[row]!;
  }
  return count === 0 ? TAIL_SCALE_MAX : Math.min(TAIL_SCALE_MAX, above / count);
}

/** ln of the residual that is reached with a probability in [0, 1). */
export function residualQuantile(distribution: ResidualDistribution, probability: number): number {
  const { seen, hiddenTail } = distribution;
  const value = kaplanMeierQuantile(seen, probability);
  if (value !== null) return value;
  if (hiddenTail === null) return 0;
  return hiddenTail.from + hiddenTail.scale * Math.max(0, Math.log(hiddenTail.left / (1 - probability)));
}

/**
 * Samples for a residual of kind `empirical`: quantiles of equal steps, because twins draw evenly between them. The
 * topmost is set so that the mean of the last step is right, where the data are many; a straight line to the largest
 * value of a million would lie far above them.
 *
 * @returns residuals (not ln), ascending, four digits
 */
export function empiricalSamples(distribution: ResidualDistribution): number[] {
  const { seen, hiddenTail } = distribution;
  const steps = seen.values.length >= VALUES_FOR_FINE_STEPS ? FINE_STEPS : COARSE_STEPS;
  const samples = Array.from({ length: steps }, (_, step) => Math.exp(residualQuantile(distribution, step / steps)));
  const last = samples[steps - 1]!;
  const highest = seen.values.at(-1) ?? 0;
  let top = Math.exp(highest);
  if (hiddenTail !== null || seen.values.length > 2 * steps) {
    top = Math.max(last, 2 * meanOfLastStep(distribution, steps) - last);
  }
  return [...samples, Math.max(last, top)].map((sample) => Number(sample.toPrecision(4)));
}

/** Mean residual above the last but one sample, by the middles of 100 parts of the step. */
function meanOfLastStep(distribution: ResidualDistribution, steps: number): number {
  const parts = 100;
  let sum = 0;
  for (let part = 0; part < parts; part++) {
    sum += Math.exp(residualQuantile(distribution, 1 - (1 - (part + 0.5) / parts) / steps));
  }
  return sum / parts;
}
