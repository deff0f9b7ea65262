/** Weights of the score terms for each request class and priority, worked out once per policy. */
import type { Priority } from '../pool.ts';
import { REQUEST_CLASSES, SCORE_TERMS, type ClassProfile, type Policy, type RequestClass } from '../policy.ts';

export const PRIORITIES: readonly Priority[] = ['low', 'normal', 'high'];
/** Limits of the adjusted profile values, from the original classifier. */
const COST_MAX = 1.25;
const LATENCY_MIN = 0.05;
const RAISED_MAX = 1.2;

/** Row of the table that {@link classWeights} gives. */
export function weightRowOf(requestClass: RequestClass, priority: Priority): number {
  return REQUEST_CLASSES.indexOf(requestClass) * PRIORITIES.length + PRIORITY_RANK[priority];
}

export const PRIORITY_RANK: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2 };

/** The profile of a class after the adjustments for low (or background) and high priority; both can apply. */
export function adjustedProfile(policy: Policy, requestClass: RequestClass, priority: Priority): ClassProfile {
  let { latency, cost, stability } = policy.classes.profiles[requestClass];
  const { throughput } = policy.classes.profiles[requestClass];
  if (priority === 'low' || requestClass === 'background') {
    cost = Math.min(COST_MAX, cost + policy.classes.lowPriority.costBonus);
    latency = Math.max(LATENCY_MIN, latency - policy.classes.lowPriority.latencyPenalty);
  }
  if (priority === 'high') {
    latency = Math.min(RAISED_MAX, latency + policy.classes.highPriority.latencyBonus);
    stability = Math.min(RAISED_MAX, stability + policy.classes.highPriority.stabilityBonus);
  }
  return { latency, throughput, cost, stability };
}

/**
 * For each class x priority (row `classIndex * 3 + priorityIndex`) the six term weights, scaled to sum to 1.
 * A row whose weights are all 0 is uniform, so that a score always exists.
 */
export function classWeights(policy: Policy): readonly Float64Array[] {
  return REQUEST_CLASSES.flatMap((requestClass) =>
    PRIORITIES.map((priority) => {
      const profile = adjustedProfile(policy, requestClass, priority);
      const { weights } = policy.score;
      const row = Float64Array.from(SCORE_TERMS, (term) => {
        switch (term) {
          case 'success':
            return weights.success * profile.stability;
          case 'firstToken':
            return weights.firstToken * profile.latency;
          case 'speed':
            return weights.speed * profile.throughput;
          case 'cache':
            return weights.cache;
          case 'cost':
            return weights.cost * profile.cost;
          case 'load':
            return weights.load * profile.throughput;
        }
      });
      const sum = row.reduce((total, weight) => total + weight, 0);
      return sum > 0 ? row.map((weight) => weight / sum) : row.fill(1 / row.length);
    }),
  );
}
