import { gammaln } from 'simple-statistics';
import { drawGamma } from './gamma.ts';
import { drawOpenUniform } from './open-uniform.ts';

export const GAP_FAMILIES = ['gamma', 'weibull'] as const;
export type GapFamily = (typeof GAP_FAMILIES)[number];

/** A distribution of the time between arrivals, keyed; `salt` as for `drawGamma`. */
export type GapDraw = (seed: number, key: number, salt: number, purpose: number) => number;

/** Coefficients of variation for which a gap distribution can be given. */
export const GAP_CV_RANGE = { min: 0.1, max: 10 } as const;

/**
 * Gaps with mean 1 and a coefficient of variation: 1 is a Poisson process, more is bursty, less is regular.
 *
 * @param cv standard deviation / mean, within `GAP_CV_RANGE`
 */
export function unitGaps(family: GapFamily, cv: number): GapDraw {
  switch (family) {
    case 'gamma':
      return gammaGaps(1 / (cv * cv), cv * cv);
    case 'weibull': {
      const shape = weibullShape(cv);
      return weibullGaps(shape, Math.exp(-gammaln(1 + 1 / shape)));
    }
  }
}

/** Gamma gaps; mean = shape x scale. */
export function gammaGaps(shape: number, scale: number): GapDraw {
  return (seed, key, salt, purpose) => scale * drawGamma(shape, seed, key, salt, purpose);
}

/** Weibull gaps by inversion: scale (-ln u)^(1/shape); mean = scale x Gamma(1 + 1/shape). */
export function weibullGaps(shape: number, scale: number): GapDraw {
  const power = 1 / shape;
  return (seed, key, salt, purpose) => scale * (-Math.log(drawOpenUniform(seed, key, salt, purpose))) ** power;
}

/**
 * The Weibull shape that has a coefficient of variation, by bisection on
 * 1 + cv^2 = Gamma(1 + 2/shape) / Gamma(1 + 1/shape)^2, which falls as the shape grows.
 */
export function weibullShape(cv: number): number {
  const wanted = Math.log1p(cv * cv);
  let low = 0.05;
  let high = 50;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    const found = gammaln(1 + 2 / middle) - 2 * gammaln(1 + 1 / middle);
    if (found > wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
