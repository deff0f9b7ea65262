import { normalQuantile } from './normal-quantile.ts';

/** How long prompts or answers are: a lognormal body with a Pareto tail, in tokens. */
export interface TokenLengths {
  /** > 0 */
  readonly median: number;
  /** Sigma of ln(tokens) in the body, >= 0. */
  readonly sigma: number;
  /** Share of values in the tail, 0 to 0.5. */
  readonly tailShare: number;
  /** Index alpha of the tail, P(X > x) ~ x^-alpha, > 0; the smaller, the heavier. */
  readonly tailIndex: number;
  /** Values are clipped here. */
  readonly max: number;
}

/**
 * The quantile function of token lengths as a continuous number of tokens: lognormal up to the quantile
 * 1 - tailShare, and from there x0 ((1 - u) / tailShare)^(-1/tailIndex), so that the pieces meet.
 *
 * @returns a function of u in (0, 1)
 */
export function tokenQuantile(lengths: TokenLengths): (u: number) => number {
  const { median, sigma, tailShare, tailIndex, max } = lengths;
  const bodyEnd = 1 - tailShare;
  const tailStart = median * Math.exp(sigma * (tailShare > 0 ? normalQuantile(bodyEnd) : 0));
  return (u) => {
    const value =
      u < bodyEnd
        ? median * Math.exp(sigma * normalQuantile(u))
        : tailStart * ((1 - u) / tailShare) ** (-1 / tailIndex);
    return value < max ? value : max;
  };
}

/**
 * The lognormal body that has a mean and a 95 % quantile: with z = 1.645 and m = ln(p95 / mean), sigma is the smaller
 * root of sigma^2 / 2 - z sigma + m = 0. Beyond m = z^2 / 2 no lognormal has so large a p95; the closest is sigma = z.
 * A p95 at or below the mean gives sigma 0.
 *
 * @param mean > 0
 * @param p95 > 0
 */
export function lognormalFromMeanAndP95(mean: number, p95: number, max: number): TokenLengths {
  const z = normalQuantile(0.95);
  const m = Math.max(0, Math.log(p95 / mean));
  const sigma = z - Math.sqrt(Math.max(0, z * z - 2 * m));
  return { median: mean * Math.exp((-sigma * sigma) / 2), sigma, tailShare: 0, tailIndex: 1, max };
}

/** A continuous length as whole tokens, at least 1. */
export function wholeTokens(length: number): number {
  return Math.max(1, Math.round(length));
}
