/** Traffic over the last hour and the last day, counted while it goes by, whether somebody looks or not. */
import type { AttemptOutcome, RouterRequest } from '../../router/index.ts';
import type { ProxyWatcher } from '../proxy-events.ts';
import type { ProxyView } from './proxy-view.ts';
import type { RequestStory, StoryListener } from './request-story.ts';
import { firstTokenBucket, NO_BUCKET, TimelineRing } from './timeline-ring.ts';

const HOUR_CELL_MS = 10_000;
const HOUR_CELLS = 360;
/** On the page: of ten seconds too few requests end to tell one p95 from another. */
const HOUR_CELLS_TOGETHER = 3;
const DAY_CELL_MS = 300_000;
const DAY_CELLS = 288;
/** Cells before the running one that the rates are taken over. */
const RATE_CELLS = 3;
/** Less time than this is no time to take a rate over. */
const RATE_WINDOW_MS_MIN = 1_000;
const MS_PER_HOUR = 3_600_000;
const MICRO_USD = 1_000_000;

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
  /** From the client's call to its first token, ms, within 5 %; null: nobody got one. */
  readonly firstTokenP50Ms: readonly (number | null)[];
  readonly firstTokenP95Ms: readonly (number | null)[];
}

/** `GET /admin/timeline`; counted since the start of the proxy. */
export interface TimelinePage {
  /** Core's time, Unix ms. */
  readonly atMs: number;
  /** Cells of half a minute, at most 120. */
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

export class TrafficTimeline implements ProxyWatcher, StoryListener {
  private readonly view: Pick<ProxyView, 'startedAtMs' | 'nowMs'>;
  private readonly hour: TimelineRing;
  private readonly day: TimelineRing;

  constructor(view: Pick<ProxyView, 'startedAtMs' | 'nowMs'>) {
    this.view = view;
    this.hour = new TimelineRing(HOUR_CELL_MS, HOUR_CELLS, view.startedAtMs);
    this.day = new TimelineRing(DAY_CELL_MS, DAY_CELLS, view.startedAtMs);
  }

  attemptEnded(_request: RouterRequest, { kind, costMicroUsd }: AttemptOutcome, _target: string, nowMs: number): void {
    const failures = kind === 'failure' || kind === 'timeout' ? 1 : 0;
    this.hour.addAttempt(nowMs, failures, costMicroUsd);
    this.day.addAttempt(nowMs, failures, costMicroUsd);
  }

  finished(story: RequestStory): void {
    const rejected = story.ending === 'rejected' ? 1 : 0;
    const firstTokenMs = firstTokenOf(story);
    const bucket = firstTokenMs === null ? NO_BUCKET : firstTokenBucket(firstTokenMs);
    this.hour.addRequest(story.endedAtMs, rejected, bucket);
    this.day.addRequest(story.endedAtMs, rejected, bucket);
  }

  page(): TimelinePage {
    const atMs = this.view.nowMs();
    return { atMs, hour: spanOf(this.hour, atMs, HOUR_CELLS_TOGETHER), day: spanOf(this.day, atMs, 1) };
  }

  rates(): TrafficRates {
    const nowMs = this.view.nowMs();
    const sums = this.hour.latest(nowMs, RATE_CELLS);
    const sinceMs = Math.max(this.view.startedAtMs, sums.startMs);
    const windowMs = Math.max(RATE_WINDOW_MS_MIN, nowMs - sinceMs);
    return {
      windowS: windowMs / 1_000,
      requestsPerS: sums.requests / (windowMs / 1_000),
      failuresPerS: sums.failures / (windowMs / 1_000),
      costUsdPerH: (sums.costMicroUsd / MICRO_USD / windowMs) * MS_PER_HOUR,
      firstTokenP50Ms: sums.firstTokenP50Ms,
      firstTokenP95Ms: sums.firstTokenP95Ms,
    };
  }
}

/** What the client waited for the first token that it got; null: it got none. */
function firstTokenOf({ attempts, arrivedAtMs }: RequestStory): number | null {
  for (let position = attempts.length - 1; position >= 0; position--) {
    const { outcome, sentAtMs } = attempts[position]!;
    if (outcome === null || outcome.firstTokenMs === null) continue;
    // Others are repeated.
    if (outcome.kind !== 'success' && !outcome.reachedClient) continue;
    return Math.max(0, sentAtMs + outcome.firstTokenMs - arrivedAtMs);
  }
  return null;
}

function spanOf(ring: TimelineRing, nowMs: number, together: number): TimelineSpan {
  const cells = ring.cells(nowMs, together);
  return {
    cellMs: ring.cellMs * together,
    startMs: cells.map(({ startMs }) => startMs),
    requests: cells.map(({ requests }) => requests),
    failures: cells.map(({ failures }) => failures),
    rejected: cells.map(({ rejected }) => rejected),
    costUsd: cells.map(({ costMicroUsd }) => costMicroUsd / MICRO_USD),
    firstTokenP50Ms: cells.map(({ firstTokenP50Ms }) => firstTokenP50Ms),
    firstTokenP95Ms: cells.map(({ firstTokenP95Ms }) => firstTokenP95Ms),
  };
}
