import * as Plot from '@observablehq/plot';
import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import { formatMs, shorten } from '../format.ts';
import { policyDash, policyPaint } from '../palette.ts';
import { NARROW, WIDE, type Chart, type Panel } from './chart.ts';
import { axisY, HALO, LETTER_WIDTH, type Draw, type Mark } from './draw-panel.ts';
import { spreadLabels } from './spread-labels.ts';
import { linearTicks, logTicks } from './ticks.ts';
import { drawTimePanel, sliceEdges, timeSpanMs } from './time-panel.ts';

const PLOT_HEIGHT = 260;
const NAME_LETTERS = 24;
const NAME_LETTERS_NARROW = 11;
/** Beyond this ratio of largest to smallest value a linear axis hides the ordinary times. */
const LOG_RATIO = 25;

interface Peak {
  readonly run: PolicyRun;
  readonly value: number;
  readonly atMs: number;
}

/** When did clients wait, and under which policy? */
export function firstTokenOverTime(comparison: Comparison, draw: Draw): Chart {
  const peaks = comparison.policies.flatMap(peakOf);
  return {
    id: 'first-token-over-time',
    title: titleOf(comparison, peaks),
    sentence:
      'p95 of the time to the first token of the requests whose answer ended in each slice; a gap means that none was answered.',
    legend: [],
    panels: peaks.length === 0 ? [] : [drawLines(comparison, draw, WIDE)],
    narrowPanels: peaks.length === 0 ? [] : [drawLines(comparison, draw, NARROW)],
    columns: 1,
  };
}

function drawLines(comparison: Comparison, draw: Draw, width: number): Panel {
  const spanMs = timeSpanMs(comparison);
  const values = comparison.policies.flatMap((run) => run.slices.flatMap((slice) => slice.firstTokenP95Ms ?? []));
  const largest = Math.max(...values);
  const smallest = Math.min(...values);
  const log = smallest > 0 && largest / smallest > LOG_RATIO;
  const ticks = log ? logTicks(smallest / 1.1, largest * 1.1, 7) : linearTicks(largest, 5);
  const domain: [number, number] = log ? [smallest / 1.1, largest * 1.1] : [0, ticks[ticks.length - 1] ?? 1];
  const letters = Math.min(
    width === WIDE ? NAME_LETTERS : NAME_LETTERS_NARROW,
    Math.max(...comparison.policies.map((run) => run.name.length)),
  );
  return drawTimePanel(draw, {
    comparison,
    width,
    plotHeight: PLOT_HEIGHT,
    marginLeft: 58,
    marginRight: 24 + letters * (LETTER_WIDTH + 0.8),
    title: null,
    titlePaint: null,
    unit: `time to the first token, p95${log ? ' (logarithmic)' : ''}`,
    label: `p95 of the time to the first token over time; peaks: ${comparison.policies
      .flatMap(peakOf)
      .map((peak) => `${peak.run.name} ${formatMs(peak.value)}`)
      .join(', ')}`,
    y: { type: log ? 'log' : 'linear', domain },
    marks: [
      ...axisY(ticks, formatMs),
      ...lines(comparison, spanMs),
      ...names(comparison, spanMs, domain, log, letters),
    ],
  });
}

function lines(comparison: Comparison, spanMs: number): Mark[] {
  return comparison.policies.map((run, index) =>
    Plot.line(
      sliceEdges(run, spanMs).map(({ slice, x1, x2 }) => ({ x: (x1 + x2) / 2, y: slice.firstTokenP95Ms ?? NaN })),
      { x: 'x', y: 'y', stroke: policyPaint(index), strokeWidth: 2, strokeDasharray: policyDash(index) },
    ),
  );
}

function names(
  comparison: Comparison,
  spanMs: number,
  domain: readonly [number, number],
  log: boolean,
  letters: number,
): Mark[] {
  const scale = (value: number): number => {
    const [low, high] = log ? [Math.log(domain[0]), Math.log(domain[1])] : domain;
    return PLOT_HEIGHT * (1 - ((log ? Math.log(value) : value) - low) / (high - low));
  };
  const ends = comparison.policies.flatMap((run, index) => {
    const last = run.slices.findLast((slice) => slice.firstTokenP95Ms !== null)?.firstTokenP95Ms;
    return last === undefined || last === null ? [] : [{ run, index, height: scale(last) }];
  });
  const heights = spreadLabels(
    ends.map((end) => end.height),
    15,
    6,
    PLOT_HEIGHT - 4,
  );
  return ends.map((end, position) => {
    const height = heights[position] ?? end.height;
    const at = { x: [spanMs], frameAnchor: 'top', textAnchor: 'start' } as const;
    return Plot.text([shorten(end.run.name, letters)], {
      ...at,
      dx: 10,
      dy: height,
      lineAnchor: 'middle',
      fill: policyPaint(end.index),
      fontWeight: 600,
      ...HALO,
    });
  });
}

function peakOf(run: PolicyRun): readonly Peak[] {
  const peaks = run.slices.flatMap((slice) =>
    slice.firstTokenP95Ms === null ? [] : [{ run, value: slice.firstTokenP95Ms, atMs: slice.startMs }],
  );
  return peaks.length === 0 ? [] : [peaks.reduce((most, peak) => (peak.value > most.value ? peak : most))];
}

function titleOf(comparison: Comparison, peaks: readonly Peak[]): string {
  const [worst, ...rest] = [...peaks].sort((left, right) => right.value - left.value);
  if (worst === undefined) return 'No request was answered, so there are no times to show';
  const fault = comparison.faults.find((span) => span.startMs <= worst.atMs && span.endMs > worst.atMs);
  const during = fault === undefined ? '' : ` during “${fault.label}”`;
  const calmest = rest[rest.length - 1];
  const other =
    calmest === undefined
      ? ''
      : rest.length === 1
        ? `; ${calmest.run.name} peaked at ${formatMs(calmest.value)}`
        : `; the lowest peak was ${formatMs(calmest.value)} with ${calmest.run.name}`;
  return `First-token p95 peaked at ${formatMs(worst.value)} with ${worst.run.name}${during}${other}`;
}
