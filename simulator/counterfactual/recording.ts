/**
 * What a log says of its attempts, ready to be asked by a replay: one row an attempt, in the order of sending, in typed
 * arrays. A million attempts take about 130 MB.
 */
import { OUTCOME_KINDS, type OutcomeKind } from '../../src/router/contract.ts';
import type { LoggedAttempt } from '../../src/log/logged-attempts.ts';
import { DonorGroups } from './donor-groups.ts';
import { recordedLoad } from './recorded-load.ts';
import { RequestTable } from './request-table.ts';

/** Columns of a recording; times in ms from sending but for `sentAtMs` and `arrivedAtMs`, which are by the log's clock. */
export interface RecordedColumns {
  /** Place in `Recording.targets`. */
  readonly target: Uint16Array;
  readonly attempt: Uint16Array;
  readonly sentAtMs: Float64Array;
  readonly arrivedAtMs: Float64Array;
  readonly askedInputTokens: Uint32Array;
  readonly stream: Uint8Array;
  /** Place in `OUTCOME_KINDS`. */
  readonly kind: Uint8Array;
  /** 0 for none. */
  readonly status: Uint16Array;
  /** Place in `Recording.errorCodes`. */
  readonly errorCode: Uint16Array;
  /** NaN for none. */
  readonly firstTokenMs: Float64Array;
  readonly durationMs: Float64Array;
  readonly inputTokens: Uint32Array;
  readonly outputTokens: Uint32Array;
  readonly cacheReadTokens: Uint32Array;
  readonly cacheWriteTokens: Uint32Array;
  readonly costMicroUsd: Float64Array;
  /** NaN for none. */
  readonly retryAfterMs: Float64Array;
}

/** How an attempt ended, as the log has it. */
export interface RecordedAttempt {
  readonly kind: OutcomeKind;
  readonly stream: boolean;
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costMicroUsd: number;
  readonly retryAfterMs: number | null;
}

/** What tells a request from others; an id alone does not, as traces from one generator share theirs. */
export interface RequestIdentity {
  readonly requestId: string;
  readonly inputTokens: number;
  readonly stream: boolean;
}

export interface Recording {
  /** For people: the path. */
  readonly name: string;
  readonly rows: number;
  /** `provider.keyAlias.model` */
  readonly targets: readonly string[];
  /** Others in flight at the provider's model when each attempt was sent, over all keys. */
  readonly othersInFlight: Uint16Array;
  /** Others sent to the key within the minute before. */
  readonly sentWithinMinute: Uint32Array;
  readonly sentAtMs: Float64Array;
  readonly donors: DonorGroups;
  /** The row of a request's attempt at a target, or -1. A request tries a target once. */
  find(request: RequestIdentity, target: number): number;
  /** When the request came, by the log's clock; null when it is not in the log, or only with a later attempt. */
  arrivedAtMs(request: RequestIdentity): number | null;
  /** Whether the log has that id, be it of the same request or of another one. */
  hasId(requestId: string): boolean;
  outcome(row: number): RecordedAttempt;
}

const MICRO_USD_PER_USD = 1e6;
const KIND_CODES = new Map<OutcomeKind, number>(OUTCOME_KINDS.map((kind, code) => [kind, code]));

/** What of a logged attempt a recording keeps. */
export type RecordedFacts = Omit<LoggedAttempt, 'endedAtMs' | 'sessionHash' | 'prefixBlocks'>;

/** Takes attempts in the order of sending, and makes a recording of them. */
export class RecordingBuilder {
  private readonly columns: RecordedColumns;
  private readonly requests: RequestTable;
  private readonly targets = new Map<string, number>();
  private readonly errorCodes = new Map<string, number>([['', 0]]);
  private rows = 0;

  /** @param rowsMax most attempts there will be; memory is taken for all of them at once */
  constructor(rowsMax: number) {
    this.requests = new RequestTable(rowsMax);
    const numbers = (): Float64Array => new Float64Array(rowsMax);
    const counts = (): Uint32Array => new Uint32Array(rowsMax);
    const codes = (): Uint16Array => new Uint16Array(rowsMax);
    this.columns = {
      target: codes(),
      attempt: codes(),
      sentAtMs: numbers(),
      arrivedAtMs: numbers(),
      askedInputTokens: counts(),
      stream: new Uint8Array(rowsMax),
      kind: new Uint8Array(rowsMax),
      status: codes(),
      errorCode: codes(),
      firstTokenMs: numbers(),
      durationMs: numbers(),
      inputTokens: counts(),
      outputTokens: counts(),
      cacheReadTokens: counts(),
      cacheWriteTokens: counts(),
      costMicroUsd: numbers(),
      retryAfterMs: numbers(),
    };
  }

  /** @throws RangeError when an attempt was sent before the one added before it */
  add(attempt: RecordedFacts): void {
    const { columns } = this;
    const row = this.rows++;
    if (row > 0 && attempt.sentAtMs < columns.sentAtMs[row - 1]!) throw new RangeError('attempts out of order');
    columns.target[row] = codeOf(this.targets, attempt.target);
    columns.attempt[row] = attempt.attempt;
    columns.sentAtMs[row] = attempt.sentAtMs;
    columns.arrivedAtMs[row] = attempt.arrivedAtMs;
    columns.askedInputTokens[row] = attempt.askedInputTokens;
    columns.stream[row] = attempt.stream ? 1 : 0;
    columns.kind[row] = KIND_CODES.get(attempt.kind)!;
    columns.status[row] = attempt.status ?? 0;
    columns.errorCode[row] = codeOf(this.errorCodes, attempt.errorCode ?? '');
    columns.firstTokenMs[row] = attempt.firstTokenMs ?? Number.NaN;
    columns.durationMs[row] = attempt.durationMs;
    columns.inputTokens[row] = attempt.inputTokens;
    columns.outputTokens[row] = attempt.outputTokens;
    columns.cacheReadTokens[row] = attempt.cacheReadTokens;
    columns.cacheWriteTokens[row] = attempt.cacheWriteTokens;
    columns.costMicroUsd[row] = Math.round(attempt.costUsd * MICRO_USD_PER_USD);
    columns.retryAfterMs[row] = attempt.retryAfterMs ?? Number.NaN;
    this.requests.add(row, attempt.requestId);
  }

  /** @param name for people: the path of the log */
  build(name: string): Recording {
    const { columns, requests, rows } = this;
    const targets = [...this.targets.keys()];
    const errorCodes = [...this.errorCodes.keys()];
    /** The latest row of a request whose column has that value, or -1. */
    const rowWhere = (request: RequestIdentity, column: Uint16Array, value: number): number => {
      let row = requests.latest(request.requestId);
      while (row >= 0 && !(column[row] === value && isSameRequest(columns, row, request))) row = requests.before(row);
      return row;
    };
    return {
      name,
      rows,
      targets,
      ...recordedLoad(columns, rows, targets),
      sentAtMs: columns.sentAtMs.subarray(0, rows),
      donors: new DonorGroups(columns, rows),
      find: (request, target) => rowWhere(request, columns.target, target),
      arrivedAtMs(request) {
        const row = rowWhere(request, columns.attempt, 1);
        return row < 0 ? null : columns.arrivedAtMs[row]!;
      },
      hasId: (requestId) => requests.latest(requestId) >= 0,
      outcome: (row) => ({
        kind: OUTCOME_KINDS[columns.kind[row]!]!,
        stream: columns.stream[row] === 1,
        status: columns.status[row] === 0 ? null : columns.status[row]!,
        errorCode: columns.errorCode[row] === 0 ? null : errorCodes[columns.errorCode[row]!]!,
        firstTokenMs: numberOrNull(columns.firstTokenMs[row]!),
        durationMs: columns.durationMs[row]!,
        inputTokens: columns.inputTokens[row]!,
        outputTokens: columns.outputTokens[row]!,
        cacheReadTokens: columns.cacheReadTokens[row]!,
        cacheWriteTokens: columns.cacheWriteTokens[row]!,
        costMicroUsd: columns.costMicroUsd[row]!,
        retryAfterMs: numberOrNull(columns.retryAfterMs[row]!),
      }),
    };
  }
}

function isSameRequest({ askedInputTokens, stream }: RecordedColumns, row: number, request: RequestIdentity): boolean {
  return askedInputTokens[row] === request.inputTokens && (stream[row] === 1) === request.stream;
}

/** Place of a text among those seen so far. */
function codeOf(codes: Map<string, number>, text: string): number {
  const known = codes.get(text);
  if (known !== undefined) return known;
  const code = codes.size;
  codes.set(text, code);
  return code;
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
