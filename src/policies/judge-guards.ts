/** How the guards of a canary stand. */
import type { ArmRecord } from './arm-record.ts';
import type { GuardReading, Guards } from './promotion.ts';
import { differenceLimits, factorLimits, type Limits } from './sequential/compare-arms.ts';
import type { ClusteredRatio } from './sequential/clustered-ratio.ts';

/** Use of a budget rule, 1: at its limit. */
export interface BudgetUse {
  readonly label: string;
  readonly useRatio: number;
}

/** What was counted of both arms. */
export interface Arms {
  readonly main: ArmRecord;
  readonly canary: ArmRecord;
}

/** Chance that a canary as good as the rest is rolled back, over all guards and the whole stage together. */
export const FALSE_ALARM_MAX = 0.05;
/**
 * Success, first tokens and cost; the guard of budgets goes by the limits of cost. Twice that, as limits are crossed on either
 * side and a guard speaks on one of them.
 */
const ALPHA = (2 * FALSE_ALARM_MAX) / 3;

/** All guards, in the order in which they are shown. */
export function judgeGuards({ main, canary }: Arms, guards: Guards, budgets: readonly BudgetUse[]): GuardReading[] {
  const cost = byFactor('costFactorMax', main.cost, canary.cost, guards.costFactorMax);
  return [
    bySuccess(main.success, canary.success, guards.successDropMax),
    byFactor('lateFirstTokenFactorMax', main.late, canary.late, guards.lateFirstTokenFactorMax),
    cost,
    byBudget(budgets, guards.budgetUseMax, cost),
  ];
}

function bySuccess(main: ClusteredRatio, canary: ClusteredRatio, limit: number): GuardReading {
  const [a, b] = [main.estimate(), canary.estimate()];
  const limits = a === null || b === null ? null : differenceLimits(a, b, ALPHA);
  return reading('successDropMax', a?.ratio, b?.ratio, limit, limits, (limits?.high ?? Infinity) < limit);
}

function byFactor(guard: GuardReading['guard'], main: ClusteredRatio, canary: ClusteredRatio, limit: number) {
  const [a, b] = [main.estimate(), canary.estimate()];
  const limits = a === null || b === null ? null : factorLimits(a, b, ALPHA);
  return reading(guard, a?.ratio, b?.ratio, limit, limits, (limits?.low ?? 0) > limit);
}

/**
 * Budgets belong to both arms, and the main one may use them up alone. So the canary is held to them by what it spends: with a
 * budget beyond the limit it must not be dearer than the rest at all, by the same limits at all times.
 */
function byBudget(budgets: readonly BudgetUse[], limit: number, cost: GuardReading): GuardReading {
  const highest = budgets.reduce((most, { useRatio }) => Math.max(most, useRatio), 0);
  const isDearer = cost.state === 'broken' || (cost.low ?? 0) > 1;
  const state = highest > limit && isDearer ? 'broken' : cost.state === 'too-few' ? 'too-few' : 'holds';
  const isEmpty = budgets.length === 0;
  return { guard: 'budgetUseMax', main: null, canary: isEmpty ? null : highest, limit, low: null, high: null, state };
}

function reading(
  guard: GuardReading['guard'],
  main: number | undefined,
  canary: number | undefined,
  limit: number,
  limits: Limits | null,
  isBroken: boolean,
): GuardReading {
  const state = limits === null ? 'too-few' : isBroken ? 'broken' : 'holds';
  const finite = (value: number | null | undefined): number | null =>
    value === undefined || value === null || !Number.isFinite(value) ? null : value;
  return {
    guard,
    main: finite(main),
    canary: finite(canary),
    limit,
    low: finite(limits?.low),
    high: finite(limits?.high),
    state,
  };
}

/** What a broken guard says, for people. */
export function guardTrouble({ guard, main, canary, limit, low, high }: GuardReading): string {
  switch (guard) {
    case 'successDropMax':
      return `success fell from ${percent(main)} to ${percent(canary)}: by at least ${percent(high === null ? null : -high)}, and ${percent(-limit)} is allowed`;
    case 'lateFirstTokenFactorMax':
      return `${percent(canary)} of the first tokens are late, ${percent(main)} of the rest: at least ${times(low)}, and ${times(limit)} is allowed`;
    case 'costFactorMax':
      return `it costs ${low === null ? 'money where the rest costs nothing' : `at least ${times(low)} what the rest costs`}, and ${times(limit)} is allowed`;
    case 'budgetUseMax':
      return `a budget is used to ${percent(canary)} (${percent(limit)} is allowed), and it spends more a request than the rest`;
  }
}

const percent = (ratio: number | null): string =>
  ratio === null ? 'an unknown share' : `${(100 * ratio).toFixed(1)} %`;
const times = (factor: number | null): string => (factor === null ? 'an unknown factor' : `${factor.toFixed(2)} times`);
