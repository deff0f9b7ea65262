import * as z from 'zod';
import type { BudgetRule } from '../router/pool.ts';
import { closedObject } from './closed-object.ts';

const MICRO_USD_PER_USD = 1_000_000;

const window = z.enum(['1m', '5m', 'day']);

/** "At most `limit` of `metric` in any `window`", as the user writes it: money in dollars. */
export const budgetSchema = z.discriminatedUnion('metric', [
  closedObject({ metric: z.literal('tokens'), window, limit: z.int().min(1) }),
  closedObject({ metric: z.literal('requests'), window, limit: z.int().min(1) }),
  closedObject({ metric: z.literal('usd'), window, limit: z.number().min(1 / MICRO_USD_PER_USD) }),
]);

/** The budgets of one owner: a provider, a key, a target or a client key. */
export const budgetsSchema = z
  .array(budgetSchema)
  .default([])
  .superRefine((budgets, context) => {
    const seen = new Set<string>();
    for (const [i, { metric, window: span }] of budgets.entries()) {
      const name = `${metric} per ${span}`;
      if (seen.has(name)) context.addIssue({ code: 'custom', path: [i], message: `${name} is limited twice` });
      seen.add(name);
    }
  });

export type BudgetForm = z.output<typeof budgetSchema>;

/** The rule as the core counts it: money in whole micro-USD. */
export function toBudgetRule({ metric, window: span, limit }: BudgetForm): BudgetRule {
  return metric === 'usd'
    ? { metric: 'microUsd', window: span, limit: Math.round(limit * MICRO_USD_PER_USD) }
    : { metric, window: span, limit };
}
