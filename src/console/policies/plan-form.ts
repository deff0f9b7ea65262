/** The form in which a promotion is planned, and the plan that it means. */
import { parseDuration } from '../../config/duration.ts';
import { firstProblem } from '../../config/problem-line.ts';
import { planSchema } from '../../policies/promotion-schema.ts';
import type { PromotionPlan } from '../../policies/promotion.ts';

/** As typed. */
export interface PlanForm {
  /** Lengths: `2m`, `1h`, `90s`, or ms. */
  readonly shadowFor: string;
  readonly canaryFor: string;
  /** Of the sessions, percent. */
  readonly canaryPercent: string;
  readonly requestsMin: string;
  /** Points of the share of requests answered that the canary may be below the rest. */
  readonly successDropPoints: string;
  readonly lateFirstTokenFactor: string;
  readonly costFactor: string;
  /** Percent. */
  readonly budgetUsePercent: string;
}

export type PlanField = keyof PlanForm;

/** As `tokenpool promote` has it. */
export const USUAL_PLAN: PlanForm = {
  shadowFor: '2m',
  canaryFor: '10m',
  canaryPercent: '5',
  requestsMin: '100',
  successDropPoints: '1',
  lateFirstTokenFactor: '2',
  costFactor: '1.1',
  budgetUsePercent: '100',
};

export type PlanReading =
  { readonly plan: PromotionPlan; readonly problem: null } | { readonly plan: null; readonly problem: string };

/** The plan, or what is wrong with the form, in one line. */
export function readPlan(form: PlanForm): PlanReading {
  try {
    const value = {
      shadowForMs: lengthOf('Shadow', form.shadowFor),
      canaryShare: numberOf('Share of the sessions', form.canaryPercent) / 100,
      canaryForMs: lengthOf('Canary', form.canaryFor),
      requestsMin: numberOf('Fewest requests', form.requestsMin),
      guards: {
        successDropMax: -numberOf('Requests answered', form.successDropPoints) / 100,
        lateFirstTokenFactorMax: numberOf('Late first tokens', form.lateFirstTokenFactor),
        costFactorMax: numberOf('Cost per request', form.costFactor),
        budgetUseMax: numberOf('Use of budgets', form.budgetUsePercent) / 100,
      },
    };
    const read = planSchema.safeParse(value);
    if (read.success) return { plan: withoutMinusZero(read.data), problem: null };
    return { plan: null, problem: firstProblem(read.error, value).line };
  } catch (error) {
    return { plan: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

function lengthOf(name: string, text: string): number {
  try {
    if (text.trim() === '') throw new Error('a length is missing, such as 2m; 0 for none');
    return parseDuration(text);
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function numberOf(name: string, text: string): number {
  const value = Number(text.trim().replace(',', '.'));
  if (text.trim() === '' || !Number.isFinite(value)) throw new Error(`${name}: expected a number, got "${text}"`);
  return value;
}

function withoutMinusZero(plan: PromotionPlan): PromotionPlan {
  return { ...plan, guards: { ...plan.guards, successDropMax: plan.guards.successDropMax + 0 } };
}
