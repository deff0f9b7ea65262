/** Budgets in words. */
import { formatCount, formatUsd } from '../../../reports/format.ts';
import type { BudgetPage } from '../../proxy/console/contract.ts';

type Budget = BudgetPage['budgets'][number];

/** An amount in the rule's unit, micro-USD for money: `12,400 tokens`, `$3.40`. */
export function amountText(metric: Budget['metric'], amount: number): string {
  return metric === 'microUsd' ? figureText(metric, amount) : `${figureText(metric, amount)} ${metric}`;
}

/** `12,400 of 50,000 tokens`, `$3.40 of $5.00` */
export function useText({ metric, used, limit }: Pick<Budget, 'metric' | 'used' | 'limit'>): string {
  return `${figureText(metric, used)} of ${amountText(metric, limit)}`;
}

function figureText(metric: Budget['metric'], amount: number): string {
  return metric === 'microUsd' ? formatUsd(amount / 1_000_000) : formatCount(Math.round(amount));
}

const WINDOWS: Readonly<Record<Budget['window'], string>> = {
  '1m': 'any minute',
  '5m': 'any 5 minutes',
  day: 'a calendar day',
};

export function windowText(window: Budget['window']): string {
  return WINDOWS[window];
}
