/** Mixtures of lognormals by expectation and maximisation on the scale of ln (Dempster, Laird, Rubin, JRSS B 39, 1977). */
import type { Residual } from '../../scenario.ts';
import { normalProbability } from './distribution-functions.ts';

export type MixtureComponents = Extract<Residual, { readonly kind: 'lognormal-mixture' }>['components'];

/** Values on the scale of ln, ascending, with their weights, which sum to 1. */
export interface WeightedValues {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

const ITERATIONS = 200;
const LIKELIHOOD_GAIN_MIN = 1e-7;
/** A component may not shrink below this share of the whole's width: likelihood has no bound there. */
const SIGMA_SHARE_MIN = 0.05;
/** Iterations are over at most about this many values. */
const VALUES_MAX = 2_000;

/**
 * @param points ln values, ascending, with weights
 * @param count components: 1 gives the plain lognormal
 */
export function fitMixture(points: WeightedValues, count: 1 | 2): MixtureComponents {
  const { values, weights } = points.values.length > VALUES_MAX ? thinned(points) : points;
  const whole = momentsOf(values, weights, weights);
  if (count === 1 || !(whole.sigma > 0)) return [{ weight: 1, median: Math.exp(whole.mean), sigma: whole.sigma }];
  // The narrow body and a wide part that leans to the long side.
  let parts = [
    { weight: 0.8, mean: whole.mean - 0.2 * whole.sigma, sigma: whole.sigma * 0.6 },
    { weight: 0.2, mean: whole.mean + 0.8 * whole.sigma, sigma: whole.sigma * 1.5 },
  ];
  const shares = parts.map(() => new Float64Array(values.length));
  let likelihood = -Infinity;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    let sum = 0;
    for (let index = 0; index < values.length; index++) {
      const first = densityIn(parts[0]!, values[index]!);
      const second = densityIn(parts[1]!, values[index]!);
      const total = Math.max(Number.MIN_VALUE, first + second);
      sum += weights[index]! * Math.log(total);
      shares[0]![index] = (weights[index]! * first) / total;
      shares[1]![index] = (weights[index]! * second) / total;
    }
    parts = shares.map((share) => {
      const { weight, mean, sigma } = momentsOf(values, share, weights);
      return { weight, mean, sigma: Math.max(sigma, SIGMA_SHARE_MIN * whole.sigma) };
    });
    if (sum - likelihood < LIKELIHOOD_GAIN_MIN) break;
    likelihood = sum;
  }
  const rounded = Number(Math.min(0.999, Math.max(0.001, parts[0]!.weight)).toFixed(4));
  return parts.map(({ mean, sigma }, index) => ({
    weight: index === 0 ? rounded : 1 - rounded,
    median: Math.exp(mean),
    sigma,
  }));
}

/** Probability of a value <= x on the scale of ln. */
export function mixtureProbability(components: MixtureComponents, x: number): number {
  let sum = 0;
  for (const { weight, median, sigma } of components) {
    sum += weight * normalProbability((x - Math.log(median)) / Math.max(sigma, 1e-9));
  }
  return sum;
}

interface Part {
  readonly weight: number;
  readonly mean: number;
  readonly sigma: number;
}

function densityIn({ weight, mean, sigma }: Part, value: number): number {
  const z = (value - mean) / sigma;
  return (weight * Math.exp((-z * z) / 2)) / (sigma * Math.sqrt(2 * Math.PI));
}

/** @param weights of the part, out of `allWeights` */
function momentsOf(values: Float64Array, weights: Float64Array, allWeights: Float64Array): Part {
  let total = 0;
  let all = 0;
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    total += weights[index]!;
    all += allWeights[index]!;
    sum += weights[index]! * values[index]!;
  }
  const mean = sum / Math.max(total, Number.MIN_VALUE);
  let squares = 0;
  for (let index = 0; index < values.length; index++) squares += weights[index]! * (values[index]! - mean) ** 2;
  return { weight: total / all, mean, sigma: Math.sqrt(squares / Math.max(total, Number.MIN_VALUE)) };
}

/** Neighbours in rank taken together. */
function thinned({ values, weights }: WeightedValues): WeightedValues {
  const each = Math.ceil(values.length / VALUES_MAX);
  const size = Math.ceil(values.length / each);
  const thinValues = new Float64Array(size);
  const thinWeights = new Float64Array(size);
  for (let place = 0; place < size; place++) {
    const end = Math.min(values.length, (place + 1) * each);
    thinValues[place] = values[(place * each + end - 1) >> 1]!;
    for (let index = place * each; index < end; index++) thinWeights[place]! += weights[index]!;
  }
  return { values: thinValues, weights: thinWeights };
}
