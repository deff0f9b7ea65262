/** What a run of traffic measured. Times are kept in ms on the wall; results give them in scenario ms as well. */
import {
  addValue,
  createLogHistogram,
  histogramCount,
  histogramMax,
  histogramQuantile,
  type LogHistogram,
} from '../statistics/log-histogram.ts';

/** What became of a request, from the client's side. */
export const TRAFFIC_OUTCOMES = ['success', 'failure', 'limited', 'left', 'unfinished'] as const;
/**
 * `failure`: an error status, a broken connection or a stream without its end. `limited`: 429. `left`: the client's
 * patience was over. `unfinished`: still open when the run was told to stop or had waited long enough.
 */
export type TrafficOutcome = (typeof TRAFFIC_OUTCOMES)[number];

export type OutcomeCounts = Record<TrafficOutcome, number>;

/** Kinds of error that are told apart; what comes beyond is counted as `other`. */
const ERROR_KINDS_MAX = 64;
/** Parts in which the trace's time is counted. */
const PERIODS = 120;

export interface Quantiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** One part of the trace's time: what became of the requests that were due in it. */
export interface TrafficPeriod extends OutcomeCounts {
  /** Scenario ms. */
  readonly fromMs: number;
}

export interface TrafficFigures {
  readonly outcomes: OutcomeCounts;
  readonly statuses: Record<string, number>;
  readonly errors: Record<string, number>;
  readonly periods: readonly TrafficPeriod[];
  readonly periodMs: number;
  readonly latenessMs: LogHistogram;
  readonly firstTokenMs: LogHistogram;
  readonly durationMs: LogHistogram;
  readonly tokens: { input: number; output: number; cachedInput: number };
}

/** @param spanMs of the trace, scenario ms */
export function createTrafficFigures(spanMs: number): TrafficFigures {
  const periodMs = Math.max(1, Math.ceil((spanMs + 1) / PERIODS));
  const count = Math.floor(spanMs / periodMs) + 1;
  return {
    outcomes: noOutcomes(),
    statuses: {},
    errors: {},
    periods: Array.from({ length: count }, (_, index) => ({ fromMs: index * periodMs, ...noOutcomes() })),
    periodMs,
    latenessMs: createLogHistogram(),
    firstTokenMs: createLogHistogram(),
    durationMs: createLogHistogram(),
    tokens: { input: 0, output: 0, cachedInput: 0 },
  };
}

function noOutcomes(): OutcomeCounts {
  return { success: 0, failure: 0, limited: 0, left: 0, unfinished: 0 };
}

/** @param arrivalMs of the row, scenario ms */
export function countOutcome(figures: TrafficFigures, outcome: TrafficOutcome, arrivalMs: number): void {
  figures.outcomes[outcome] += 1;
  const period = figures.periods[Math.min(figures.periods.length - 1, Math.floor(arrivalMs / figures.periodMs))]!;
  (period as OutcomeCounts)[outcome] += 1;
}

export function countStatus({ statuses }: TrafficFigures, status: number): void {
  statuses[status] = (statuses[status] ?? 0) + 1;
}

/** @param kind a short code, never a text that somebody else wrote */
export function countError({ errors }: TrafficFigures, kind: string): void {
  const name = kind in errors || Object.keys(errors).length < ERROR_KINDS_MAX ? kind : 'other';
  errors[name] = (errors[name] ?? 0) + 1;
}

export function addTime(histogram: LogHistogram, wallMs: number): void {
  addValue(histogram, Math.max(0, wallMs));
}

/** @param factor every figure is multiplied by it */
export function quantilesOf(histogram: LogHistogram, factor: number): Quantiles {
  const at = (probability: number): number | null => {
    const value = histogramQuantile(histogram, probability);
    return value === null ? null : value * factor;
  };
  const count = histogramCount(histogram);
  const max = count === 0 ? null : histogramMax(histogram) * factor;
  return { count, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max };
}
