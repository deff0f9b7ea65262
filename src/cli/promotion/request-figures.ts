/** The metrics of an objective over requests of a log, block by block, as a replay has them over its own. */
import { addValue, createLogHistogram } from '../../../simulator/statistics/log-histogram.ts';
import type { BlockStatistic } from '../../../simulator/statistics/block-bootstrap.ts';
import type { ObjectiveMetric } from '../../config/objective.ts';
import type { LoggedRequest } from '../../log/logged-requests.ts';

/** What a log can tell; the use of budgets is not among it, for windows reach beyond one policy's requests. */
export type LoggedMetric = Exclude<ObjectiveMetric, 'budget_overshoot'>;

/**
 * @param blockOf 0 to below `blocks`, of each request by its position in the list
 */
export function blockStatistics(
  requests: readonly LoggedRequest[],
  blocks: number,
  blockOf: (index: number) => number,
): Readonly<Record<LoggedMetric, BlockStatistic>> {
  const [arrivals, ended, completed, cost] = Array.from({ length: 4 }, () => new Float64Array(blocks)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const firstToken = Array.from({ length: blocks }, createLogHistogram);
  const duration = Array.from({ length: blocks }, createLogHistogram);
  requests.forEach((request, index) => {
    const block = blockOf(index);
    arrivals[block]! += 1;
    cost[block]! += request.costMicroUsd / 1_000;
    if (request.ending !== 'open') ended[block]! += 1;
    if (request.ending !== 'completed') return;
    completed[block]! += 1;
    if (request.firstTokenMs !== null) addValue(firstToken[block]!, request.firstTokenMs);
    if (request.durationMs !== null) addValue(duration[block]!, request.durationMs);
  });
  const quantile = (histograms: typeof firstToken, probability: number): BlockStatistic => ({
    kind: 'quantile',
    histograms,
    probability,
  });
  return {
    cost: { kind: 'ratio', numerators: cost, denominators: arrivals },
    success: { kind: 'ratio', numerators: completed, denominators: ended },
    p50_first_token_ms: quantile(firstToken, 0.5),
    p95_first_token_ms: quantile(firstToken, 0.95),
    p99_first_token_ms: quantile(firstToken, 0.99),
    p95_duration_ms: quantile(duration, 0.95),
  };
}
