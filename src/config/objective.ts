/**
 * What a better policy is: a metric to bring down (or up) while others stay within limits, or a weighted sum of metrics.
 * The words of the command line and of `evidence` in a policy file.
 */
import * as z from 'zod';
import { closedObject } from './closed-object.ts';

/** What a replay or a live stage is judged by. Ratios are 0 to 1, times in ms, money in USD. */
export const OBJECTIVE_METRICS = [
  /** USD per 1,000 requests. */
  'cost',
  /** completed / (completed + rejected + cancelled). */
  'success',
  'p50_first_token_ms',
  'p95_first_token_ms',
  'p99_first_token_ms',
  'p95_duration_ms',
  /** Highest use of any budget rule less 1, not below 0. */
  'budget_overshoot',
] as const;
export type ObjectiveMetric = (typeof OBJECTIVE_METRICS)[number];

/** Which way each metric is better. */
export const BETTER: Readonly<Record<ObjectiveMetric, 'lower' | 'higher'>> = {
  cost: 'lower',
  success: 'higher',
  p50_first_token_ms: 'lower',
  p95_first_token_ms: 'lower',
  p99_first_token_ms: 'lower',
  p95_duration_ms: 'lower',
  budget_overshoot: 'lower',
};

const metric = z.enum(OBJECTIVE_METRICS);

export const constraintSchema = closedObject({
  metric,
  comparison: z.enum(['<=', '>=']),
  limit: z.number(),
});
export type Constraint = z.infer<typeof constraintSchema>;

export const objectiveSchema = closedObject({
  /** Per metric the worth of one unit; a single metric to be brought down has -1, to be brought up 1. */
  utility: z.partialRecord(metric, z.number()),
  subjectTo: z.array(constraintSchema),
});
export type Objective = z.infer<typeof objectiveSchema>;
