/**
 * Reads a chat stream as it passes: usage, the first token, the end. The bytes go on as they came, but in whole
 * events, so that a stream which breaks off can still be ended by an event of our own. Three things do not go on at
 * once: an event that is not over; everything from `[DONE]` or an error event on, which is left in `tail` for the
 * time when the outcome is safely logged; and, where asked for, the usage-only event, which is dropped.
 *
 * Only events that may say something new are parsed: all of them up to the first content, then those with a usage,
 * a finish reason or an error that is not null.
 */
import { BOUNDARY_BYTES_MAX, eventStart, firstEventEnd, lastEventEnd } from './event-boundary.ts';
import type { ProviderError } from './provider-error.ts';
import { readStreamEvent, type StreamEvent } from './stream-event.ts';
import type { Usage } from './usage.ts';

const LF = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
const SMALL_N = 0x6e;
const NOTHING = Buffer.alloc(0);
/** An event that grows beyond this is passed on in pieces and not read; it counts as content. Bytes. */
const EVENT_BYTES_MAX = 262_144;
const HELD_BYTES_MIN = 4_096;
/** What may follow `[DONE]` or an error; the rest is dropped. Bytes. */
const TAIL_BYTES_MAX = 65_536;

export class StreamUsage {
  usage: Usage | null = null;
  finishReason: string | null = null;
  /** A token has come: text, reasoning, part of a tool call. */
  hasContent = false;
  /** Events with content so far: about the output tokens, for an answer whose usage never comes. */
  contentEvents = 0;
  isDone = false;
  /** The first error event; what comes after it is not read. */
  error: ProviderError | null = null;
  /** Before the first content came data that is no JSON. */
  isMalformed = false;
  /** The last released bytes end within an event: only after one that was too long. */
  isMidEvent = false;

  private readonly hidesUsage: boolean;
  private readonly eventBytesMax: number;
  private held = NOTHING;
  private heldBytes = 0;
  private readonly tailParts: Buffer[] = [];
  private tailBytes = 0;
  /** The last bytes of an event that is too long, to find its end across chunks. */
  private longEventEnd = NOTHING;

  /**
   * @param hidesUsage drop the usage-only event: the client did not ask for it
   * @param eventBytesMax see {@link EVENT_BYTES_MAX}; for tests
   */
  constructor(hidesUsage: boolean, eventBytesMax: number = EVENT_BYTES_MAX) {
    this.hidesUsage = hidesUsage;
    this.eventBytesMax = eventBytesMax;
  }

  /** There is something worth showing to the client; an attempt that fails before can be made elsewhere. */
  get hasAnswer(): boolean {
    return this.hasContent || this.finishReason !== null;
  }

  /** The stream has said all it has to say. */
  get isOver(): boolean {
    return this.isDone || this.error !== null;
  }

  /** The last bytes for the client, from `[DONE]` or the error event on; null when there is neither. */
  get tail(): Buffer | null {
    return this.tailParts.length === 0 ? null : Buffer.concat(this.tailParts);
  }

  /**
   * Takes the next bytes of the body, however they are cut, and returns those that may go on now: usually `chunk`
   * itself. `chunk` must not be changed afterwards.
   */
  push(chunk: Buffer): Buffer {
    if (this.isOver) return this.keepTail(chunk);
    if (this.isMidEvent) return this.passLongEvent(chunk);
    const { length } = chunk;
    if (this.heldBytes > 0) return this.pushBehindHeld(chunk);
    if (length > 1 && chunk[length - 1] === LF && chunk[length - 2] === LF) return this.examine(chunk);
    const end = Math.max(0, lastEventEnd(chunk, 0, length));
    const released = end === 0 ? NOTHING : this.examine(chunk.subarray(0, end));
    this.hold(chunk.subarray(end));
    return this.joined(released);
  }

  /**
   * The body is over. A last event without its empty line is read and released if it is whole, else dropped; `[DONE]`
   * goes to the tail.
   */
  finish(): Buffer {
    if (this.isOver || this.heldBytes === 0) return NOTHING;
    const rest = this.held.subarray(0, this.heldBytes);
    this.heldBytes = 0;
    const start = eventStart(rest, 0, rest.length);
    if (readStreamEvent(rest.toString('utf8', start)).kind === 'malformed') {
      if (!this.hasContent) this.isMalformed = true;
      return rest.subarray(0, start);
    }
    return this.examineEvents(rest);
  }

  private pushBehindHeld(chunk: Buffer): Buffer {
    const from = Math.max(0, this.heldBytes - BOUNDARY_BYTES_MAX);
    this.hold(chunk);
    const end = lastEventEnd(this.held, from, this.heldBytes);
    if (end < 0) return this.joined(NOTHING);
    const whole = this.held.subarray(0, end);
    const rest = this.held.subarray(end, this.heldBytes);
    // The events keep their buffer; what is left begins a new one.
    this.held = NOTHING;
    this.heldBytes = 0;
    const released = this.examine(whole);
    this.hold(rest);
    return this.joined(released);
  }

  /** What is released: if the held event has become too long, with all of it. */
  private joined(released: Buffer): Buffer {
    if (this.isOver || this.heldBytes <= this.eventBytesMax) return released;
    // Empty lines before an event are none of its bytes.
    if (this.heldBytes - eventStart(this.held, 0, this.heldBytes) <= this.eventBytesMax) return released;
    const long = this.held.subarray(0, this.heldBytes);
    this.held = NOTHING;
    this.heldBytes = 0;
    this.longEventEnd = Buffer.from(long.subarray(-BOUNDARY_BYTES_MAX));
    this.isMidEvent = true;
    this.hasContent = true;
    this.contentEvents++;
    return released.length === 0 ? long : Buffer.concat([released, long]);
  }

  private passLongEvent(chunk: Buffer): Buffer {
    const seen = this.longEventEnd.length;
    const both = Buffer.concat([this.longEventEnd, chunk]);
    const end = endAfter(both, seen);
    if (end < 0) {
      this.longEventEnd = Buffer.from(both.subarray(-BOUNDARY_BYTES_MAX));
      return chunk;
    }
    this.isMidEvent = false;
    this.longEventEnd = NOTHING;
    const last = chunk.subarray(0, end - seen);
    const next = chunk.subarray(end - seen);
    if (next.length === 0) return last;
    const released = this.push(next);
    return released.length === 0 ? last : Buffer.concat([last, released]);
  }

  /** Whole events only. */
  private examine(events: Buffer): Buffer {
    if (this.hasContent) {
      const text = events.toString('latin1');
      const count = mayMatter(text) ? -1 : countDataEvents(text);
      if (count >= 0) {
        this.contentEvents += count;
        return events;
      }
    }
    return this.examineEvents(events);
  }

  private examineEvents(events: Buffer): Buffer {
    const { length } = events;
    const parts: Buffer[] = [];
    let released = 0;
    for (let from = 0; from < length;) {
      const start = eventStart(events, from, length);
      const end = firstEventEnd(events, start, length);
      if (start < end) {
        const isHidden = this.note(this.readIfNeeded(events, start, end));
        if (this.isOver) {
          if (start > released) parts.push(events.subarray(released, start));
          this.keepTail(events.subarray(start));
          return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
        }
        if (isHidden) {
          if (start > released) parts.push(events.subarray(released, start));
          released = end;
        }
      }
      from = end;
    }
    if (released === 0) return events;
    if (released < length) parts.push(events.subarray(released));
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** Null for an event that is content and nothing else, or too long to be read. */
  private readIfNeeded(events: Buffer, start: number, end: number): StreamEvent | null {
    if (end - start > this.eventBytesMax) return null;
    if (this.hasContent) {
      const text = events.toString('latin1', start, end);
      if (!mayMatter(text) && text.startsWith('data:')) return null;
    }
    return readStreamEvent(events.toString('utf8', start, end));
  }

  /** Takes in what an event says; true when the event is to be hidden. */
  private note(event: StreamEvent | null): boolean {
    if (event === null) {
      this.hasContent = true;
      this.contentEvents++;
      return false;
    }
    switch (event.kind) {
      case 'empty':
        return false;
      case 'done':
        this.isDone = true;
        return false;
      case 'malformed':
        if (!this.hasContent) this.isMalformed = true;
        return false;
      case 'error':
        this.error = event.error;
        return false;
      case 'chunk':
        if (event.hasContent) {
          this.hasContent = true;
          this.contentEvents++;
        }
        this.finishReason = event.finishReason ?? this.finishReason;
        this.usage = event.usage ?? this.usage;
        return this.hidesUsage && event.isUsageOnly;
    }
  }

  private keepTail(bytes: Buffer): Buffer {
    const kept = bytes.subarray(0, Math.max(0, TAIL_BYTES_MAX - this.tailBytes));
    if (kept.length > 0) {
      this.tailParts.push(Buffer.from(kept));
      this.tailBytes += kept.length;
    }
    return NOTHING;
  }

  /** Appends to the event that is not over, in a buffer that doubles: a slow drip costs no more than its bytes. */
  private hold(bytes: Buffer): void {
    if (this.isOver) {
      this.keepTail(bytes);
      return;
    }
    const needed = this.heldBytes + bytes.length;
    if (needed > this.held.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.held.length, HELD_BYTES_MIN));
      this.held.copy(larger, 0, 0, this.heldBytes);
      this.held = larger;
    }
    bytes.copy(this.held, this.heldBytes);
    this.heldBytes = needed;
  }
}

/** The end of the first event that ends after `seen`, or at it if that could not be known before, or -1. */
function endAfter(bytes: Buffer, seen: number): number {
  for (let from = 0; from < bytes.length;) {
    const end = firstEventEnd(bytes, from, bytes.length);
    const isTrusted = end < bytes.length || lastEventEnd(bytes, 0, end) === end;
    if (end >= seen) return isTrusted ? end : -1;
    from = end;
  }
  return -1;
}

/**
 * False when the events say nothing but content. In JSON a quote within a text is escaped, so these words with both
 * quotes are keys, or a text in full: then the event is parsed for nothing.
 */
function mayMatter(text: string): boolean {
  return (
    isNotNull(text, '"finish_reason"') ||
    isNotNull(text, '"usage"') ||
    isNotNull(text, '"error"') ||
    text.includes('[DONE]')
  );
}

function isNotNull(text: string, key: string): boolean {
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + key.length)) {
    let next = at + key.length;
    while (text.charCodeAt(next) === SPACE) next++;
    if (text.charCodeAt(next) !== COLON) return true;
    do next++;
    while (text.charCodeAt(next) === SPACE);
    if (text.charCodeAt(next) !== SMALL_N) return true;
  }
  return false;
}

/** Number of events in a text of whole ones, or -1 when some do not start with `data:` or do not end with LF LF. */
function countDataEvents(text: string): number {
  if (text.includes('\r')) return -1;
  let count = 0;
  for (let start = 0; start < text.length; count++) {
    if (!text.startsWith('data:', start)) return -1;
    const end = text.indexOf('\n\n', start);
    if (end < 0) return -1;
    start = end + 2;
  }
  return count;
}
