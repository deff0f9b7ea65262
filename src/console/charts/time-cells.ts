/** From the cells of a timeline to what charts and their tables show. Nothing is made up: a cell without a value is a gap. */
import type { TimelineSpan } from '../../proxy/console/contract.ts';

type Values = readonly (number | null)[];

/** Cells that are whole: the running one would look like a fall. */
export function wholeCells(span: TimelineSpan, atMs: number): TimelineSpan {
  const { cellMs, startMs } = span;
  const count = startMs.filter((start) => start + cellMs <= atMs).length;
  const cut = <T>(values: readonly T[]): readonly T[] => values.slice(0, count);
  return {
    cellMs,
    startMs: cut(startMs),
    requests: cut(span.requests),
    failures: cut(span.failures),
    rejected: cut(span.rejected),
    costUsd: cut(span.costUsd),
    firstTokenP50Ms: cut(span.firstTokenP50Ms),
    firstTokenP95Ms: cut(span.firstTokenP95Ms),
  };
}

/** Counts of cells as rates for each `unitMs`. */
export function rates(counts: readonly number[], cellMs: number, unitMs: number): readonly number[] {
  return counts.map((count) => (count * unitMs) / cellMs);
}

/** Stretches of values without a gap: positions of the first and of the last. */
export function stretches(values: Values): readonly (readonly [first: number, last: number])[] {
  const found: [number, number][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const open = found.at(-1);
    if (open !== undefined && open[1] === index - 1) open[1] = index;
    else found.push([index, index]);
  });
  return found;
}

const STEPS_MS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * 60_000);

/**
 * Whole moments of the clock on the wall within [fromMs, toMs], about `count` of them.
 *
 * @param offsetMs of the viewer's clock from UTC
 */
export function clockTicks(fromMs: number, toMs: number, count: number, offsetMs: number): readonly number[] {
  const stepMs = STEPS_MS.find((step) => (toMs - fromMs) / step <= count) ?? 86_400_000;
  const first = Math.ceil((fromMs + offsetMs) / stepMs) * stepMs - offsetMs;
  const ticks: number[] = [];
  for (let tick = first; tick <= toMs; tick += stepMs) ticks.push(tick);
  return ticks;
}

/** What happened in a stretch of time. */
export interface TimelineRow {
  readonly startMs: number;
  readonly endMs: number;
  readonly requests: number;
  readonly failures: number;
  readonly rejected: number;
  readonly costUsd: number;
  /** Highest of the cells; null: no cell has one. */
  readonly firstTokenP50Ms: number | null;
  readonly firstTokenP95Ms: number | null;
}

/** Cells gathered into rows of `rowMs`, newest first; quantiles cannot be added up, so a row has the highest. */
export function timelineRows(span: TimelineSpan, rowMs: number): readonly TimelineRow[] {
  const rows = new Map<number, number[]>();
  span.startMs.forEach((start, index) => {
    const row = Math.floor(start / rowMs) * rowMs;
    const cells = rows.get(row);
    if (cells === undefined) rows.set(row, [index]);
    else cells.push(index);
  });
  return [...rows]
    .map(([row, cells]) => ({
      startMs: row,
      endMs: row + rowMs,
      requests: sumOf(span.requests, cells),
      failures: sumOf(span.failures, cells),
      rejected: sumOf(span.rejected, cells),
      costUsd: sumOf(span.costUsd, cells),
      firstTokenP50Ms: highestOf(span.firstTokenP50Ms, cells),
      firstTokenP95Ms: highestOf(span.firstTokenP95Ms, cells),
    }))
    .sort((a, b) => b.startMs - a.startMs);
}

/** Null where no value is. */
export function highest(values: Values): number | null {
  return values.reduce<number | null>((most, value) => (value !== null && value > (most ?? -1) ? value : most), null);
}

function sumOf(values: readonly number[], cells: readonly number[]): number {
  return cells.reduce((sum, cell) => sum + (values[cell] ?? 0), 0);
}

function highestOf(values: Values, cells: readonly number[]): number | null {
  return highest(cells.map((cell) => values[cell] ?? null));
}
