/** The traffic of the lab in two halves: one to learn from, one to be served by what was learnt. */
import { memoryTrace, type TraceSource } from '../../../datasets/index.ts';
import type { TraceRow } from '../../../datasets/trace.ts';
import { BadInput } from '../../config/bad-input.ts';

/** Fewer requests in each half teach nothing. */
const REQUESTS_MIN = 400;

export interface TrafficHalves {
  readonly first: TraceSource;
  /** From time 0 on, as the first. */
  readonly second: TraceSource;
}

/**
 * @param requestsMax of each half; the second follows on the first
 * @throws BadInput when the trace is too short for both
 */
export async function halveTraffic(trace: TraceSource, requestsMax: number): Promise<TrafficHalves> {
  const size = Math.min(requestsMax, Math.floor(trace.requests / 2));
  if (size < REQUESTS_MIN) {
    throw new BadInput(
      `${trace.name}: ${trace.requests} requests; the lab takes ${REQUESTS_MIN} to learn from and as many to serve, so let it have ${2 * REQUESTS_MIN}, and --requests ${REQUESTS_MIN} or more`,
    );
  }
  const rows: TraceRow[] = [];
  for await (const batch of trace.batches()) {
    for (const row of batch) if (rows.length < 2 * size) rows.push(row);
    if (rows.length === 2 * size) break;
  }
  return {
    first: memoryTrace(fromZero(rows.slice(0, size)), `${trace.name}, requests 1 to ${size}`),
    second: memoryTrace(fromZero(rows.slice(size)), `${trace.name}, requests ${size + 1} to ${2 * size}`),
  };
}

function fromZero(rows: readonly TraceRow[]): readonly TraceRow[] {
  const startMs = rows[0]?.arrivalMs ?? 0;
  return rows.map((row) => ({ ...row, arrivalMs: row.arrivalMs - startMs }));
}
