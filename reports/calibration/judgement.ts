/** From figures to "believed or not": the one place where the page decides. */
import type { FitMetric, GroupFit, PicturedFit, QuantileFit } from '../../simulator/calibrate/goodness/goodness.ts';

/** How far a quantile may be off, relative; tails are harder and matter less. */
export const BANDS: readonly { readonly probability: number; readonly name: string; readonly band: number }[] = [
  { probability: 0.5, name: 'p50', band: 0.05 },
  { probability: 0.9, name: 'p90', band: 0.08 },
  { probability: 0.99, name: 'p99', band: 0.15 },
];

/** How far a ratio of failures may be off. */
export const FAILURE_BAND = 0.02;
/** With fewer values nothing is said of a target. */
export const VALUES_MIN = 100;

/**
 * `off`: outside the band with the whole interval, and no single replicate comes out as the log did. `unclear`: outside
 * the band otherwise; it may be luck. `unseen`: nothing to compare.
 */
export type Verdict = 'within' | 'off' | 'unclear' | 'unseen';

export interface QuantileVerdict {
  readonly name: string;
  readonly band: number;
  readonly fit: QuantileFit | null;
  readonly verdict: Verdict;
}

export interface TargetVerdict {
  readonly group: GroupFit;
  /** Whose quantiles were judged: the first token, or the duration where nothing was streamed; null for nothing seen. */
  readonly metric: PicturedFit | null;
  readonly quantiles: readonly QuantileVerdict[];
  readonly failures: Verdict;
  /** Of all together: off if anything is, unclear if anything is, else within. */
  readonly verdict: Verdict;
}

/** The metric of a group. */
export function metricOf(group: GroupFit, metric: FitMetric): PicturedFit | null {
  return group.metrics.find((fit) => fit.metric === metric) ?? null;
}

/** What can be said of one target, or of all together. */
export function judgeGroup(group: GroupFit): TargetVerdict {
  const seen = (['firstTokenMs', 'durationMs'] as const)
    .map((metric) => metricOf(group, metric))
    .find((fit) => fit !== null && fit.observed >= VALUES_MIN);
  const metric = seen ?? null;
  const quantiles = BANDS.map(({ probability, name, band }) => {
    const fit = metric?.quantiles.find((quantile) => quantile.probability === probability) ?? null;
    return { name, band, fit, verdict: quantileVerdict(fit, band) };
  });
  const failures = failureVerdict(group);
  const isSeen = quantiles.some((quantile) => quantile.verdict !== 'unseen');
  const verdict = isSeen ? together([...quantiles.map((quantile) => quantile.verdict), failures]) : 'unseen';
  return { group, metric, quantiles, failures, verdict };
}

/** Within the band, clearly outside it, or neither. */
export function quantileVerdict(fit: QuantileFit | null, band: number): Verdict {
  if (fit === null || fit.relativeError === null) return 'unseen';
  if (Math.abs(fit.relativeError) <= band) return 'within';
  const isClear = fit.low95 !== null && fit.high95 !== null && (fit.low95 > band || fit.high95 < -band);
  return isClear && !isAmongReplicates(fit) ? 'off' : 'unclear';
}

function isAmongReplicates({ observed, simulatedMin, simulatedMax }: QuantileFit): boolean {
  if (observed === null || simulatedMin === null || simulatedMax === null) return false;
  return observed >= simulatedMin && observed <= simulatedMax;
}

/**
 * Within the band, or as often as in one of the replicates: how much trouble falls into the hold-out is luck, and they
 * say how much of it there may be. Off when even the luck of single attempts does not explain it.
 */
function failureVerdict({ rows, failureRatio }: GroupFit): Verdict {
  const { observed, simulatedMin, simulatedMax, difference } = failureRatio;
  if (observed === null || simulatedMin === null || simulatedMax === null || difference === null) return 'unseen';
  if (Math.abs(difference) <= FAILURE_BAND) return 'within';
  if (observed >= simulatedMin && observed <= simulatedMax) return 'within';
  // Two standard errors of the observed ratio, which has luck of its own.
  const luck = 2 * Math.sqrt(Math.max((observed * (1 - observed)) / rows, 1 / rows ** 2));
  return observed + luck >= simulatedMin && observed - luck <= simulatedMax ? 'unclear' : 'off';
}

function together(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('off')) return 'off';
  return verdicts.some((verdict) => verdict === 'unclear') ? 'unclear' : 'within';
}

/** No further from the log than the log from itself, or than the scenario from itself; null when nobody knows. */
export function isWithinNoise(fit: Pick<PicturedFit, 'ks' | 'splitHalfKs' | 'replicateKs'>): boolean | null {
  if (fit.ks === null) return null;
  const noise = Math.max(fit.splitHalfKs ?? 0, fit.replicateKs?.max ?? 0);
  return fit.splitHalfKs === null && fit.replicateKs === null ? null : fit.ks <= noise;
}
