import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import { formatPercent } from '../format.ts';
import { policyPaint } from '../palette.ts';
import { extremeWords } from '../summary/extremes.ts';
import { usePaint, USE_STEPS } from '../use-steps.ts';
import { multiples, square, type Chart } from './chart.ts';
import type { Draw } from './draw-panel.ts';
import { stripPanel, type StripRow } from './strip-rows.ts';
import { sliceEdges, timeSpanMs } from './time-panel.ts';

/** Budgets shown; the tightest ones, since a slack budget changes nothing. */
const BUDGETS_MAX = 10;

/** Which limits were near, and when? */
export function budgetUse(comparison: Comparison, draw: Draw): Chart {
  const layout = multiples(comparison.policies.length);
  const spanMs = timeSpanMs(comparison);
  const names = tightest(comparison);
  const all = new Set(comparison.policies.flatMap((run) => run.budgets)).size;
  const rest = all > names.length ? ` The ${names.length} tightest of ${all} are shown.` : '';
  return {
    id: 'budget-use',
    title: titleOf(comparison, names),
    sentence: `Use of each limit at the end of each slice; at the right the highest use of the run.${rest}`,
    legend: names.length === 0 ? [] : USE_STEPS.map((step) => square(step.label, step.paint)),
    panels: comparison.policies.flatMap((run, index) => {
      const rows = names.flatMap((name) => budgetRow(run, name, spanMs));
      if (rows.length === 0 || run.slices.length === 0) return [];
      return [
        stripPanel(comparison, draw, {
          width: layout.width,
          title: run.name,
          titlePaint: policyPaint(index),
          label: `${run.name}, use of budgets over time; ${rows.map((row) => `${row.name} ${row.note}`).join(', ')}`,
          rows,
        }),
      ];
    }),
    narrowPanels: [],
    columns: layout.columns,
  };
}

function budgetRow(run: PolicyRun, name: string, spanMs: number): readonly StripRow[] {
  const position = run.budgets.indexOf(name);
  if (position === -1) return [];
  const cells = sliceEdges(run, spanMs).map(({ slice, x1, x2 }) => ({
    x1,
    x2,
    paint: usePaint(slice.budgetUse[position] ?? 0),
  }));
  return [{ name, note: `max ${formatPercent(run.budgetUseMax[position] ?? 0, 0)}`, cells }];
}

function maximum(run: PolicyRun, name: string): number {
  return run.budgetUseMax[run.budgets.indexOf(name)] ?? 0;
}

function tightest(comparison: Comparison): readonly string[] {
  const names = [...new Set(comparison.policies.flatMap((run) => run.budgets))];
  const highest = new Map(
    names.map((name) => [name, Math.max(...comparison.policies.map((run) => maximum(run, name)))]),
  );
  return names.sort((left, right) => (highest.get(right) ?? 0) - (highest.get(left) ?? 0)).slice(0, BUDGETS_MAX);
}

function titleOf(comparison: Comparison, names: readonly string[]): string {
  const name = names[0];
  if (name === undefined) return 'No budget was set';
  const uses = comparison.policies
    .map((run) => ({ run, use: maximum(run, name) }))
    .sort((left, right) => right.use - left.use);
  const most = uses[0];
  const least = uses[uses.length - 1];
  if (most === undefined || least === undefined) return 'No policy was run';
  const words = extremeWords(
    { name: most.run.name, text: formatPercent(most.use, 0) },
    { name: least.run.name, text: formatPercent(least.use, 0) },
  );
  return `Tightest budget, highest use: ${words} (${name})`;
}
