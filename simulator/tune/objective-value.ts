/**
 * How good a policy is by an objective. Constraints come first: whoever keeps them goes before whoever does not, among
 * those who do not the one who breaks them less (K. Deb, Computer Methods in Applied Mechanics and Engineering 186, 2000),
 * and only among those who keep them the utility decides.
 */
import { BETTER, type Constraint, type Objective, type ObjectiveMetric } from '../../src/config/objective.ts';
import type { MetricValues } from './tuning-result.ts';

export interface Standing {
  /** How far the constraints are missed, each as a share of its limit's room; 0 when all are kept. */
  readonly violation: number;
  /** -Infinity where a metric of it is not defined. */
  readonly utility: number;
  /** What is compared among those who keep the constraints. */
  readonly merit: number;
}

/** Room below which a miss is not measured, for limits at 0 or at 1. */
const SUCCESS_ROOM_MIN = 0.001;
const OVERSHOOT_ROOM_MIN = 0.05;

/** Sum of worth x value. */
export function utilityOf(metrics: MetricValues, { utility }: Objective): number {
  let total = 0;
  for (const [metric, worth] of Object.entries(utility)) {
    const value = metrics[metric as ObjectiveMetric] ?? null;
    if (value === null) return -Infinity;
    total += worth * value;
  }
  return total;
}

/**
 * How far the constraints are missed together.
 *
 * @param margin the limits are taken to be tighter by this share of their room, 0 to 1
 */
export function violationOf(metrics: MetricValues, { subjectTo }: Objective, margin = 0): number {
  return subjectTo.reduce((sum, constraint) => sum + missOf(metrics[constraint.metric] ?? null, constraint, margin), 0);
}

/** By how much of its room one constraint is missed; 1 where its metric is not defined. */
export function missOf(value: number | null, { metric, limit }: Constraint, margin = 0): number {
  if (value === null) return 1;
  const room = roomOf(metric, limit);
  const beyond = BETTER[metric] === 'lower' ? value - limit : limit - value;
  // Nothing can be better than that, however tight the limit is taken.
  if (beyond <= 0 && value === (BETTER[metric] === 'lower' ? 0 : 1)) return 0;
  return Math.max(0, beyond / room + margin);
}

/** What a miss is measured in: the limit itself, and for shares what the limit leaves. */
function roomOf(metric: ObjectiveMetric, limit: number): number {
  if (metric === 'success') return Math.max(SUCCESS_ROOM_MIN, 1 - limit);
  if (metric === 'budget_overshoot') return Math.max(OVERSHOOT_ROOM_MIN, limit);
  return Math.max(Number.EPSILON, Math.abs(limit));
}

export function isFeasible(metrics: MetricValues, objective: Objective): boolean {
  return violationOf(metrics, objective) === 0;
}

/** Order of two standings, for sorting: the better one first. */
export function betterFirst(a: Standing, b: Standing): number {
  if (a.violation !== b.violation) return a.violation - b.violation;
  // Two that are undefined are equal, and -Infinity less -Infinity is no number.
  return a.merit === b.merit ? 0 : b.merit - a.merit;
}

/** The metrics that the objective names: those of its utility, then those of its constraints, each once. */
export function namedMetrics({ utility, subjectTo }: Objective): readonly ObjectiveMetric[] {
  const ofUtility = Object.keys(utility) as ObjectiveMetric[];
  return [...new Set([...ofUtility, ...subjectTo.map(({ metric }) => metric)])];
}
