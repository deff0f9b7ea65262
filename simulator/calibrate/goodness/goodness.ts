/**
 * How far a scenario is from rows that it was not fitted on. Plain data: it goes into the result as JSON, with null
 * where there was too little to see. Times in ms, ratios 0 to 1.
 */

/** Values that are compared, of the attempts that have them. */
export const FIT_METRICS = ['firstTokenMs', 'durationMs', 'msPerToken'] as const;
/**
 * `firstTokenMs`: of streams. `durationMs`: of successes. `msPerToken`: time between two output tokens, of streams that
 * succeeded with enough of them.
 */
export type FitMetric = (typeof FIT_METRICS)[number];

export interface QuantileFit {
  readonly probability: number;
  readonly observed: number | null;
  /** Of all replicates together. */
  readonly simulated: number | null;
  /** Least and most of the single replicates: what luck does to it. */
  readonly simulatedMin: number | null;
  readonly simulatedMax: number | null;
  /** simulated / observed - 1 */
  readonly relativeError: number | null;
  /** 95 % interval of the relative error by block bootstrap; null with too few values beyond the quantile. */
  readonly low95: number | null;
  readonly high95: number | null;
}

/** Two distributions beside each other: the quantiles at one probability. */
export interface QuantilePair {
  readonly probability: number;
  readonly observed: number;
  readonly simulated: number;
}

export interface DistributionFit {
  readonly metric: FitMetric;
  /** Values seen, */
  readonly observed: number;
  /** and values simulated, over all replicates. */
  readonly simulated: number;
  readonly quantiles: readonly QuantileFit[];
  /** Kolmogorov-Smirnov distance of the observed from the simulated; an effect size, 0 to 1. */
  readonly ks: number | null;
  /** The same between the odd and the even time blocks of the observed rows alone: what is noise. */
  readonly splitHalfKs: number | null;
  /** The same of single replicates from all together: what there would be if the scenario were the truth. */
  readonly replicateKs: { readonly mean: number; readonly max: number } | null;
}

/** With the pictures of a distribution, too. */
export interface PicturedFit extends DistributionFit {
  /** Ranks of the observed values among the replicates of the same row, counted in 20 bins; flat for a good fit. */
  readonly rankCounts: readonly number[];
  readonly quantilePairs: readonly QuantilePair[];
}

/** A number of the rows and of the replicates. */
export interface FigureFit {
  readonly observed: number | null;
  /** Mean, least and most of the replicates. */
  readonly simulated: number | null;
  readonly simulatedMin: number | null;
  readonly simulatedMax: number | null;
  /** simulated - observed */
  readonly difference: number | null;
}

/** How long trouble lasts: correlation of the failure ratio of a minute with that `lag` minutes later. */
export interface Autocorrelation {
  readonly lag: number;
  readonly observed: number | null;
  readonly simulated: number | null;
  readonly simulatedMin: number | null;
  readonly simulatedMax: number | null;
}

export interface GroupFit {
  /** `provider.keyAlias.model`; null for all together. */
  readonly target: string | null;
  readonly rows: number;
  readonly metrics: readonly PicturedFit[];
  /** Successes / attempts that nobody gave up on. */
  readonly successRatio: FigureFit;
  /** Failures and timeouts / attempts that nobody gave up on. */
  readonly failureRatio: FigureFit;
  /** Answers of 429. */
  readonly limited: FigureFit;
  readonly costMicroUsd: FigureFit;
  /** Minutes with attempts, on which the autocorrelation rests. */
  readonly minutes: number;
  readonly autocorrelation: readonly Autocorrelation[];
}

/** Rows of like size at like load. */
export interface StratumFit {
  readonly inputTokens: Range;
  readonly othersInFlight: Range;
  readonly rows: number;
  readonly metrics: readonly DistributionFit[];
  readonly failureRatio: FigureFit;
}

/** Both ends belong to it. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Rows to which the scenario gives like probabilities of failure. */
export interface ReliabilityBin {
  readonly rows: number;
  /** Mean probability of failure in the scenario. */
  readonly simulated: number;
  readonly observed: number;
  /** 95 % interval of the observed ratio, by block bootstrap. */
  readonly low95: number | null;
  readonly high95: number | null;
}

export interface Goodness {
  readonly rows: number;
  /** Times of sending of the first and the last row. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How often the rows were played again, each time with other luck. */
  readonly replicates: number;
  /** Blocks of time for the intervals. */
  readonly blocks: number;
  readonly blockMs: number;
  readonly all: GroupFit;
  /** In the order of their ids; those with rows. */
  readonly targets: readonly GroupFit[];
  readonly strata: readonly StratumFit[];
  /** Rows in strata too small to say anything of. */
  readonly rowsInSmallStrata: number;
  readonly reliability: readonly ReliabilityBin[];
}
