/**
 * One attempt: waits for a connection, sends, reads, and ends in exactly one result. Streams are held until they are
 * *committed*: the first event with content (or a finish reason) has come. Up to then the provider may still answer
 * 200 with an error event, with rubbish or with nothing, and the request can go elsewhere.
 */
import type { Dispatcher } from 'undici';
import {
  isQuotaRefusal,
  limitedForMs,
  readAnswer,
  retryAfterMs,
  StreamUsage,
  type ProviderError,
  type ResponseHeaders,
  type Usage,
} from '../../protocols/openai/index.ts';
import type { OutcomeKind } from '../../router/contract.ts';
import { AttemptClock, type ClockOwner } from './attempt-clock.ts';
import type { Slotted } from '../slot-set.ts';
import type { AttemptListener, BufferedAnswer, UpstreamAttempt, UpstreamCall } from './attempt-result.ts';
import type { BodyMemory } from './body-memory.ts';
import type { Connection } from './connection.ts';
import type { ConnectionPool, ConnectionTaker } from './connection-pool.ts';
import {
  BAD_BODY,
  BODY_TOO_LARGE,
  CLIENT_LEFT,
  CLOSED,
  failureOfError,
  failureOfStatus,
  INVALID_CALL,
  QUOTA_EXHAUSTED,
  STREAM_BROKEN,
  UPSTREAM_ERROR,
  TIMEOUT_CODES,
  type FailureForm,
  type TimeoutCause,
} from './failure-code.ts';
import { clientHeaders } from './provider-headers.ts';

export interface AttemptBounds {
  /** Of an answer that is not streamed, bytes. */
  readonly bodyBytesMax: number;
}

/** What a stream may say before its first content, bytes. */
const UNCOMMITTED_BYTES_MAX = 262_144;
/** Of what a provider says in refusing; the rest is cut. */
const REFUSAL_BYTES_MAX = 65_536;
/** Whoever answers a request for a stream with one of these has no stream. */
const NO_STREAM_TYPE =
  /^\s*(?:application\/(?:[\w.-]+\+)?(?:json|xml)|text\/(?:html|xml|json)|image\/|audio\/|video\/)/i;

/** How the body of the answer is being read. */
type Reading = 'head' | 'stream' | 'whole' | 'refusal';

interface Ending {
  readonly kind: OutcomeKind;
  readonly errorCode: string | null;
  readonly status: number | null;
  readonly answer?: BufferedAnswer | null;
  /** The connection can be used again. */
  readonly isClean?: boolean;
}

export class Attempt implements UpstreamAttempt, ConnectionTaker, ClockOwner, Dispatcher.DispatchHandler, Slotted {
  slot = -1;
  private readonly call: UpstreamCall;
  private readonly listener: AttemptListener;
  private readonly pool: ConnectionPool;
  private readonly bodies: BodyMemory;
  private readonly bounds: AttemptBounds;
  private readonly onOver: (attempt: Attempt) => void;
  private readonly clock: AttemptClock;
  private readonly stream: StreamUsage | null;
  private connection: Connection | null = null;
  private reading: Reading = 'head';
  private status: number | null = null;
  private headers: ResponseHeaders = {};
  private usage: Usage | null = null;
  private firstTokenMs: number | null = null;
  private isCommitted = false;
  private isOver = false;
  /** Of a stream: what was released before it was committed. Else: the body so far. */
  private kept: Buffer[] = [];
  private keptBytes = 0;

  constructor(
    call: UpstreamCall,
    listener: AttemptListener,
    pool: ConnectionPool,
    bodies: BodyMemory,
    bounds: AttemptBounds,
    onOver: (attempt: Attempt) => void,
  ) {
    this.call = call;
    this.listener = listener;
    this.pool = pool;
    this.bodies = bodies;
    this.bounds = bounds;
    this.onOver = onOver;
    this.stream = call.isStream ? new StreamUsage(call.hidesUsage) : null;
    this.clock = new AttemptClock(call.timeouts, call.isStream, this);
  }

  /** Asks for a connection; to be called once. */
  enter(): void {
    if (this.isOver) return;
    try {
      this.pool.enter(this);
    } catch {
      // An origin that is none, for example.
      this.fail(INVALID_CALL);
    }
  }

  abort(): void {
    this.end({ kind: 'cancelled', errorCode: CLIENT_LEFT, status: null });
  }

  /** The proxy gives up all its connections. */
  close(): void {
    this.end({ kind: 'failure', errorCode: CLOSED, status: null });
  }

  pause(): void {
    if (this.isOver) return;
    this.clock.isPaused = true;
    this.connection?.hold();
  }

  resume(): void {
    if (this.isOver || !this.clock.isPaused) return;
    this.clock.resume();
    this.connection?.release();
  }

  timeOut(cause: TimeoutCause | 'linger'): void {
    if (this.isOver) return;
    if (cause !== 'linger') this.end({ kind: 'timeout', errorCode: TIMEOUT_CODES[cause], status: null });
    else if (this.reading === 'refusal') this.refuse(false);
    else if (this.stream !== null) this.endStream(this.stream, false);
  }

  takeConnection(connection: Connection): void {
    this.connection = connection;
    if (this.clock.isPaused) connection.hold();
    const { path, headers, body } = this.call;
    connection.dispatch({ method: 'POST', path, headers: headers as string[], body }, this);
  }

  onRequestStart(): void {
    this.clock.isConnected = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    // 1xx is no answer yet.
    if (this.isOver || status < 200) return;
    this.status = status;
    this.headers = headers;
    if (status >= 300) {
      this.reading = 'refusal';
      this.clock.linger();
    } else if (this.stream !== null) {
      this.reading = 'stream';
      if (isEncoded(headers) || NO_STREAM_TYPE.test(header(headers, 'content-type') ?? '')) this.fail(BAD_BODY);
    } else {
      this.reading = 'whole';
      if (isEncoded(headers)) this.fail(BAD_BODY);
      else if (Number(header(headers, 'content-length') ?? 0) > this.bounds.bodyBytesMax) this.fail(BODY_TOO_LARGE);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    if (this.stream !== null && this.reading === 'stream') {
      this.readStream(this.stream, chunk);
      return;
    }
    this.keep(chunk);
    if (this.reading === 'refusal') {
      if (this.keptBytes > REFUSAL_BYTES_MAX) this.refuse(false);
      return;
    }
    if (this.keptBytes === chunk.length) this.clock.flow();
    else this.clock.noteByte();
    if (this.keptBytes > this.bounds.bodyBytesMax) this.fail(BODY_TOO_LARGE);
  }

  onResponseEnd(): void {
    if (this.isOver) return;
    if (this.reading === 'refusal') this.refuse(true);
    else if (this.stream === null) this.endWhole();
    else this.endStream(this.stream, true);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.isOver) return;
    // What had been said is said, however the connection ended.
    if (this.reading === 'refusal') this.refuse(false);
    else if (this.stream?.isOver === true) this.endStream(this.stream, false);
    else this.fail(this.isCommitted ? STREAM_BROKEN : failureOfError(error));
  }

  private readStream(stream: StreamUsage, chunk: Buffer): void {
    const wasOver = stream.isOver;
    const released = stream.push(chunk);
    this.clock.noteByte();
    if (this.isCommitted) {
      if (released.length > 0) this.listener.onChunk(released);
    } else if (stream.isMalformed) {
      this.fail(BAD_BODY);
    } else if (stream.error !== null) {
      this.failAsTold(stream.error);
    } else if (stream.hasAnswer) {
      this.commit(stream, released);
    } else {
      if (released.length > 0) this.keep(released);
      if (this.keptBytes > UNCOMMITTED_BYTES_MAX) this.fail(BAD_BODY);
    }
    // The listener may have aborted.
    if (!wasOver && stream.isOver && !this.isOver) this.clock.linger();
  }

  private commit(stream: StreamUsage, released: Buffer): void {
    this.isCommitted = true;
    this.clock.flow();
    if (stream.hasContent) this.firstTokenMs = this.clock.elapsedMs();
    const headers = clientHeaders(this.headers);
    headers['content-type'] ??= 'text/event-stream; charset=utf-8';
    this.listener.onHead({ status: this.status ?? 200, headers });
    if (released.length > 0) this.kept.push(released);
    const { kept } = this;
    this.kept = [];
    this.keptBytes = 0;
    for (const chunk of kept) if (!this.isOver) this.listener.onChunk(chunk);
  }

  private endStream(stream: StreamUsage, isClean: boolean): void {
    const released = stream.finish();
    if (this.isCommitted) {
      if (released.length > 0) this.listener.onChunk(released);
    } else if (stream.hasAnswer && stream.error === null) {
      this.commit(stream, released);
    }
    if (this.isOver) return;
    if (stream.error !== null) {
      if (this.isCommitted) this.end({ kind: 'failure', errorCode: UPSTREAM_ERROR, status: this.status, isClean });
      else this.failAsTold(stream.error);
    } else if (!this.isCommitted) {
      this.fail(BAD_BODY, isClean);
    } else if (stream.isDone || stream.finishReason !== null) {
      this.end({ kind: 'success', errorCode: null, status: this.status, isClean });
    } else {
      this.fail(STREAM_BROKEN, isClean);
    }
  }

  private endWhole(): void {
    const { kept } = this;
    // undici hands each piece over for good.
    const body = kept.length === 1 ? kept[0]! : Buffer.concat(kept);
    const reading = readAnswer(body, header(this.headers, 'content-type'), this.call.endpoint);
    switch (reading.kind) {
      case 'answer': {
        this.usage = reading.usage;
        const answer = { status: this.status ?? 200, headers: clientHeaders(this.headers), body };
        this.end({ kind: 'success', errorCode: null, status: this.status, answer, isClean: true });
        return;
      }
      case 'error':
        this.failAsTold(reading.error, true);
        return;
      case 'bad':
        this.fail(BAD_BODY, true);
    }
  }

  /** An error within an answer of status 200: the status it names counts, so that a client's fault is known as such. */
  private failAsTold(error: ProviderError, isClean = false): void {
    const isExhausted = error.isQuotaExhausted && !this.namesTime();
    const errorCode = isExhausted ? QUOTA_EXHAUSTED : UPSTREAM_ERROR;
    if (error.status === null) {
      this.fail(errorCode, isClean);
      return;
    }
    const kind = isExhausted ? 'failure' : failureOfStatus(error.status).kind;
    const answer = { status: error.status, headers: { 'content-type': 'application/json' }, body: error.body };
    this.end({ kind, errorCode, status: error.status, answer, isClean });
  }

  private refuse(isClean: boolean): void {
    const status = this.status ?? 502;
    const body = Buffer.concat(this.kept).subarray(0, REFUSAL_BYTES_MAX);
    const answer = { status, headers: clientHeaders(this.headers), body };
    // A server in trouble says whatever; only a refusal of status 4xx is about the key.
    const isExhausted = status >= 400 && status < 500 && !this.namesTime() && isQuotaRefusal(body);
    const form: FailureForm = isExhausted ? { kind: 'failure', errorCode: QUOTA_EXHAUSTED } : failureOfStatus(status);
    this.end({ ...form, status, answer, isClean });
  }

  /** The provider says when to come back: then nothing is used up for good. */
  private namesTime(): boolean {
    return retryAfterMs(this.headers, Date.now()) !== null;
  }

  private fail(errorCode: string, isClean = false): void {
    this.end({ kind: 'failure', errorCode, status: this.status, isClean });
  }

  private keep(chunk: Buffer): void {
    this.kept.push(chunk);
    this.keptBytes += chunk.length;
  }

  private end({ kind, errorCode, status, answer = null, isClean = false }: Ending): void {
    if (this.isOver) return;
    this.isOver = true;
    this.clock.stop();
    this.kept = [];
    this.freeConnection(isClean);
    this.onOver(this);
    const { stream, isCommitted } = this;
    this.listener.onEnd({
      kind,
      status,
      errorCode,
      firstTokenMs: this.firstTokenMs,
      durationMs: this.clock.elapsedMs(),
      retryAfterMs: this.retryAfterMs(kind),
      usage: stream === null ? this.usage : stream.usage,
      contentEvents: stream?.contentEvents ?? 0,
      isCommitted,
      answer,
      tail: isCommitted && stream !== null ? stream.tail : null,
      isMidEvent: stream?.isMidEvent ?? false,
    });
  }

  private retryAfterMs(kind: OutcomeKind): number | null {
    if (kind === 'limited') return limitedForMs(this.headers, Date.now());
    return kind === 'failure' ? retryAfterMs(this.headers, Date.now()) : null;
  }

  private freeConnection(isClean: boolean): void {
    const { connection } = this;
    this.connection = null;
    if (connection === null) {
      this.pool.leave(this);
    } else if (isClean) {
      if (connection.hasSentAll) this.bodies.giveBack(this.call.body);
      connection.release();
      this.pool.giveBack(connection);
    } else {
      this.pool.discard(connection);
    }
  }
}

function header(headers: ResponseHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

/** We asked for plain text; what comes compressed all the same cannot be read. */
function isEncoded(headers: ResponseHeaders): boolean {
  const encoding = header(headers, 'content-encoding');
  return encoding !== null && encoding !== '' && encoding.toLowerCase() !== 'identity';
}
