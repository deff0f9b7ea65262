/**
 * One request on its way: times it, applies the client's patience, and reads what came of it off the status and the
 * last bytes of the answer. Nothing is parsed in between. A class, because thousands are open at once.
 */
import type { Dispatcher } from 'undici';
import {
  addTime,
  countError,
  countOutcome,
  countStatus,
  type TrafficFigures,
  type TrafficOutcome,
} from './traffic-figures.ts';

/** Usage and `[DONE]` stand within the last bytes of a stream; an error's code within the first of a short body. */
const TAIL_BYTES = 2_048;

const COMPLETION_TOKENS = /"completion_tokens"\s*:\s*(\d+)/;
const PROMPT_TOKENS = /"prompt_tokens"\s*:\s*(\d+)/;
const CACHED_TOKENS = /"cached_tokens"\s*:\s*(\d+)/;
const ERROR_CODE = /"code"\s*:\s*"([A-Za-z0-9_.-]{1,64})"/;
const ERROR_EVENT = /(?:^|\n)(?:event: ?error|data: ?\{"error")/;

export interface Patience {
  /** ms on the wall, `null` = for ever. */
  readonly firstTokenMs: number | null;
  readonly totalMs: number | null;
}

/** Names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What all requests of a run share. */
export interface SentRequestHost {
  readonly figures: TrafficFigures;
  readonly patience: Patience;
  /** See `TrafficSettings.onAnswered`. */
  readonly onAnswered?: ((status: number, headers: AnswerHeaders) => void) | undefined;
  /** The request is over, in whatever way. */
  ended(request: SentRequest): void;
}

class ClientLeft extends Error {}

const NOTHING = Buffer.alloc(0);
const NO_HEADERS: AnswerHeaders = {};

export class SentRequest implements Dispatcher.DispatchHandler {
  private readonly host: SentRequestHost;
  private readonly arrivalMs: number;
  private readonly isStream: boolean;
  private readonly sentAtMs: number;
  private controller: Dispatcher.DispatchController | null = null;
  private timer: NodeJS.Timeout | null = null;
  private leaves: { readonly outcome: TrafficOutcome; readonly error: string } | null = null;
  private status = 0;
  private headers: AnswerHeaders = NO_HEADERS;
  private hasFirstToken = false;
  private isOver = false;
  /** The last four chunks, the last one first: a stream's usage and end come in no more. */
  private chunk1: Buffer = NOTHING;
  private chunk2: Buffer = NOTHING;
  private chunk3: Buffer = NOTHING;
  private chunk4: Buffer = NOTHING;

  /** @param arrivalMs of the row, scenario ms */
  constructor(host: SentRequestHost, arrivalMs: number, isStream: boolean, sentAtMs: number) {
    this.host = host;
    this.arrivalMs = arrivalMs;
    this.isStream = isStream;
    this.sentAtMs = sentAtMs;
    this.watchPatience();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It may have been given up while it waited for a connection.
    if (this.leaves !== null) controller.abort(new ClientLeft());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: AnswerHeaders): void {
    this.status = statusCode;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.hasFirstToken && this.isStream && this.status === 200) this.maybeFirstToken(chunk);
    this.chunk4 = this.chunk3;
    this.chunk3 = this.chunk2;
    this.chunk2 = this.chunk1;
    this.chunk1 = chunk;
  }

  onResponseEnd(): void {
    const tail = this.tail();
    const durationMs = performance.now() - this.sentAtMs;
    countStatus(this.host.figures, this.status);
    this.host.onAnswered?.(this.status, this.headers);
    if (this.status !== 200) {
      this.end(this.status === 429 ? 'limited' : 'failure', `${this.status}${codeOf(tail)}`);
    } else if (this.isStream && ERROR_EVENT.test(tail)) {
      this.end('failure', `error_event${codeOf(tail)}`);
    } else if (this.isStream && !tail.includes('[DONE]')) {
      this.end('failure', 'truncated_stream');
    } else {
      addTime(this.host.figures.durationMs, durationMs);
      this.addTokens(tail);
      this.end('success', null);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.status !== 0) countStatus(this.host.figures, this.status);
    if (this.leaves !== null) this.end(this.leaves.outcome, this.leaves.error);
    else this.end('failure', failureName(error, this.status !== 0));
  }

  /** Gives it up; it ends as `unfinished`. */
  stop(): void {
    this.leave('unfinished', 'unfinished');
  }

  /** For the timer only. */
  patienceOver(): void {
    this.timer = null;
    // The limits decide and not the clock: a timer may fire some milliseconds early.
    const { firstTokenMs, totalMs } = this.host.patience;
    const waitedForToken = !this.hasFirstToken && firstTokenMs !== null && firstTokenMs < (totalMs ?? Infinity);
    this.leave('left', waitedForToken ? 'left_first_token' : 'left_total');
  }

  private maybeFirstToken(chunk: Buffer): void {
    // A comment that only keeps the connection open is no token.
    if (chunk[0] === 0x3a && !chunk.includes('data:')) return;
    this.hasFirstToken = true;
    addTime(this.host.figures.firstTokenMs, performance.now() - this.sentAtMs);
    this.watchPatience();
  }

  private watchPatience(): void {
    const { firstTokenMs, totalMs } = this.host.patience;
    if (firstTokenMs === null && totalMs === null) return;
    if (this.timer !== null) clearTimeout(this.timer);
    const waitMs = Math.min(this.hasFirstToken ? Infinity : (firstTokenMs ?? Infinity), totalMs ?? Infinity);
    this.timer = null;
    if (waitMs === Infinity) return;
    this.timer = setTimeout(patienceOver, Math.max(0, this.sentAtMs + waitMs - performance.now()), this);
  }

  private leave(outcome: TrafficOutcome, error: string): void {
    if (this.isOver || this.leaves !== null) return;
    this.leaves = { outcome, error };
    this.controller?.abort(new ClientLeft());
  }

  private addTokens(tail: string): void {
    const { tokens } = this.host.figures;
    tokens.output += Number(COMPLETION_TOKENS.exec(tail)?.[1] ?? 0);
    tokens.input += Number(PROMPT_TOKENS.exec(tail)?.[1] ?? 0);
    tokens.cachedInput += Number(CACHED_TOKENS.exec(tail)?.[1] ?? 0);
  }

  private tail(): string {
    const bytes = Buffer.concat([this.chunk4, this.chunk3, this.chunk2, this.chunk1]);
    return bytes.toString('latin1', Math.max(0, bytes.length - TAIL_BYTES));
  }

  private end(outcome: TrafficOutcome, error: string | null): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.timer !== null) clearTimeout(this.timer);
    countOutcome(this.host.figures, outcome, this.arrivalMs);
    if (error !== null) countError(this.host.figures, error);
    this.host.ended(this);
  }
}

/** One function for all timers. */
function patienceOver(request: SentRequest): void {
  request.patienceOver();
}

function codeOf(text: string): string {
  const code = ERROR_CODE.exec(text)?.[1];
  return code === undefined ? '' : ` ${code}`;
}

/** A short name for what went wrong with the connection. */
function failureName(error: Error, hasAnswerBegun: boolean): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ECONNREFUSED') return 'connection_refused';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'connect_timeout';
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return 'no_answer';
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' || error.message === 'terminated') {
    return hasAnswerBegun ? 'broken_answer' : 'reset_before_answer';
  }
  return /^[A-Z_]{3,40}$/.test(code) ? code.toLowerCase() : 'connection_failed';
}
