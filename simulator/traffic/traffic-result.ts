import {
  quantilesOf,
  type OutcomeCounts,
  type Quantiles,
  type TrafficFigures,
  type TrafficPeriod,
} from './traffic-figures.ts';

/** A distribution of times, on the wall and in the scenario's time. */
export interface Times {
  readonly wallMs: Quantiles;
  /** The same, times the speed. */
  readonly scenarioMs: Quantiles;
}

/** What `traffic --json` prints. */
export interface TrafficResult {
  readonly trace: {
    readonly name: string;
    readonly sha256: string;
    readonly requests: number;
    readonly spanMs: number;
  };
  readonly url: string;
  /** Scenario ms for each ms on the wall. */
  readonly speed: number;
  /** It was told to stop before its end. */
  readonly interrupted: boolean;
  /** Rows whose time had come; `sent` + `heldBack`. */
  readonly due: number;
  readonly sent: number;
  /** Never sent, because too many were open: the load was less than the trace says. */
  readonly heldBack: number;
  /** Rows sent under `auto`, because the endpoint does not list their model. */
  readonly askedAsAuto: number;
  /** Rows whose prompt was cut to a million tokens. */
  readonly promptsCut: number;
  /** Most requests that were open at once. */
  readonly openMax: number;
  /** From the first request to the last answer, and to the last request, ms on the wall. */
  readonly wallMs: number;
  readonly sendingMs: number;
  /** Sent, by `sendingMs`; 0 for a single request. */
  readonly requestsPerSecond: number;
  /** How much later than due requests were handed to their connections. */
  readonly drift: Times;
  readonly outcomes: OutcomeCounts;
  /** Answers by HTTP status, also of those that broke off afterwards. */
  readonly statuses: Readonly<Record<string, number>>;
  /**
   * All that was no success, by kind: a status with the code of its body (`503 NO_AVAILABLE_PROVIDER`), `error_event`,
   * `truncated_stream`, `broken_answer`, `reset_before_answer`, `connection_refused`, `left_first_token`, `left_total`,
   * `unfinished`, ...
   */
  readonly errors: Readonly<Record<string, number>>;
  /** From sending; of streams that were answered, whatever came later. */
  readonly firstToken: Times;
  /** From sending to the end; of successes. */
  readonly duration: Times;
  /** As the answers' usage says. */
  readonly tokens: { readonly input: number; readonly output: number; readonly cachedInput: number };
  /** The trace's time in at most 120 parts of `periodMs`, and what became of the requests due in each. */
  readonly periodMs: number;
  readonly periods: readonly TrafficPeriod[];
}

/** Where the run stands that the result is about. */
export type TrafficState = Omit<
  TrafficResult,
  | 'drift'
  | 'outcomes'
  | 'statuses'
  | 'errors'
  | 'firstToken'
  | 'duration'
  | 'tokens'
  | 'periodMs'
  | 'periods'
  | 'requestsPerSecond'
>;

export function trafficResult(state: TrafficState, figures: TrafficFigures): TrafficResult {
  const { speed, sent, sendingMs } = state;
  const times = (histogram: TrafficFigures['durationMs']): Times => ({
    wallMs: quantilesOf(histogram, 1),
    scenarioMs: quantilesOf(histogram, speed),
  });
  return {
    ...state,
    requestsPerSecond: sendingMs > 0 ? (sent * 1_000) / sendingMs : 0,
    drift: times(figures.latenessMs),
    outcomes: figures.outcomes,
    statuses: figures.statuses,
    errors: figures.errors,
    firstToken: times(figures.firstTokenMs),
    duration: times(figures.durationMs),
    tokens: figures.tokens,
    periodMs: figures.periodMs,
    periods: figures.periods,
  };
}
