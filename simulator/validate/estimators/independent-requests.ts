/** Requests without sessions, at random times and of lognormal sizes: nothing ties one to another but the state of providers. */
import type { TraceRow } from '../../../datasets/trace.ts';
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../../src/router/keyed-draw.ts';
import { lognormalFromUniform } from '../../statistics/normal-quantile.ts';
import { rowAt } from '../small/pool-in-small.ts';

const PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 960;

/** @param gapMs mean of the exponential gaps */
export function independentRequests(count: number, gapMs: number, seed: number): readonly TraceRow[] {
  const draw = (row: number, what: number): number => drawUniform(seed, row, what, PURPOSE);
  let arrivalMs = 0;
  return Array.from({ length: count }, (_, row) => {
    arrivalMs += -Math.log1p(-draw(row, 0)) * gapMs;
    return rowAt(arrivalMs, row, {
      inputTokens: Math.ceil(lognormalFromUniform(draw(row, 1), 800, 0.8)),
      outputTokens: Math.ceil(lognormalFromUniform(draw(row, 2), 120, 0.6)),
    });
  });
}
