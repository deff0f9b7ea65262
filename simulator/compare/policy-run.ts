/** Turns what a collector gathered into the figures of one policy. */
import type { Router } from '../../src/router/router.ts';
import { REQUEST_CLASSES } from '../../src/router/policy.ts';
import type { ClassUse, EcdfPoint, PolicyRun, TargetUse, TimeSlice } from '../result.ts';
import {
  createLogHistogram,
  histogramCount,
  histogramQuantile,
  mergeHistogram,
  type LogHistogram,
} from '../statistics/log-histogram.ts';
import type { CountTable } from './count-table.ts';
import { quantilesOf } from './quantiles-of.ts';
import { COUNTED, TARGET_COUNTED, type RunCollector } from './run-collector.ts';

const { ARRIVALS, COMPLETED, REJECTED, CANCELLED, RETRIES, COST_MICRO_USD } = COUNTED;
const { ATTEMPTS, ENDED, FAILED, LIMITED, COST_MICRO_USD: TARGET_COST_MICRO_USD } = TARGET_COUNTED;
const MICRO = 1e-6;
/** Shares at which a distribution is drawn: every percent, and closer in the tail. */
const ECDF_SHARES = [...Array.from({ length: 99 }, (_, index) => (index + 1) / 100), 0.995, 0.999, 1];

export interface RunIdentity {
  readonly name: string;
  readonly policyHash: string;
}

/** @param inFlight requests that had not ended when the replay did */
export function policyRun(identity: RunIdentity, run: RunCollector, router: Router, inFlight: number): PolicyRun {
  const { blockCounts } = run;
  const arrivals = blockCounts.total(ARRIVALS);
  const completed = blockCounts.total(COMPLETED);
  const rejected = blockCounts.total(REJECTED);
  const cancelled = blockCounts.total(CANCELLED);
  const costUsd = blockCounts.total(COST_MICRO_USD) * MICRO;
  const firstToken = merged(run.blockFirstToken.rows);
  const duration = merged(run.blockDuration.rows);
  return {
    ...identity,
    arrivals,
    completed,
    rejected,
    cancelled,
    inFlight,
    attempts: run.attempts,
    successRatio: ratio(completed, completed + rejected + cancelled, 1),
    firstTokenMs: quantilesOf(firstToken),
    durationMs: quantilesOf(duration),
    costUsd,
    costUsdPer1kRequests: ratio(costUsd * 1_000, arrivals, 0),
    targets: router.targetIds.map((target, index) => targetUse(target, index, run)),
    rejectedByCode: sortedByName(run.rejectedByCode),
    requestsByAttempts: Array.from(run.requestsByAttempts, (count) => count ?? 0),
    exploredRatio: ratio(run.explored, run.attempts, 0),
    cacheReadRatio: ratio(run.cacheReadTokens, run.inputTokens, 0),
    queuedRatio: ratio(run.queued, arrivals, 0),
    classes: REQUEST_CLASSES.map((requestClass, index) => classUse(requestClass, index, run)).filter(
      (use) => use.arrivals > 0,
    ),
    budgets: router.budgetLabels,
    budgetUseMax: [...run.budgetUseMax],
    firstTokenEcdf: ecdf(firstToken, 1),
    durationEcdf: ecdf(duration, 1),
    costEcdf: ecdf(run.cost, MICRO),
    slices: Array.from({ length: run.shape.slices }, (_, slice) => timeSlice(slice, run)),
  };
}

function targetUse(target: string, index: number, { targets, attempts }: RunCollector): TargetUse {
  return {
    target,
    attempts: targets.get(index, ATTEMPTS),
    share: ratio(targets.get(index, ATTEMPTS), attempts, 0),
    failureRatio: ratio(targets.get(index, FAILED), targets.get(index, ENDED), 0),
    limited: targets.get(index, LIMITED),
    costUsd: targets.get(index, TARGET_COST_MICRO_USD) * MICRO,
  };
}

function classUse(requestClass: ClassUse['requestClass'], index: number, run: RunCollector): ClassUse {
  const completed = run.classCounts.get(index, COMPLETED);
  const arrivals = completed + run.classCounts.get(index, REJECTED) + run.classCounts.get(index, CANCELLED);
  return {
    requestClass,
    arrivals,
    successRatio: ratio(completed, arrivals, 1),
    firstTokenMs: quantilesOf(run.classFirstToken.rows[index]!),
    costUsd: run.classCounts.get(index, COST_MICRO_USD) * MICRO,
  };
}

function timeSlice(slice: number, run: RunCollector): TimeSlice {
  const { targets } = run.shape;
  const ofTargets = (table: CountTable, column: number): number[] =>
    Array.from({ length: targets }, (_, target) => table.get(slice * targets + target, column));
  const end = run.sliceEnds[slice]!;
  return {
    startMs: slice * run.sliceMs,
    arrivals: run.sliceCounts.get(slice, ARRIVALS),
    completed: run.sliceCounts.get(slice, COMPLETED),
    rejected: run.sliceCounts.get(slice, REJECTED),
    cancelled: run.sliceCounts.get(slice, CANCELLED),
    retries: run.sliceCounts.get(slice, RETRIES),
    costUsd: run.sliceCounts.get(slice, COST_MICRO_USD) * MICRO,
    firstTokenP95Ms: histogramQuantile(run.sliceFirstToken.rows[slice]!, 0.95),
    attemptsByTarget: ofTargets(run.sliceTargets, ATTEMPTS),
    failuresByTarget: ofTargets(run.sliceTargets, FAILED),
    limitedByTarget: ofTargets(run.sliceTargets, LIMITED),
    stateByTarget: end.states,
    budgetUse: end.budgetUse,
  };
}

function merged(histograms: readonly LogHistogram[]): LogHistogram {
  const all = createLogHistogram();
  for (const histogram of histograms) mergeHistogram(all, histogram);
  return all;
}

function ecdf(histogram: LogHistogram, unit: number): EcdfPoint[] {
  if (histogramCount(histogram) === 0) return [];
  return ECDF_SHARES.map((share) => ({ value: histogramQuantile(histogram, share)! * unit, share }));
}

function sortedByName<T extends string>(counts: Readonly<Partial<Record<T, number>>>): Partial<Record<T, number>> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))) as Partial<Record<T, number>>;
}

function ratio(above: number, below: number, otherwise: number): number {
  return below === 0 ? otherwise : above / below;
}
