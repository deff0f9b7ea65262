/** Scheduled faults as shaded spans; above the plot each has its name over a bar of its length. */
import * as Plot from '@observablehq/plot';
import type { FaultSpan } from '../../simulator/result.ts';
import { rolePaint } from '../palette.ts';
import { shorten } from '../format.ts';
import { LETTER_WIDTH, type Mark } from './draw-panel.ts';

const LANE_HEIGHT = 17;
/** Faults with a name; a storm of more is shaded only. */
const NAMES_MAX = 8;
const INK = rolePaint('fault-ink');

interface PlacedFault {
  readonly text: string;
  readonly x1: number;
  readonly x2: number;
  /** 0 is nearest to the plot. */
  readonly lane: number;
  /** Left end of the text, pixels from the plot's left edge. */
  readonly textLeft: number;
}

export interface FaultLayout {
  /** Room needed above the plot, CSS pixels. */
  readonly height: number;
  /** Shading; belongs under the data. */
  readonly under: readonly Mark[];
  /** Names and bars above the plot. */
  readonly over: readonly Mark[];
  /** Dashed lines at start and end, over data that hides the shading. */
  readonly edges: readonly Mark[];
}

/** Places the faults of a trace of `spanMs` over a plot that is `plotWidth` pixels wide; names never overlap. */
export function layoutFaults(faults: readonly FaultSpan[], spanMs: number, plotWidth: number): FaultLayout {
  const spans = faults
    .filter((fault) => fault.startMs < spanMs && fault.endMs > 0)
    .map((fault) => ({ text: fault.label, x1: Math.max(0, fault.startMs), x2: Math.min(spanMs, fault.endMs) }))
    .sort((left, right) => left.x1 - right.x1);
  if (spans.length === 0) return { height: 0, under: [], over: [], edges: [] };
  const placed = place(spans.slice(0, NAMES_MAX), spanMs, plotWidth);
  const lanes = 1 + Math.max(...placed.map((entry) => entry.lane));
  const ends = spans.flatMap((span) => [span.x1, span.x2]);
  return {
    height: lanes * LANE_HEIGHT + 3,
    under: [Plot.rect(spans, { x1: 'x1', x2: 'x2', fill: rolePaint('fault') })],
    over: placed.flatMap((entry) => {
      const dy = -3 - entry.lane * LANE_HEIGHT;
      const pixels = plotWidth / spanMs;
      return [
        barAbove(entry.x1, entry.x2, dy),
        Plot.text([entry.text], {
          x: [entry.x1],
          frameAnchor: 'top',
          textAnchor: 'start',
          lineAnchor: 'bottom',
          dx: entry.textLeft - entry.x1 * pixels,
          dy: dy - 3,
          fill: INK,
          fontSize: 11,
        }),
      ];
    }),
    edges: [Plot.ruleX(ends, { stroke: INK, strokeWidth: 0.75, strokeDasharray: '3 2' })],
  };
}

/** A bar from `x1` to `x2` in ms, `dy` pixels from the plot's upper edge: none of Plot's marks stands outside the frame. */
function barAbove(x1: number, x2: number, dy: number): Mark {
  return (_index, scales, _values, dimensions, context) => {
    const bar = context.document.createElementNS('http://www.w3.org/2000/svg', 'path');
    const height = dimensions.marginTop + dy;
    bar.setAttribute('d', `M${Number(scales.x?.(x1))},${height}H${Number(scales.x?.(x2))}`);
    bar.setAttribute('stroke', INK);
    bar.setAttribute('stroke-width', '2.5');
    return bar;
  };
}

interface NamedSpan {
  readonly text: string;
  readonly x1: number;
  readonly x2: number;
}

/** Each name starts with its bar, or ends with it, or is pushed inside the plot: the first that fits lowest. */
function place(spans: readonly NamedSpan[], spanMs: number, plotWidth: number): readonly PlacedFault[] {
  const letters = Math.max(5, Math.floor(plotWidth / LETTER_WIDTH));
  const taken: (readonly [from: number, to: number])[][] = [];
  return spans.map((span) => {
    const text = shorten(span.text, letters);
    const width = text.length * LETTER_WIDTH;
    const from = (span.x1 / spanMs) * plotWidth;
    const to = (span.x2 / spanMs) * plotWidth;
    const inside = (left: number): number => Math.max(0, Math.min(left, plotWidth - width));
    const choices = [inside(from), inside(to - width)].map((textLeft) => {
      const room = [Math.min(from, textLeft) - 4, Math.max(to, textLeft + width) + 4] as const;
      const free = taken.findIndex((lane) => lane.every(([start, end]) => room[1] <= start || room[0] >= end));
      return { textLeft, room, lane: free === -1 ? taken.length : free };
    });
    const best = choices.reduce((lowest, choice) => (choice.lane < lowest.lane ? choice : lowest));
    (taken[best.lane] ??= []).push(best.room);
    return { text, x1: span.x1, x2: span.x2, lane: best.lane, textLeft: best.textLeft };
  });
}
