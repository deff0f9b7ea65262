import type { TraceRow } from '../../../datasets/trace.ts';
import { rowAt } from '../../../simulator/validate/small/pool-in-small.ts';

/** Rows of requests with 1,000 tokens in and 101 out: on a steady twin 100 ms to the first token, 1,100 to the last. */
export function rowsAt(arrivalsMs: readonly number[], changes: Partial<TraceRow> = {}): TraceRow[] {
  return arrivalsMs.map((arrivalMs, index) => rowAt(arrivalMs, index, changes));
}

/** Every `gapMs` from 0, `count` times. */
export function evenly(count: number, gapMs: number): number[] {
  return Array.from({ length: count }, (_, index) => index * gapMs);
}
