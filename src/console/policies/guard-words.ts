/** Guards of a canary in words. How they stand is what the proxy says; nothing is judged here. */
import { formatPercent, formatPlain, formatUsd } from '../../../reports/format.ts';
import type { GuardReading, Guards } from '../../policies/promotion.ts';

type GuardName = keyof Guards;

export const GUARD_NAMES: Readonly<Record<GuardName, string>> = {
  successDropMax: 'Requests answered',
  lateFirstTokenFactorMax: 'Late first tokens',
  costFactorMax: 'Cost per request',
  budgetUseMax: 'Use of budgets',
};

export const GUARD_STATES: Readonly<Record<GuardReading['state'], string>> = {
  'too-few': 'too few requests to say',
  holds: 'holds',
  broken: 'broken',
};

/** What the guard allows: `at most 1 point below the rest`, `at most 1.1 times the rest`. */
export function limitText(guard: GuardName, limit: number): string {
  switch (guard) {
    case 'successDropMax':
      return limit === 0 ? 'not below the rest' : `at most ${formatPlain(-100 * limit)} points below the rest`;
    case 'lateFirstTokenFactorMax':
    case 'costFactorMax':
      return `at most ${formatPlain(limit)} times the rest`;
    case 'budgetUseMax':
      return `at most ${formatPercent(limit, 0)} of any budget, unless it costs no more than the rest`;
  }
}

/** A figure of one arm. */
export function figureText(guard: GuardName, value: number | null): string {
  return guard === 'costFactorMax' ? formatUsd(value) : formatPercent(value, 2);
}

/** The limits between which the comparison lies at all times together. */
export function rangeText({ guard, low, high }: GuardReading): string {
  if (low === null && high === null) return '–';
  if (guard === 'successDropMax') return `${pointsText(low)} to ${pointsText(high)}`;
  return `${formatPlain(low)} to ${high === null ? 'any number of' : formatPlain(high)} times`;
}

function pointsText(difference: number | null): string {
  return difference === null ? '…' : `${formatPlain(100 * difference)} points`;
}
