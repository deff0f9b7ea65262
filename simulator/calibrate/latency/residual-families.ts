/**
 * Families of distributions for the residual of the first token: each is fitted on the earlier rows and judged on the
 * later ones. Bounds count through the Kaplan-Meier distribution: a family is fitted to its steps, with their weights,
 * and judged by the distance to its steps.
 */
import type { Residual } from '../../scenario.ts';
import type { FamilyTrial } from '../fitted-twin.ts';
import { gammaProbability } from './distribution-functions.ts';
import { kaplanMeier, type KaplanMeier } from './kaplan-meier.ts';
import { fitMixture, mixtureProbability, type WeightedValues } from './lognormal-mixture.ts';
import { residualDistribution, residualQuantile, type ResidualDistribution } from './residual-distribution.ts';

export type Family = FamilyTrial['family'];

export const FAMILIES: readonly Family[] = ['empirical', 'lognormal-mixture', 'lognormal', 'gamma', 'exponential'];

/** Probability of ln residual <= x. */
type Distribution = (x: number) => number;

/** What the bounds hide is put where the tail is taken to be, in this many parts. */
const HIDDEN_PARTS = 20;
const VALUES_MIN = 10;
const SHARE_FITTED_ON = 2 / 3;
/** Distances are told on at most about this many rows: their own error is below 0.01 then. */
const ROWS_MAX = 50_000;

/**
 * Distance of each family on rows it was not fitted on: fitted on the first two thirds, judged on the last.
 *
 * @param values ln of the residual, in order of sending
 * @param isCut 1 where it is a lower bound
 */
export function tryFamilies(values: Float64Array, isCut: Uint8Array): ReadonlyMap<Family, number | null> {
  const stride = Math.ceil(values.length / ROWS_MAX);
  const tried = values.filter((_, row) => row % stride === 0);
  const triedCut = isCut.filter((_, row) => row % stride === 0);
  const split = Math.floor(tried.length * SHARE_FITTED_ON);
  const judges = kaplanMeier(tried.subarray(split), triedCut.subarray(split));
  const ground = distributionOf(tried.subarray(0, split), triedCut.subarray(0, split));
  return new Map(FAMILIES.map((family) => [family, distance(judges, fitFamily(family, ground))]));
}

export function distributionOf(values: Float64Array, isCut: Uint8Array): ResidualDistribution {
  return residualDistribution(values, isCut, kaplanMeier(values, isCut));
}

/** The residual that a twin draws from; `gamma` is for comparison alone and has none. */
export function residualOfFamily(family: 'lognormal-mixture' | 'lognormal', ground: ResidualDistribution): Residual {
  const points = weightedValues(ground);
  const components = fitMixture(points, family === 'lognormal' ? 1 : 2);
  return { kind: 'lognormal-mixture', components };
}

/** @returns `null` when the rows are too few */
export function fitFamily(family: Family, ground: ResidualDistribution): Distribution | null {
  const { seen } = ground;
  if (seen.values.length < VALUES_MIN || seen.values[0] === seen.values.at(-1)) return null;
  const points = weightedValues(ground);
  switch (family) {
    case 'empirical':
      return empirical(ground);
    case 'lognormal-mixture':
    case 'lognormal': {
      const components = fitMixture(points, family === 'lognormal' ? 1 : 2);
      return (x) => mixtureProbability(components, x);
    }
    case 'gamma': {
      const { shape, scale } = fitGamma(points);
      return (x) => gammaProbability(Math.exp(x) / scale, shape);
    }
    case 'exponential': {
      const mean = weightedMean(points, Math.exp);
      return (x) => -Math.expm1(-Math.exp(x) / mean);
    }
  }
}

/** Linear on the scale of ln between quantiles of equal steps, as a twin draws. */
function empirical(ground: ResidualDistribution): Distribution {
  const steps = 1_000;
  const quantiles = Float64Array.from({ length: steps }, (_, step) => residualQuantile(ground, (step + 0.5) / steps));
  return (x) => {
    let low = 0;
    let high = steps;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (quantiles[middle]! > x) high = middle;
      else low = middle + 1;
    }
    if (low === 0 || low === steps) return low / steps;
    const width = quantiles[low]! - quantiles[low - 1]!;
    return (low - 0.5 + (width > 0 ? (x - quantiles[low - 1]!) / width : 0)) / steps;
  };
}

/** Largest gap to the steps of the judging rows, up to where their bounds hide the rest. */
function distance(judges: KaplanMeier, distribution: Distribution | null): number | null {
  const { values, upTo } = judges;
  if (distribution === null || values.length === 0) return null;
  let gapMax = 0;
  for (let index = 0; index < values.length; index++) {
    const expected = distribution(values[index]!);
    const before = index === 0 ? 0 : upTo[index - 1]!;
    gapMax = Math.max(gapMax, upTo[index]! - expected, expected - before);
  }
  return gapMax;
}

function weightedValues(ground: ResidualDistribution): WeightedValues {
  const { seen, hiddenTail } = ground;
  const size = seen.values.length;
  const hidden = hiddenTail === null ? 0 : HIDDEN_PARTS;
  const values = new Float64Array(size + hidden);
  const weights = new Float64Array(size + hidden);
  values.set(seen.values);
  for (let index = 0; index < size; index++) {
    weights[index] = seen.upTo[index]! - (index === 0 ? 0 : seen.upTo[index - 1]!);
  }
  for (let part = 0; part < hidden; part++) {
    values[size + part] = residualQuantile(ground, 1 - seen.left * (1 - (part + 0.5) / hidden));
    weights[size + part] = seen.left / hidden;
  }
  return { values, weights };
}

function weightedMean({ values, weights }: WeightedValues, of: (value: number) => number): number {
  let sum = 0;
  let total = 0;
  for (let index = 0; index < values.length; index++) {
    sum += weights[index]! * of(values[index]!);
    total += weights[index]!;
  }
  return sum / total;
}

/**
 * Maximum likelihood, R `MASS::fitdistr(x, "gamma")`: the shape from ln(mean) - mean(ln) by the start and the
 * generalised Newton steps of T. Minka, "Estimating a Gamma distribution", 2002.
 */
function fitGamma(points: WeightedValues): { readonly shape: number; readonly scale: number } {
  const mean = weightedMean(points, Math.exp);
  const gap = Math.max(1e-9, Math.log(mean) - weightedMean(points, (value) => value));
  let shape = (3 - gap + Math.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap);
  for (let step = 0; step < 20; step++) {
    const slope = 1 / shape - trigamma(shape);
    shape = 1 / (1 / shape + (Math.log(shape) - digamma(shape) - gap) / (shape * shape * slope));
  }
  return { shape, scale: mean / shape };
}

/** Abramowitz and Stegun 6.3.18, after the recurrence up to 10. */
function digamma(x: number): number {
  let below = 0;
  let from = x;
  for (; from < 10; from++) below += 1 / from;
  const square = 1 / (from * from);
  return Math.log(from) - 1 / (2 * from) - square * (1 / 12 - square * (1 / 120 - square / 252)) - below;
}

/** Abramowitz and Stegun 6.4.12, after the recurrence up to 10. */
function trigamma(x: number): number {
  let below = 0;
  let from = x;
  for (; from < 10; from++) below += 1 / (from * from);
  const square = 1 / (from * from);
  return 1 / from + square / 2 + (square * (1 / 6 - square * (1 / 30 - square / 42))) / from + below;
}
