/**
 * Live frames to all that look, as server-sent events. A frame is built once for all of them and at most once in a
 * stretch of time; while nobody looks there is neither frame nor timer.
 */
import type { Writable } from 'node:stream';
import type { Logger } from 'pino';
import { AdminError } from '../admin/admin-error.ts';

export const STREAMS_MAX = 16;
/** A reader that has missed so many frames in a row has gone without a word, and its place is for others. */
const MISSED_MAX = 60;
const EXPIRED = Buffer.from('event: expired\ndata: {}\n\n');
const FULL_WAIT_MS = 10_000;

export interface LiveStreamsSettings {
  /** Least time between two frames, ms on the wall. */
  readonly everyMs: number;
  /** What a frame holds. @param isFirst nobody has looked for a while */
  frame(isFirst: boolean): object;
  readonly logger: Logger;
}

interface Viewer {
  readonly stream: Writable;
  readonly isAllowed: () => boolean;
  /** Frames that were not sent to it as it had not read the one before. */
  missed: number;
}

export class LiveStreams {
  private readonly settings: LiveStreamsSettings;
  private readonly viewers = new Set<Viewer>();
  private timer: NodeJS.Timeout | null = null;
  private last: { readonly atMs: number; readonly bytes: Buffer } | null = null;
  private isStopped = false;

  constructor(settings: LiveStreamsSettings) {
    this.settings = settings;
  }

  get viewerCount(): number {
    return this.viewers.size;
  }

  get isTicking(): boolean {
    return this.timer !== null;
  }

  /** @throws AdminError when nobody else can look now */
  refuseWhenFull(): void {
    if (this.isStopped) throw new AdminError('conflict', 'The proxy is shutting down.');
    if (this.viewers.size < STREAMS_MAX) return;
    const message = `${STREAMS_MAX} live views are open already; close one of them.`;
    throw new AdminError('too_many_streams', message, FULL_WAIT_MS);
  }

  /**
   * The first frame goes out at once. To be called after {@link refuseWhenFull}.
   *
   * @param stream its head has been written
   * @param isAllowed whether it still may look; asked before each frame
   */
  join(stream: Writable, isAllowed: () => boolean): void {
    // It has left already, and nothing would tell of it any more.
    if (stream.destroyed) return;
    const viewer: Viewer = { stream, isAllowed, missed: 0 };
    this.viewers.add(viewer);
    stream.once('close', () => this.leave(viewer));
    // A broken connection closes too, which is all that matters.
    stream.on('error', () => undefined);
    const frame = this.isLastFresh() ? this.last!.bytes : this.build(true);
    if (frame !== null) send(viewer, frame);
    this.timer ??= setInterval(() => this.tick(), this.settings.everyMs);
  }

  /** Ends the streams of those who may not look any more. */
  endForbidden(): void {
    for (const viewer of this.viewers) if (!viewer.isAllowed()) this.end(viewer, EXPIRED);
  }

  /** Ends all, for good. */
  stop(): void {
    this.isStopped = true;
    for (const viewer of this.viewers) this.end(viewer, null);
  }

  private tick(): void {
    this.endForbidden();
    const readers = [...this.viewers].filter((viewer) => this.isReading(viewer));
    const frame = readers.length === 0 ? null : this.build(false);
    if (frame !== null) for (const viewer of readers) send(viewer, frame);
  }

  /** Whether it has taken what it was sent before; frames do not queue for one that has not. */
  private isReading(viewer: Viewer): boolean {
    if (!viewer.stream.writableNeedDrain) {
      viewer.missed = 0;
      return true;
    }
    viewer.missed += 1;
    if (viewer.missed >= MISSED_MAX) this.end(viewer, null);
    return false;
  }

  private isLastFresh(): boolean {
    return this.last !== null && performance.now() - this.last.atMs < this.settings.everyMs;
  }

  /** Null when it fails: what is only looked at must not end what is served. */
  private build(isFirst: boolean): Buffer | null {
    const { settings } = this;
    try {
      const bytes = Buffer.from(`event: frame\ndata: ${JSON.stringify(settings.frame(isFirst))}\n\n`);
      this.last = { atMs: performance.now(), bytes };
      return bytes;
    } catch (error) {
      settings.logger.error({ event: 'console', err: error }, 'a live frame could not be built');
      return null;
    }
  }

  private end(viewer: Viewer, last: Buffer | null): void {
    const { stream } = viewer;
    this.leave(viewer);
    // What it has not read would be waited for.
    if (stream.writableNeedDrain) stream.destroy();
    else stream.end(last ?? undefined);
  }

  private leave(viewer: Viewer): void {
    this.viewers.delete(viewer);
    if (this.viewers.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}

function send({ stream }: Viewer, frame: Buffer): void {
  stream.write(frame);
}
