/** One call of a provider: what goes in and what comes of it. */
import type { OutcomeKind } from '../../router/contract.ts';
import type { Endpoint, Usage } from '../../protocols/openai/index.ts';

/** Limits of one attempt, ms from its start unless said otherwise; each > 0. */
export interface AttemptTimeouts {
  /** Until the request is on a connection. Waiting for a free one counts. */
  readonly connectMs: number;
  /** Until a stream's first content. */
  readonly firstTokenMs: number;
  /** Between two pieces of an answer that has begun; time in which the client takes nothing does not count. */
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface UpstreamCall {
  /** `https://host:port`, as from `endpointOf`. */
  readonly origin: string;
  /** With the query, starting with a slash. */
  readonly path: string;
  /** Name, value, name, value: from `HeaderSet.forCall`. */
  readonly headers: readonly string[];
  /** From `lendBody`, or the caller's own; not to be changed before the end of the call. */
  readonly body: Buffer;
  readonly endpoint: Endpoint;
  readonly isStream: boolean;
  /** Take the usage-only event out: see `rewriteRequest`. */
  readonly hidesUsage: boolean;
  readonly timeouts: AttemptTimeouts;
}

/** Status and headers for the client: those that `clientHeaders` lets through. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface BufferedAnswer extends AnswerHead {
  readonly body: Buffer;
}

/** What one attempt came to. */
export interface AttemptResult {
  readonly kind: OutcomeKind;
  /** Of the answer; null when there was none, and for what was cut off by a timeout or the client. */
  readonly status: number | null;
  /** Null for a success. See `failure-code.ts`; timeouts and `client_left` as in the simulator. */
  readonly errorCode: string | null;
  /** From the start to the first content of a stream, ms. */
  readonly firstTokenMs: number | null;
  /** From the start to the end, ms. */
  readonly durationMs: number;
  readonly retryAfterMs: number | null;
  /** The provider's count, or null when it did not get to tell. */
  readonly usage: Usage | null;
  /** Content events of a stream: about its output tokens when `usage` is null. */
  readonly contentEvents: number;
  /** `onHead` was called: the client may have seen something, so there is no other attempt. */
  readonly isCommitted: boolean;
  /**
   * Not streamed: the whole answer of a success, or what a provider said in refusing (status 400 and up, cut at a
   * bound). Of a stream that was refused with an error event: that error.
   */
  readonly answer: BufferedAnswer | null;
  /**
   * The last bytes of a committed stream, to be sent when the outcome is logged: `[DONE]`, or the provider's own
   * error event. Null when there are none: then a stream that failed needs an error event of ours.
   */
  readonly tail: Buffer | null;
  /** The bytes passed on so far end within an event. */
  readonly isMidEvent: boolean;
}

/**
 * What the caller is told, in the order `onHead`, `onChunk`..., `onEnd`. For an answer that is not streamed there is
 * `onEnd` alone. None of them may throw.
 */
export interface AttemptListener {
  /** Once, when a stream is committed: its first content has come, or it ends well without any. */
  onHead(head: AnswerHead): void;
  /** Whole events, as the provider sent them. May pause the attempt; see {@link UpstreamAttempt.pause}. */
  onChunk(chunk: Buffer): void;
  /** Exactly once and last, never before `start` has returned. */
  onEnd(result: AttemptResult): void;
}

export interface UpstreamAttempt {
  /**
   * The client has left: ends the attempt as `cancelled` in whatever phase it is, frees its connection or its place
   * in the line, and calls `onEnd` before it returns. Without effect after the end.
   */
  abort(): void;
  /**
   * Stops reading from the provider. What has been read already still comes: the rest of one read of the socket, at
   * most 64 KiB, and what was held until the stream was committed.
   */
  pause(): void;
  resume(): void;
}
