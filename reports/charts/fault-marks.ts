/** Scheduled faults as shaded spans with their names above the plot. */
import * as Plot from '@observablehq/plot';
import type { FaultSpan } from '../../simulator/result.ts';
import { rolePaint } from '../palette.ts';
import { shorten } from '../format.ts';
import { LETTER_WIDTH, type Mark } from './draw-panel.ts';

const LANE_HEIGHT = 15;

interface PlacedFault {
  readonly text: string;
  /** 0 is nearest to the plot. */
  readonly lane: number;
  readonly anchor: 'start' | 'end';
  /** Where the text is anchored, ms. */
  readonly atMs: number;
}

export interface FaultLayout {
  /** Room needed above the plot, CSS pixels. */
  readonly height: number;
  /** Shading; belongs under the data. */
  readonly under: readonly Mark[];
  /** Edges and names; belong over the data. */
  readonly over: readonly Mark[];
}

/** Places the faults of a trace of `spanMs` over a plot that is `plotWidth` pixels wide; names never overlap. */
export function layoutFaults(faults: readonly FaultSpan[], spanMs: number, plotWidth: number): FaultLayout {
  const visible = faults.filter((fault) => fault.startMs < spanMs && fault.endMs > 0);
  if (visible.length === 0 || !(spanMs > 0)) return { height: 0, under: [], over: [] };
  const placed = place(visible, spanMs, plotWidth);
  const lanes = 1 + Math.max(...placed.map((entry) => entry.lane));
  const clamp = (ms: number): number => Math.min(spanMs, Math.max(0, ms));
  const edges = visible.map((fault) => ({ x1: clamp(fault.startMs), x2: clamp(fault.endMs) }));
  return {
    height: lanes * LANE_HEIGHT + 2,
    under: [Plot.rect(edges, { x1: 'x1', x2: 'x2', fill: rolePaint('fault'), insetLeft: -0.5, insetRight: -0.5 })],
    over: [
      Plot.ruleX(
        edges.flatMap((edge) => [edge.x1, edge.x2]),
        { stroke: rolePaint('fault-ink'), strokeWidth: 0.75, strokeDasharray: '3 2' },
      ),
      ...placed.map((entry) =>
        Plot.text([entry.text], {
          x: [entry.atMs],
          frameAnchor: 'top',
          textAnchor: entry.anchor,
          lineAnchor: 'bottom',
          dy: -3 - entry.lane * LANE_HEIGHT,
          fill: rolePaint('fault-ink'),
          fontSize: 11,
        }),
      ),
    ],
  };
}

function place(faults: readonly FaultSpan[], spanMs: number, plotWidth: number): readonly PlacedFault[] {
  const laneEnds: number[] = [];
  const letters = Math.max(5, Math.floor(plotWidth / LETTER_WIDTH));
  return [...faults]
    .sort((left, right) => left.startMs - right.startMs)
    .map((fault) => {
      const text = shorten(fault.label, letters);
      const width = Math.min(plotWidth, text.length * LETTER_WIDTH);
      const start = (Math.max(0, fault.startMs) / spanMs) * plotWidth;
      const end = (Math.min(spanMs, fault.endMs) / spanMs) * plotWidth;
      // From the span's start, up to its end, or up to the plot's edge: the first that fits lowest.
      const places = [start, end - width, plotWidth - width].filter(
        (from) => from >= 0 && from + width <= plotWidth + 0.5,
      );
      const choices = places.map((from) => ({ from, lane: freeLane(laneEnds, from) }));
      const best = choices.reduce((lowest, choice) => (choice.lane < lowest.lane ? choice : lowest));
      laneEnds[best.lane] = best.from + width + 8;
      const anchor = best.from === start ? 'start' : 'end';
      return {
        text,
        lane: best.lane,
        anchor,
        atMs: ((anchor === 'start' ? start : best.from + width) / plotWidth) * spanMs,
      };
    });
}

function freeLane(laneEnds: readonly number[], from: number): number {
  const free = laneEnds.findIndex((end) => end <= from);
  return free === -1 ? laneEnds.length : free;
}
