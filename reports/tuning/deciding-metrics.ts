/** Which metrics a tuning is about: what is worth most first, then what the constraints limit. */
import type { ObjectiveMetric } from '../../src/config/objective.ts';
import type { Trial, TuningResult } from '../../simulator/tune/tuning-result.ts';
import { worths } from './objective-metrics.ts';

/** When the objective names fewer than two. */
const USUAL: readonly ObjectiveMetric[] = ['cost', 'p95_first_token_ms', 'success'];

/**
 * All metrics of the objective, in order of what they do to the utility: worth of a unit times the spread over the
 * trials; then those of the constraints as written.
 */
export function objectiveMetrics({ objective, trials }: Pick<TuningResult, 'objective' | 'trials'>): ObjectiveMetric[] {
  const seen = wholeTrials(trials);
  const weighed = worths(objective.utility)
    .map(([metric, worth]) => ({ metric, weight: Math.abs(worth) * spreadOf(seen, metric) }))
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ metric }) => metric);
  return [...new Set([...weighed, ...objective.subjectTo.map(({ metric }) => metric)])];
}

/** The two that the picture of the trade-off is drawn in. */
export function decidingMetrics(
  result: Pick<TuningResult, 'objective' | 'trials'>,
): readonly [ObjectiveMetric, ObjectiveMetric] {
  const [first = 'cost', second = 'p95_first_token_ms'] = new Set([...objectiveMetrics(result), ...USUAL]);
  return [first, second];
}

/** Those that saw as much of the trace as any did: only these can be held against each other. */
export function wholeTrials(trials: readonly Trial[]): readonly Trial[] {
  const most = Math.max(0, ...trials.map(({ blocksSeen }) => blocksSeen));
  return trials.filter(({ blocksSeen }) => blocksSeen === most);
}

function spreadOf(trials: readonly Trial[], metric: ObjectiveMetric): number {
  const values = trials.flatMap(({ metrics }) => metrics[metric] ?? []);
  return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
}
