/**
 * Intervals that hold at all times at once, so that looking at them every second until one of them speaks does no harm: the
 * chance that the truth is ever outside is at most alpha. An interval of fixed size, looked at again and again, is sure
 * to be wrong some time.
 *
 * The boundary is Robbins' normal mixture, for estimated variances: an asymptotic confidence sequence (Robbins 1970; Howard,
 * Ramdas, McAuliffe and Sekhon 2021; Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and
 * asymptotic confidence sequences"). Being asymptotic it is not to be asked before some units were seen.
 */

/** The number of units at which intervals are as narrow as they can be; elsewhere they are little wider. */
const TIGHTEST_AT = 150;

/**
 * How many standard errors an estimate may be off, at any time.
 *
 * @param units independent ones behind the estimate, > 0
 * @param alpha chance of an error over all times, both sides together, 0 to 1
 */
export function anytimeMultiplier(units: number, alpha: number, tightestAt: number = TIGHTEST_AT): number {
  const scaled = units * mixtureVariance(tightestAt, alpha);
  return Math.sqrt((1 + 1 / scaled) * Math.log((scaled + 1) / alpha ** 2));
}

/** Variance of the mixture that makes the boundary (nearly) tightest at `units`, for data of unit variance. */
function mixtureVariance(units: number, alpha: number): number {
  const surprise = -2 * Math.log(alpha);
  return (surprise + Math.log(surprise + 1)) / units;
}
