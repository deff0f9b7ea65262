import { millsRatio } from './mills-ratio.ts';

/** How long a state lasted, ms, > 0; when the log cut it, at either end, it lasted longer. */
export interface Dwell {
  readonly ms: number;
  readonly isCut: boolean;
}

export interface DwellTimes {
  readonly medianMs: number;
  /** Standard deviation of ln. */
  readonly sigma: number;
}

/** Dwells that the prior counts for. */
const PRIOR_MEDIAN_WEIGHT = 0.5;
const PRIOR_SIGMA_WEIGHT = 2;
const STEPS_MAX = 500;
const SETTLED = 1e-8;

/**
 * Lognormal dwell times by maximum likelihood with dwells that were cut as censored observations (the EM algorithm for
 * censored normals: A. P. Dempster, N. M. Laird, D. B. Rubin, Journal of the Royal Statistical Society B 39, 1977,
 * section 4.2), pulled towards a prior that weighs little more than one dwell: without any it is the prior.
 *
 * @param prior what is likely before any was seen; its sigma > 0
 */
export function fitDwellTimes(dwells: readonly Dwell[], prior: DwellTimes): DwellTimes {
  const seen = dwells.filter(({ ms }) => ms > 0).map(({ ms, isCut }) => ({ ln: Math.log(ms), isCut }));
  const priorMean = Math.log(prior.medianMs);
  let mean = priorMean;
  let sigma = prior.sigma;
  for (let step = 0; step < STEPS_MAX; step++) {
    const expected = seen.map(({ ln, isCut }) => (isCut ? aboveCut(ln, mean, sigma) : { mean: ln, variance: 0 }));
    const total = expected.reduce((sum, each) => sum + each.mean, PRIOR_MEDIAN_WEIGHT * priorMean);
    const nextMean = total / (seen.length + PRIOR_MEDIAN_WEIGHT);
    const squares = expected.reduce(
      (sum, each) => sum + (each.mean - nextMean) ** 2 + each.variance,
      PRIOR_MEDIAN_WEIGHT * (priorMean - nextMean) ** 2 + PRIOR_SIGMA_WEIGHT * prior.sigma ** 2,
    );
    const nextSigma = Math.sqrt(squares / (seen.length + PRIOR_SIGMA_WEIGHT));
    const moved = Math.abs(nextMean - mean) + Math.abs(nextSigma - sigma);
    mean = nextMean;
    sigma = nextSigma;
    if (moved < SETTLED) break;
  }
  return { medianMs: Math.exp(mean), sigma };
}

/** Mean and variance of a normal variable that is known to be above a cut. */
function aboveCut(cut: number, mean: number, sigma: number): { readonly mean: number; readonly variance: number } {
  const place = (cut - mean) / sigma;
  const hazard = 1 / millsRatio(place);
  return {
    mean: mean + sigma * hazard,
    variance: Math.max(0, sigma * sigma * (1 + place * hazard - hazard * hazard)),
  };
}

/** Mean of a lognormal, ms. */
export function meanDwellMs({ medianMs, sigma }: DwellTimes): number {
  return medianMs * Math.exp((sigma * sigma) / 2);
}
