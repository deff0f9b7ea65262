/** Guards of a canary in words. How they stand is what the proxy says; nothing is judged here. */
import { formatPercent, formatPlain, formatTick } from '../../../reports/format.ts';
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

/** What the guard allows: `at most 0.5 points below the rest`, `at most 1.1 times the rest`. */
export function limitText(guard: GuardName, limit: number): string {
  switch (guard) {
    case 'successDropMax':
      return limit === 0 ? 'not below the rest' : `at most ${pointsText(-limit)} below the rest`;
    case 'lateFirstTokenFactorMax':
    case 'costFactorMax':
      return `at most ${numberText(limit)} times the rest`;
    case 'budgetUseMax':
      return `at most ${formatPercent(limit, 0)} of any budget, unless it costs no more than the rest`;
  }
}

/** A figure of one arm; its cost as a part of what such requests were expected to cost. */
export function figureText(guard: GuardName, value: number | null): string {
  if (guard !== 'costFactorMax') return formatPercent(value, 2);
  return value === null ? '–' : `${formatPlain(value)} of expected`;
}

/** The limits between which the comparison lies at all times together. */
export function rangeText({ guard, low, high }: GuardReading): string {
  if (low === null && high === null) return '–';
  if (guard === 'successDropMax') return `${pointsText(low)} to ${pointsText(high)}`;
  return `${formatPlain(low)} to ${high === null ? 'any number of' : formatPlain(high)} times`;
}

function pointsText(difference: number | null): string {
  if (difference === null) return '…';
  const points = Number((100 * difference).toPrecision(6));
  return `${numberText(points)} ${Math.abs(points) === 1 ? 'point' : 'points'}`;
}

/** Without zeros that say nothing. */
function numberText(value: number): string {
  return formatTick(value, formatPlain);
}
