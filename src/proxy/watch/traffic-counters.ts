/**
 * Counts what the metrics show of traffic, in typed arrays, so that a request costs some additions. What a client sent
 * (a model's name, an unknown key) never becomes a name here.
 */
import {
  OUTCOME_KINDS,
  REJECT_CODES,
  type AttemptOutcome,
  type OutcomeKind,
  type RouterRequest,
  type SendCommand,
  type WaitCommand,
} from '../../router/index.ts';
import type { ProxyWatcher, RequestEnding } from '../proxy-events.ts';
import { HistogramColumns } from './histogram-columns.ts';
import { NamedRows } from './named-rows.ts';
import type { ProxyView } from './proxy-view.ts';
import type { RequestStory, StoryListener } from './request-story.ts';

const FIRST_TOKEN_BOUNDS_S = [0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 60];
const DURATION_BOUNDS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];
const QUEUE_BOUNDS_S = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30];

const KIND_COLUMN = Object.fromEntries(OUTCOME_KINDS.map((kind, column) => [kind, column])) as Readonly<
  Record<OutcomeKind, number>
>;
const KINDS = OUTCOME_KINDS.length;
export const TOKEN_DIRECTIONS = ['input', 'output', 'cache_read', 'cache_write'] as const;

/** Columns of a target's row. The first five are attempts by kind. */
const INPUT = KINDS;
const OUTPUT = KINDS + 1;
const CACHE_READ = KINDS + 2;
const CACHE_WRITE = KINDS + 3;
const COST_MICRO_USD = KINDS + 4;
const FIRST_TOKEN = new HistogramColumns(KINDS + 5, FIRST_TOKEN_BOUNDS_S);
const DURATION = new HistogramColumns(FIRST_TOKEN.end, DURATION_BOUNDS_S);
export const TARGET_COLUMNS = { KINDS, INPUT, COST_MICRO_USD, FIRST_TOKEN, DURATION } as const;

/** Columns of a client key's row. */
export const ENDINGS: readonly RequestEnding[] = ['completed', 'rejected', 'cancelled'];
const CLIENT_INPUT = ENDINGS.length;
const CLIENT_OUTPUT = CLIENT_INPUT + 1;
const CLIENT_COST_MICRO_USD = CLIENT_OUTPUT + 1;
export const CLIENT_COLUMNS = { INPUT: CLIENT_INPUT, OUTPUT: CLIENT_OUTPUT, COST_MICRO_USD: CLIENT_COST_MICRO_USD };
/** A request whose client key the configuration does not know. */
const OTHER_CLIENT = '(other)';

/** What `code` says of requests that the core did not reject. */
const CODE_OF_ENDING = { completed: 'OK', cancelled: 'CLIENT_CLOSED', rejected: 'PROXY_ERROR' } as const;
const ENDING_OF_CODE: readonly (readonly [code: string, ending: RequestEnding])[] = [
  [CODE_OF_ENDING.completed, 'completed'],
  [CODE_OF_ENDING.cancelled, 'cancelled'],
  [CODE_OF_ENDING.rejected, 'rejected'],
  ...REJECT_CODES.map((code) => [code, 'rejected'] as const),
];
const REQUEST_DURATION = new HistogramColumns(0, DURATION_BOUNDS_S);
const QUEUE = new HistogramColumns(0, QUEUE_BOUNDS_S);
export const REQUEST_HISTOGRAMS = { DURATION: REQUEST_DURATION, QUEUE };

const REFUSAL_CODES_MAX = 64;

export class TrafficCounters implements ProxyWatcher, StoryListener {
  readonly targets: NamedRows;
  readonly clientKeys: NamedRows;
  /** One column: requests by how they ended. */
  readonly codes = new NamedRows(
    1,
    ENDING_OF_CODE.map(([code]) => code),
  );
  /** Time from arrival to end, a row for each ending. */
  readonly durations = new NamedRows(REQUEST_DURATION.end, ENDINGS);
  /** Time queued before the first attempt. */
  readonly queue = new NamedRows(QUEUE.end, ['']);
  retries = 0;
  queued = 0;
  backedOff = 0;
  private readonly view: ProxyView;
  private readonly refusals = new Map<string, number>();

  constructor(view: ProxyView) {
    this.view = view;
    this.targets = new NamedRows(DURATION.end, targetNames(view));
    this.clientKeys = new NamedRows(CLIENT_COLUMNS.COST_MICRO_USD + 1, clientNames(view));
  }

  sent(_request: RouterRequest, { attempt, decision }: SendCommand): void {
    if (attempt > 1) this.retries++;
    else QUEUE.observe(this.queue, 0, decision.queuedMs / 1_000);
  }

  waits(_request: RouterRequest, command: WaitCommand): void {
    if (command.reason === 'queued') this.queued++;
    else this.backedOff++;
  }

  attemptEnded(request: RouterRequest, outcome: AttemptOutcome, target: string): void {
    const client = this.clientRow(request);
    const { clientKeys, targets } = this;
    clientKeys.add(client, CLIENT_INPUT, outcome.inputTokens);
    clientKeys.add(client, CLIENT_OUTPUT, outcome.outputTokens);
    clientKeys.add(client, CLIENT_COST_MICRO_USD, outcome.costMicroUsd);
    const row = targets.rowOf(target);
    // A reload has taken it out of the pool.
    if (row < 0) return;
    targets.add(row, KIND_COLUMN[outcome.kind], 1);
    targets.add(row, INPUT, outcome.inputTokens);
    targets.add(row, OUTPUT, outcome.outputTokens);
    targets.add(row, CACHE_READ, outcome.cacheReadTokens);
    targets.add(row, CACHE_WRITE, outcome.cacheWriteTokens);
    targets.add(row, COST_MICRO_USD, outcome.costMicroUsd);
    if (outcome.firstTokenMs !== null) FIRST_TOKEN.observe(targets, row, outcome.firstTokenMs / 1_000);
    DURATION.observe(targets, row, outcome.durationMs / 1_000);
  }

  finished({ request, ending, rejection, arrivedAtMs, endedAtMs }: RequestStory): void {
    if (ending === null) return;
    this.codes.add(this.codes.rowOf(rejection?.code ?? CODE_OF_ENDING[ending]), 0, 1);
    this.clientKeys.add(this.clientRow(request), ENDINGS.indexOf(ending), 1);
    REQUEST_DURATION.observe(this.durations, this.durations.rowOf(ending), (endedAtMs - arrivedAtMs) / 1_000);
  }

  refused(code: string): void {
    const count = this.refusals.get(code);
    if (count !== undefined || this.refusals.size < REFUSAL_CODES_MAX) this.refusals.set(code, (count ?? 0) + 1);
  }

  reconfigured(): void {
    this.targets.rename(targetNames(this.view));
    this.clientKeys.rename(clientNames(this.view));
  }

  /** Calls that never reached the core, by the proxy's code. */
  get refusalsByCode(): ReadonlyMap<string, number> {
    return this.refusals;
  }

  /** Requests that ended, by code and the ending that it belongs to. */
  *requestsByCode(): Generator<readonly [code: string, ending: RequestEnding, count: number]> {
    for (const [code, ending] of ENDING_OF_CODE) yield [code, ending, this.codes.cells[this.codes.rowOf(code)]!];
  }

  /** Requests of a client key by how they ended; none of one that the configuration does not know. */
  endingsOf(clientKey: string): Readonly<Record<RequestEnding, number>> {
    const row = this.clientKeys.rowOf(clientKey);
    const [completed = 0, rejected = 0, cancelled = 0] =
      row < 0 ? [] : this.clientKeys.cells.subarray(row, row + ENDINGS.length);
    return { completed, rejected, cancelled };
  }

  private clientRow(request: RouterRequest): number {
    const row = this.clientKeys.rowOf(request.clientKey);
    return row < 0 ? this.clientKeys.rowOf(OTHER_CLIENT) : row;
  }
}

function targetNames({ pool }: ProxyView): string[] {
  return pool.targets.map((target) => target.id);
}

function clientNames({ pool }: ProxyView): string[] {
  return [...pool.clientKeys.map((clientKey) => clientKey.name), OTHER_CLIENT];
}
