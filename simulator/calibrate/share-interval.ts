import type { Estimate } from './estimate.ts';

const Z95 = 1.959963984540054;

/**
 * The share of successes among independent trials, with its interval after E. B. Wilson (Journal of the American
 * Statistical Association 22, 1927; R `prop.test` without continuity correction).
 *
 * @param successes >= 0, at most `trials`
 * @param trials >= 0; without any, the share is 0 and has no interval
 */
export function shareInterval(successes: number, trials: number): Estimate {
  if (!(trials > 0)) return { value: 0, low95: null, high95: null };
  const share = Math.min(1, Math.max(0, successes / trials));
  const z2 = Z95 * Z95;
  const centre = (share + z2 / (2 * trials)) / (1 + z2 / trials);
  const reach = (Z95 / (1 + z2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials));
  return {
    value: share,
    low95: share === 0 ? 0 : Math.max(0, centre - reach),
    high95: share === 1 ? 1 : Math.min(1, centre + reach),
  };
}

/** An estimate times a number >= 0 that is taken as known. */
export function scaledEstimate({ value, low95, high95 }: Estimate, factor: number): Estimate {
  return {
    value: value * factor,
    low95: low95 === null ? null : low95 * factor,
    high95: high95 === null ? null : high95 * factor,
  };
}
