/** The metrics of an objective, and the objective itself, in words. */
import type { Constraint, Objective, ObjectiveMetric } from '../../src/config/objective.ts';
import { formatPercent, formatPlain, formatPoints, listWords } from '../format.ts';
import { COST, DURATION_P95, FIRST_TOKEN_P50, FIRST_TOKEN_P95, metricOf, SUCCESS, type Metric } from '../metrics.ts';

const BUDGET_OVERSHOOT: Metric = {
  key: 'budgetOvershoot',
  label: 'Use of budgets beyond their limits',
  noun: 'use of budgets beyond their limits',
  better: 'lower',
  superlative: 'the least over its budgets',
  quote: (text) => `${text} over budget`,
  format: (value) => formatPercent(value, 1),
  formatDifference: formatPoints,
  value: () => null,
};

const WORDS: Readonly<Record<ObjectiveMetric, Metric>> = {
  cost: COST,
  success: SUCCESS,
  p50_first_token_ms: FIRST_TOKEN_P50,
  p95_first_token_ms: FIRST_TOKEN_P95,
  p99_first_token_ms: metricOf('firstTokenMs.p99'),
  p95_duration_ms: DURATION_P95,
  budget_overshoot: BUDGET_OVERSHOOT,
};

/** The words of a metric of the objective: those that comparisons use. */
export function objectiveMetric(name: ObjectiveMetric): Metric {
  return WORDS[name];
}

/** `time to the first token (p95) at most 2.00 s` */
export function constraintWords({ metric, comparison, limit }: Constraint): string {
  const { noun, format } = objectiveMetric(metric);
  return `${noun} ${comparison === '<=' ? 'at most' : 'at least'} ${format(limit)}`;
}

/** What was sought, as the end of a sentence: `the least cost per 1,000 requests, with ... at most ...`. */
export function objectiveWords({ utility, subjectTo }: Objective): string {
  const limits = subjectTo.length === 0 ? '' : `, with ${listWords(subjectTo.map(constraintWords))}`;
  return `${soughtWords(utility)}${limits}`;
}

/** Metrics with their worth, in the order in which they were written. */
export function worths(utility: Objective['utility']): readonly (readonly [ObjectiveMetric, number])[] {
  return (Object.entries(utility) as [ObjectiveMetric, number | undefined][]).flatMap(([metric, worth]) =>
    worth === undefined ? [] : [[metric, worth] as const],
  );
}

function soughtWords(utility: Objective['utility']): string {
  const all = worths(utility);
  const [only] = all;
  if (only === undefined) return 'whatever keeps within the limits';
  if (all.length === 1) return `the ${only[1] < 0 ? 'least' : 'greatest'} ${objectiveMetric(only[0]).noun}`;
  return `the greatest sum of ${listWords(all.map(([metric, worth]) => `${formatPlain(worth)} × ${objectiveMetric(metric).noun}`))}`;
}

/** Whether a value keeps to a limit; null where there is no value. */
export function keepsTo({ comparison, limit }: Constraint, value: number | null): boolean | null {
  if (value === null) return null;
  return comparison === '<=' ? value <= limit : value >= limit;
}
