import type { Residual } from '../scenario.ts';
import { lognormalFromUniform } from '../statistics/normal-quantile.ts';
import { quantileOfSorted } from '../statistics/quantiles.ts';

/** Turns one uniform draw in [0, 1) into one value of a distribution. */
export type Sampler = (uniform: number) => number;

/**
 * The inverse distribution function of a residual; see {@link Residual} for what each kind means. An exponential
 * has mean 1: -ln(1 - u). Samples are drawn as R `quantile` type 7 of them. A mixture spends one draw on both
 * its component and the value: inside a component's share of [0, 1) the draw is uniform again.
 */
export function createResidual(residual: Residual): Sampler {
  switch (residual.kind) {
    case 'constant':
      return () => 1;
    case 'exponential':
      return (uniform) => -Math.log1p(-uniform);
    case 'empirical': {
      const sorted = Float64Array.from(residual.samples).sort();
      return (uniform) => quantileOfSorted(sorted, uniform) ?? 1;
    }
    case 'lognormal-mixture':
      return createMixture(residual.components);
    default:
      return assertNever(residual);
  }
}

type Components = Extract<Residual, { readonly kind: 'lognormal-mixture' }>['components'];

function createMixture(components: Components): Sampler {
  const last = components.length - 1;
  return (uniform) => {
    let below = 0;
    for (let index = 0; index < last; index++) {
      const { weight, median, sigma } = components[index]!;
      if (uniform < below + weight) return lognormalFromUniform((uniform - below) / weight, median, sigma);
      below += weight;
    }
    const { median, sigma } = components[last]!;
    return lognormalFromUniform(Math.min((uniform - below) / (1 - below), ALMOST_ONE), median, sigma);
  };
}

/** The largest 32-bit uniform draw. */
const ALMOST_ONE = 1 - 2 ** -32;

function assertNever(residual: never): never {
  throw new Error(`unknown residual ${JSON.stringify(residual)}`);
}
