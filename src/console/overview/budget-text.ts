/** Budgets in words. */
import { formatCount, formatUsd } from '../../../reports/format.ts';
import type { BudgetPage } from '../../proxy/console/contract.ts';

type Budget = BudgetPage['budgets'][number];

/** An amount in the rule's unit, micro-USD for money: `12,400 tokens`, `$3.40`. */
export function amountText(metric: Budget['metric'], amount: number): string {
  if (metric === 'microUsd') return formatUsd(amount / 1_000_000);
  return `${formatCount(Math.round(amount))} ${metric}`;
}

const WINDOWS: Readonly<Record<Budget['window'], string>> = {
  '1m': 'any minute',
  '5m': 'any 5 minutes',
  day: 'a calendar day',
};

export function windowText(window: Budget['window']): string {
  return WINDOWS[window];
}
