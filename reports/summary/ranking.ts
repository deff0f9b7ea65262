/** Who is best in one metric, and against whom that can be said. */
import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import type { Metric } from '../metrics.ts';
import { findPair, verdictOf } from './pair-verdict.ts';

export interface Ranked {
  readonly run: PolicyRun;
  readonly value: number;
}

export interface Ranking {
  readonly metric: Metric;
  /** Best first; policies without a value (nothing completed) are missing. */
  readonly order: readonly Ranked[];
  /** Policies that the best one beats by its paired interval. */
  readonly beaten: readonly string[];
  /** Policies whose interval against the best one contains zero, or speaks against it. */
  readonly unclear: readonly string[];
  /** Policies that were not compared with the best one. */
  readonly untested: readonly string[];
}

/** Ties keep the order of `comparison.policies`. A metric without a good direction is ordered lowest first. */
export function rankingOf(comparison: Comparison, metric: Metric): Ranking {
  const sign = metric.better === 'higher' ? -1 : 1;
  const order = comparison.policies
    .flatMap((run) => {
      const value = metric.value(run);
      return value === null ? [] : [{ run, value }];
    })
    .sort((left, right) => sign * (left.value - right.value));
  const beaten: string[] = [];
  const unclear: string[] = [];
  const untested: string[] = [];
  const [best, ...others] = order;
  for (const other of others) {
    const pair = best === undefined ? null : findPair(comparison, metric.key, best.run.name, other.run.name);
    const verdict = pair === null ? 'untested' : verdictOf(pair, metric);
    const list = verdict === 'untested' ? untested : verdict === 'better' || verdict === 'neutral' ? beaten : unclear;
    list.push(other.run.name);
  }
  return { metric, order, beaten, unclear, untested };
}
