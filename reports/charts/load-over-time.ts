import * as Plot from '@observablehq/plot';
import type { Comparison } from '../../simulator/result.ts';
import { formatCount, formatSpan, plural } from '../format.ts';
import { rolePaint } from '../palette.ts';
import { NARROW, WIDE, type Chart, type Panel } from './chart.ts';
import { axisY, type Draw } from './draw-panel.ts';
import { linearTicks } from './ticks.ts';
import { drawTimePanel, sliceEdges, timeSpanMs } from './time-panel.ts';

interface Bar {
  readonly x1: number;
  readonly x2: number;
  readonly y: number;
}

/** How busy was it, and when was something broken on purpose? The same for all policies. */
export function loadOverTime(comparison: Comparison, draw: Draw): Chart {
  const spanMs = timeSpanMs(comparison);
  const run = comparison.policies.find((candidate) => candidate.slices.length > 0);
  const edges = run === undefined ? [] : sliceEdges(run, spanMs);
  const bars = edges.map(({ slice, x1, x2 }) => ({ x1, x2, y: slice.arrivals }));
  const most = Math.max(0, ...bars.map((bar) => bar.y));
  const least = Math.min(...bars.map((bar) => bar.y));
  const first = bars[0];
  const sliceText = first === undefined ? '' : formatSpan(first.x2 - first.x1);
  return {
    id: 'load-over-time',
    title:
      first === undefined
        ? 'The trace has no traffic'
        : `${plural(comparison.trace.requests, 'request')} in ${formatSpan(spanMs)}: ${formatCount(least)} to ${formatCount(most)} in a slice of ${sliceText}`,
    sentence: 'Arrivals are the same for every policy. Shaded: scheduled faults, also in the charts below.',
    legend: [],
    panels: first === undefined ? [] : [loadPanel(comparison, draw, bars, WIDE)],
    narrowPanels: first === undefined ? [] : [loadPanel(comparison, draw, bars, NARROW)],
    columns: 1,
  };
}

function loadPanel(comparison: Comparison, draw: Draw, bars: readonly Bar[], width: number): Panel {
  const counts = bars.map((bar) => bar.y);
  const ticks = linearTicks(Math.max(...counts), 3);
  const sliceText = formatSpan((bars[0]?.x2 ?? 0) - (bars[0]?.x1 ?? 0));
  return drawTimePanel(draw, {
    comparison,
    width,
    plotHeight: 90,
    marginLeft: 44,
    marginRight: 12,
    title: null,
    titlePaint: null,
    unit: `arrivals in ${sliceText}`,
    label: `Arrivals over time, ${formatCount(Math.min(...counts))} to ${formatCount(Math.max(...counts))} in ${sliceText}`,
    y: { type: 'linear', domain: [0, ticks[ticks.length - 1] ?? 1] },
    marks: [
      ...axisY(ticks, formatCount),
      Plot.rect(bars, { x1: 'x1', x2: 'x2', y1: 0, y2: 'y', fill: rolePaint('load'), insetLeft: 0.5, insetRight: 0.5 }),
    ],
  });
}
