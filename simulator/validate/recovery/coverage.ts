/** How often the 95 % intervals of fits hold what the logs were made with. */
import type { Estimate } from '../../calibrate/estimate.ts';
import { binomialQuantile } from '../../statistics/binomial-quantile.ts';
import { atMost, type Check } from '../check.ts';

/** One parameter of one run: what it was, and what the fit says; null: the fit has nothing to say, which is a miss. */
export interface Recovered {
  readonly parameter: string;
  readonly truth: number;
  readonly estimate: Estimate | null;
}

export interface Coverage {
  readonly parameter: string;
  readonly runs: number;
  /** Runs whose interval does not hold the truth. */
  readonly missed: number;
  /** Mean of value / truth over the runs that have a value; null: the truth was 0 in one, or no run has a value. */
  readonly meanRatio: number | null;
}

/** Intervals that are said to hold 95 in 100 are let miss this share: they come from resampling of dependent rows. */
const MISSED_MAX = 0.1;
/** Probability with which a parameter that misses just as often as it may is let pass. */
const CHANCE = 0.99;
/** Of a value; rounding alone is no miss. */
const ROUNDING = 1e-6;

/** By parameter, in the order of their first occurrence. */
export function coverageOf(recovered: readonly Recovered[]): readonly Coverage[] {
  return [...new Set(recovered.map(({ parameter }) => parameter))].map((parameter) => {
    const runs = recovered.filter((run) => run.parameter === parameter);
    return {
      parameter,
      runs: runs.length,
      missed: runs.filter((run) => !isHeld(run)).length,
      meanRatio: meanRatio(runs),
    };
  });
}

function isHeld({ truth, estimate }: Recovered): boolean {
  if (estimate === null || estimate.low95 === null || estimate.high95 === null) return false;
  const slack = ROUNDING * Math.abs(truth);
  return estimate.low95 - slack <= truth && truth <= estimate.high95 + slack;
}

function meanRatio(runs: readonly Recovered[]): number | null {
  const ratios = runs.flatMap(({ truth, estimate }) => (estimate === null ? [] : [estimate.value / truth]));
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  return Number.isFinite(mean) ? mean : null;
}

/**
 * All parameters together may miss one interval in ten. A single one may miss as often as chance lets it in so many
 * runs if it misses one in ten in the long run: the 99 % point of the binomial distribution.
 */
export function coverageChecks(coverages: readonly Coverage[]): readonly Check[] {
  const runs = coverages.reduce((sum, coverage) => sum + coverage.runs, 0);
  const missed = coverages.reduce((sum, coverage) => sum + coverage.missed, 0);
  return [
    atMost(
      'recovery',
      'all parameters: missed by the 95 % interval',
      runs === 0 ? null : missed / runs,
      MISSED_MAX,
      `${missed} of ${runs} intervals, ${coverages.length} parameters`,
    ),
    ...coverages.map((coverage) =>
      atMost(
        'recovery',
        `${coverage.parameter}: missed by the 95 % interval`,
        coverage.missed / coverage.runs,
        binomialQuantile(coverage.runs, MISSED_MAX, CHANCE) / coverage.runs,
        `${coverage.missed} of ${coverage.runs} runs${coverage.meanRatio === null ? '' : `; value / truth averages ${coverage.meanRatio.toFixed(3)}`}`,
      ),
    ),
  ];
}
