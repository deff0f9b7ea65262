/** From gathered decisions to figures, or to the reason why there are none. */
import type { BanditTable, Metric } from './bandit-table.ts';
import { adviceText } from './exploration-advice.ts';
import { gatesOf, whyNotIdentifiable } from './identifiability.ts';
import { importanceWeights, weightDiagnostics } from './importance-weights.ts';
import type { RequestEnds } from './logged-decisions.ts';
import { neededDecisions, neededExplorationRate } from './needed-exploration.ts';
import type { ExplorationAdvice, MetricEstimate, PolicyEstimate } from './policy-estimate.ts';
import { metricOf, type EstimatedMetric } from './request-metrics.ts';
import { switchThreshold } from './switch-threshold.ts';
import { estimateValues, loggingValue, type ValueEstimates } from './value-estimators.ts';

/** What one may be willing to explore, the cheapest first. */
const USUAL_RATES = [0.02, 0.05, 0.1, 0.2, 0.5];

export type TableEstimate = Pick<
  PolicyEstimate,
  'gates' | 'identifiable' | 'reason' | 'advice' | 'metrics' | 'diagnostics'
>;

/**
 * @param loggedRate exploration rate of the log's policy, 0 to 1
 * @param seed of the resampling, a safe integer
 */
export function estimateTable(
  table: BanditTable,
  ends: RequestEnds,
  metrics: readonly EstimatedMetric[],
  loggedRate: number,
  seed: number,
): TableEstimate {
  const weights = importanceWeights(table);
  const diagnostics = weightDiagnostics(table, weights);
  const gates = gatesOf(diagnostics);
  const reason = whyNotIdentifiable(gates, diagnostics);
  return {
    gates,
    identifiable: reason === null,
    reason,
    advice:
      reason === null || diagnostics.choiceShare === 0
        ? null
        : adviceFor(table, loggedRate, diagnostics.unsupportedShare),
    metrics: metrics.map((name): MetricEstimate => {
      const metric = metricOf(name, table, ends);
      if (reason !== null) return { metric: name, logging: loggingValue(metric, seed), ...NO_FIGURE };
      return { metric: name, ...estimateMetric(table, weights, metric, seed) };
    }),
    diagnostics,
  };
}

const NO_FIGURE = {
  ips: null,
  snips: null,
  doublyRobust: null,
  switch: null,
  switchAbove: null,
  difference: null,
} as const;

/** All estimators on one metric, whatever the gates say. */
export function estimateMetric(
  table: BanditTable,
  weights: Float64Array,
  metric: Metric,
  seed: number,
): ValueEstimates & { readonly switchAbove: number | null } {
  const threshold = switchThreshold(table, weights, metric, doublyRobustRatio(weights, metric));
  return {
    ...estimateValues(weights, metric, threshold, seed),
    switchAbove: Number.isFinite(threshold) ? threshold : null,
  };
}

function doublyRobustRatio(weights: Float64Array, { numerator, denominator }: Metric): number {
  let above = 0;
  let below = 0;
  for (let row = 0; row < weights.length; row++) {
    const { observed, direct, directValue } = numerator;
    above += directValue[row]! + weights[row]! * (observed[row]! - direct[row]!);
    below +=
      denominator === null
        ? 1
        : denominator.directValue[row]! + weights[row]! * (denominator.observed[row]! - denominator.direct[row]!);
  }
  return below === 0 ? 0 : above / below;
}

function adviceFor(table: BanditTable, loggedRate: number, unsupportedShare: number): ExplorationAdvice {
  const explorationRate = neededExplorationRate(table, loggedRate);
  const longer = longerLog(table, loggedRate);
  return {
    explorationRate,
    longer,
    text: adviceText({ explorationRate, longer, rows: table.rows, loggedRate, unsupportedShare }),
  };
}

function longerLog(table: BanditTable, loggedRate: number): ExplorationAdvice['longer'] {
  for (const explorationRate of [loggedRate, ...USUAL_RATES.filter((rate) => rate > loggedRate)]) {
    const decisions = neededDecisions(table, explorationRate, loggedRate);
    if (decisions !== null) return { explorationRate, decisions };
  }
  return null;
}
