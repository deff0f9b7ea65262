/** The policies of which no other is better in one metric of the objective and no worse in the rest. */
import { BETTER, type Objective } from '../../src/config/objective.ts';
import { isFeasible, namedMetrics } from './objective-value.ts';
import type { Trialed } from './trial-book.ts';
import type { ParetoPoint } from './tuning-result.ts';

/** Of those that saw the whole train part, in the order of the objective's first metric. */
export function paretoSet(trialed: readonly Trialed[], objective: Objective): readonly ParetoPoint[] {
  const metrics = namedMetrics(objective);
  const points = trialed
    .map(({ policyHash, metrics: values, knobs }) => ({
      policyHash,
      isFeasible: isFeasible(values, objective),
      metrics: values,
      knobs: { ...knobs },
      // The lower the better, all of them.
      costs: metrics.map((metric) => {
        const value = values[metric] ?? null;
        if (value === null) return Infinity;
        return BETTER[metric] === 'lower' ? value : -value;
      }),
    }))
    .sort((a, b) => a.costs[0]! - b.costs[0]! || (a.policyHash < b.policyHash ? -1 : 1));
  return points
    .filter((point, index) => points.every((other, at) => at === index || !beats(other.costs, point.costs, at < index)))
    .map(({ costs: _costs, ...point }) => point);
}

/** @param isFirst of two that are alike in everything the first one stays */
function beats(a: readonly number[], b: readonly number[], isFirst: boolean): boolean {
  const isNoWorse = a.every((cost, index) => cost <= b[index]!);
  return isNoWorse && (isFirst || a.some((cost, index) => cost < b[index]!));
}
