import * as Plot from '@observablehq/plot';
import type { Comparison, PolicyRun, TimeSlice } from '../../simulator/result.ts';
import { formatCount, formatSpan } from '../format.ts';
import { policyPaint, rolePaint } from '../palette.ts';
import { extremeWords } from '../summary/extremes.ts';
import { multiples, square, type Chart } from './chart.ts';
import { axisY, type Draw, type Mark } from './draw-panel.ts';
import { linearTicks } from './ticks.ts';
import { drawTimePanel, sliceEdges, timeSpanMs } from './time-panel.ts';

const FAILED = rolePaint('failed');
const LIMITED = rolePaint('limited');
const REJECTED = rolePaint('rejected');

/** What failed when, and how much of it did clients see? */
export function failuresOverTime(comparison: Comparison, draw: Draw): Chart {
  const layout = multiples(comparison.policies.length);
  const most = Math.max(
    0,
    ...comparison.policies.flatMap((run) =>
      run.slices.map((slice) => Math.max(failed(slice) + limited(slice), slice.rejected)),
    ),
  );
  const ticks = linearTicks(most, 4);
  return {
    id: 'failures-over-time',
    title: titleOf(comparison),
    sentence:
      'Bars are attempts that the providers failed or refused; the line is requests that ended with an error for the client, whatever the reason.',
    legend: [
      square('failed or timed-out attempts', FAILED),
      square('attempts refused with 429', LIMITED),
      { label: 'rejected requests', paint: REJECTED, mark: 'line', dash: 'none' },
    ],
    panels: comparison.policies.flatMap((run, index) => {
      const first = run.slices[0];
      if (first === undefined) return [];
      const sliceMs = (run.slices[1]?.startMs ?? timeSpanMs(comparison)) - first.startMs;
      return [
        drawTimePanel(draw, {
          comparison,
          width: layout.width,
          plotHeight: 150,
          marginLeft: 40,
          marginRight: 14,
          title: run.name,
          titlePaint: policyPaint(index),
          unit: `count in ${formatSpan(sliceMs)}`,
          label: `${run.name}: ${formatCount(total(run, failed))} failed attempts, ${formatCount(total(run, limited))} refused with 429, ${formatCount(run.rejected)} rejected requests`,
          y: { type: 'linear', domain: [0, ticks[ticks.length - 1] ?? 1] },
          marks: [...axisY(ticks, formatCount), ...bars(run, timeSpanMs(comparison))],
        }),
      ];
    }),
    narrowPanels: [],
    columns: layout.columns,
  };
}

function bars(run: PolicyRun, spanMs: number): Mark[] {
  const rows = sliceEdges(run, spanMs).map(({ slice, x1, x2 }) => ({
    x1,
    x2,
    failed: failed(slice),
    top: failed(slice) + limited(slice),
    rejected: slice.rejected,
  }));
  const end = rows[rows.length - 1];
  const line = [
    ...rows.map((row) => ({ x: row.x1, y: row.rejected })),
    ...(end === undefined ? [] : [{ x: end.x2, y: end.rejected }]),
  ];
  const inset = { insetLeft: 0.25, insetRight: 0.25 };
  return [
    Plot.rect(
      rows.filter((row) => row.failed > 0),
      { x1: 'x1', x2: 'x2', y1: 0, y2: 'failed', fill: FAILED, ...inset },
    ),
    Plot.rect(
      rows.filter((row) => row.top > row.failed),
      { x1: 'x1', x2: 'x2', y1: 'failed', y2: 'top', fill: LIMITED, ...inset },
    ),
    Plot.line(line, { x: 'x', y: 'y', curve: 'step-after', stroke: REJECTED, strokeWidth: 1.75 }),
  ];
}

function titleOf(comparison: Comparison): string {
  const runs = [...comparison.policies].sort((left, right) => left.rejected - right.rejected);
  const least = runs[0];
  const most = runs[runs.length - 1];
  if (least === undefined || most === undefined) return 'No policy was run';
  if (most.rejected === 0)
    return `No request was rejected, though up to ${formatCount(Math.max(...runs.map((run) => total(run, failed) + total(run, limited))))} attempts failed`;
  const words = extremeWords(
    { name: least.name, text: formatCount(least.rejected) },
    { name: most.name, text: formatCount(most.rejected) },
  );
  return `Rejected requests: ${words}, of ${formatCount(most.arrivals)}`;
}

function failed(slice: TimeSlice): number {
  return slice.failuresByTarget.reduce((sum, count) => sum + count, 0);
}

function limited(slice: TimeSlice): number {
  return slice.limitedByTarget.reduce((sum, count) => sum + count, 0);
}

function total(run: PolicyRun, count: (slice: TimeSlice) => number): number {
  return run.slices.reduce((sum, slice) => sum + count(slice), 0);
}
