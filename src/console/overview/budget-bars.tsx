import { formatPercent } from '../../../reports/format.ts';
import { USE_STEPS, usePaint } from '../../../reports/use-steps.ts';
import type { BudgetPage } from '../../proxy/console/contract.ts';
import { Swatch } from '../parts/state-badge.tsx';
import { useText, windowText } from './budget-text.ts';

type Budgets = BudgetPage['budgets'];

/** Use of each limit. Colours are those of the reports. */
export function BudgetBars({ budgets }: { readonly budgets: Budgets }) {
  if (budgets.length === 0) return <p class="empty">The configuration sets no budgets.</p>;
  return (
    <div class="card">
      <ul class="budgets">
        {budgets.map((budget) => (
          <li key={budget.label}>
            <BudgetBar budget={budget} />
          </li>
        ))}
      </ul>
      <ul class="legend">
        {USE_STEPS.map(({ label, paint }) => (
          <li key={label}>
            <Swatch paint={paint} /> {label}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** One limit: its name, a bar, and both amounts. */
export function BudgetBar({ budget }: { readonly budget: Budgets[number] }) {
  const { label, window, useRatio, pressure } = budget;
  const width = `${Math.min(100, Math.max(0, 100 * useRatio))}%`;
  return (
    <div class="budget">
      <div class="budget-words">
        <span class="budget-name">{label}</span>
        <span>
          {useText(budget)} in {windowText(window)}
        </span>
        <span>
          <strong>{formatPercent(useRatio, 0)}</strong>, pressure {formatPercent(pressure, 0)}
        </span>
      </div>
      <div
        class="bar"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * Math.min(1, useRatio))}
        aria-valuetext={`${formatPercent(useRatio, 0)} used, pressure ${formatPercent(pressure, 0)}`}
      >
        <div class="bar-fill" style={{ width, background: usePaint(useRatio) }} />
      </div>
    </div>
  );
}
