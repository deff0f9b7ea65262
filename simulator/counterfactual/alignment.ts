import type { TraceSource } from '../../datasets/trace.ts';
import type { Recording } from './recording.ts';

/** What a trace and a recording have in common. */
export interface Alignment {
  /** Requests of the trace whose id the recording has. */
  readonly sameIds: number;
  /** Of these, the ones that are the same request. */
  readonly sameRequests: number;
  /**
   * How far the log's clock is ahead of the trace's, ms, by the first request that both have; null when there is none.
   * Traces that were imported from a log start at 0, logs of live proxies at Unix time.
   */
  readonly shiftMs: number | null;
}

/** Goes through the trace once. Requests of which the log has no attempt count as unknown. */
export async function alignRecording(trace: TraceSource, recording: Recording): Promise<Alignment> {
  let sameIds = 0;
  let sameRequests = 0;
  let shiftMs: number | null = null;
  for await (const rows of trace.batches()) {
    for (const row of rows) {
      if (!recording.hasId(row.requestId)) continue;
      sameIds++;
      const arrivedAtMs = recording.arrivedAtMs(row);
      if (arrivedAtMs === null) continue;
      sameRequests++;
      shiftMs ??= arrivedAtMs - row.arrivalMs;
    }
  }
  return { sameIds, sameRequests, shiftMs };
}
