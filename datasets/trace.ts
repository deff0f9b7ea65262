/**
 * The canonical trace: one row a request, ordered by (arrivalMs, requestId). A row is a `RouterRequest`, so
 * that a replay hands it to the core as it stands, plus what the lab needs to know of it.
 */
import type { OutcomeKind, RouterRequest } from '../src/router/contract.ts';

/** What the recording system saw of the request, where it was recorded. */
export interface RecordedOutcome {
  readonly target: string | null;
  /** Probability with which the recording policy chose the target, (0, 1]. */
  readonly propensity: number | null;
  readonly kind: OutcomeKind | null;
  readonly status: number | null;
  readonly firstTokenMs: number | null;
  readonly durationMs: number | null;
  readonly costUsd: number | null;
}

export interface TraceRow extends RouterRequest {
  /** From the start of the trace, ms, >= 0. */
  readonly arrivalMs: number;
  /** Tokens the answer has (or would have) in full; the core is not told. */
  readonly outputTokens: number;
  readonly recorded: RecordedOutcome | null;
}

/** A trace that can be read any number of times, in batches, so that its length does not matter. */
export interface TraceSource {
  /** For people: the path or how it was generated. */
  readonly name: string;
  /** SHA-256 of the file, or of the generator's settings. */
  readonly sha256: string;
  /** Number of rows. */
  readonly requests: number;
  /** Arrival of the last row, ms. */
  readonly spanMs: number;
  /** Rows in canonical order. Each call starts from the first row. */
  batches(): AsyncIterable<readonly TraceRow[]>;
}
