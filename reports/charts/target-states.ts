import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import { TARGET_STATES, type TargetState } from '../../src/router/contract.ts';
import { formatPercent } from '../format.ts';
import { policyPaint, statePaint } from '../palette.ts';
import { extremeWords } from '../summary/extremes.ts';
import { multiples, square, type Chart } from './chart.ts';
import type { Draw } from './draw-panel.ts';
import { stripPanel, type StripRow } from './strip-rows.ts';
import { sliceEdges, timeSpanMs } from './time-panel.ts';

/** In these states a target gets no ordinary traffic. */
const OUT: ReadonlySet<TargetState> = new Set(['unhealthy', 'cooldown', 'probing', 'disabled']);

/** When did the router hold which target for broken? */
export function targetStates(comparison: Comparison, draw: Draw): Chart {
  const layout = multiples(comparison.policies.length);
  const spanMs = timeSpanMs(comparison);
  return {
    id: 'target-states',
    title: titleOf(comparison),
    sentence:
      'State of each target as the router believed it at the end of each slice; at the right the share of time in which it got no ordinary traffic.',
    legend: TARGET_STATES.map((state) => square(state, statePaint(state))),
    panels: comparison.policies.flatMap((run, index) => {
      const rows = run.targets.map((use, position) => stateRow(run, use.target, position, spanMs));
      if (run.slices.length === 0 || rows.length === 0) return [];
      return [
        stripPanel(comparison, draw, {
          width: layout.width,
          title: run.name,
          titlePaint: policyPaint(index),
          label: `${run.name}, states of targets over time; ${rows.map((row) => `${row.name} ${row.note}`).join(', ')}`,
          rows,
        }),
      ];
    }),
    narrowPanels: [],
    columns: layout.columns,
  };
}

function stateRow(run: PolicyRun, name: string, position: number, spanMs: number): StripRow {
  const states = run.slices.map((slice) => slice.stateByTarget[position] ?? 'healthy');
  const out = states.filter((state) => OUT.has(state)).length / Math.max(1, states.length);
  return {
    name,
    note: out === 0 ? 'always in' : `out ${formatPercent(out, 1)}`,
    cells: sliceEdges(run, spanMs).map(({ x1, x2 }, index) => ({
      x1,
      x2,
      paint: statePaint(states[index] ?? 'healthy'),
    })),
  };
}

function titleOf(comparison: Comparison): string {
  const shares = comparison.policies
    .filter((run) => run.slices.length > 0 && run.targets.length > 0)
    .map((run) => ({ run, share: outShare(run) }))
    .sort((left, right) => right.share - left.share);
  const most = shares[0];
  const least = shares[shares.length - 1];
  if (most === undefined || least === undefined) return 'No states were recorded';
  if (most.share === 0) return 'Every target stayed in service all the time';
  const words = extremeWords(
    { name: most.run.name, text: formatPercent(most.share, 1) },
    { name: least.run.name, text: formatPercent(least.share, 1) },
  );
  return `Share of target time out of service: ${words}`;
}

function outShare(run: PolicyRun): number {
  const states = run.slices.flatMap((slice) => slice.stateByTarget);
  return states.filter((state) => OUT.has(state)).length / Math.max(1, states.length);
}
