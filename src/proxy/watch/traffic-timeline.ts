/** Traffic over the last hour and the last day, counted while it goes by. */

/** What happened in equal cells of time, oldest first, the running one last; all lists are of one length. */
export interface TimelineSpan {
  /** Length of a cell, ms. */
  readonly cellMs: number;
  /** Where cells begin, Unix ms. Cells from before the start of the proxy are left out, so at first there are few. */
  readonly startMs: readonly number[];
  /** That ended, however they did. */
  readonly requests: readonly number[];
  /** Attempts that failed or timed out; 429s and clients that left are none. */
  readonly failures: readonly number[];
  /** Requests that the client got an error for, of `requests`. */
  readonly rejected: readonly number[];
  readonly costUsd: readonly number[];
  /** From the client's call to its first token, ms; null: nobody got one. Known to about 6 %. */
  readonly firstTokenP50Ms: readonly (number | null)[];
  readonly firstTokenP95Ms: readonly (number | null)[];
}

/** `GET /admin/timeline`; counted since the start of the proxy. */
export interface TimelinePage {
  /** Core's time, Unix ms. */
  readonly atMs: number;
  /** Cells of ten seconds, at most 360. */
  readonly hour: TimelineSpan;
  /** Cells of five minutes, at most 288. */
  readonly day: TimelineSpan;
}

/** Of the last half minute or so. */
export interface TrafficRates {
  /** Time that they are taken over, s. */
  readonly windowS: number;
  readonly requestsPerS: number;
  readonly failuresPerS: number;
  readonly costUsdPerH: number;
  readonly firstTokenP50Ms: number | null;
  readonly firstTokenP95Ms: number | null;
}
