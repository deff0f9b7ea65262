/**
 * Writes the spool from the thread that serves requests: gathers records, and writes what has gathered with one
 * write in flight at a time. Nothing here ever waits; who has to know that a record is on disk leaves a callback.
 * A class, because its methods run for every request.
 */
import { BatchBuffer } from './batch-buffer.ts';
import { sealFrame } from './frame.ts';
import { RecordEncoder } from './record-encoder.ts';
import type { SpoolDevice } from './spool-device.ts';
import { spoolPath } from './spool-files.ts';
import { FRAME_HEADER_BYTES, SPOOL_MAGIC } from './spool-format.ts';

const BATCH_BYTES = 64 * 1024;
/** A buffer that has grown beyond this is not kept. */
const SPARE_BYTES_MAX = 4 * 1024 * 1024;

/** A disk that hangs keeps nobody from stopping for longer, ms. */
const CLOSING_MS_MAX = 10_000;

/** Told once, with null when everything before is in the file (or the log may be passed over), else with why not. */
export type Flushed = (trouble: Error | null) => void;

export interface SpoolWriterOptions {
  readonly folder: string;
  /** Number of the first file to write. */
  readonly firstFile: number;
  readonly device: SpoolDevice;
  /** A file larger than this is followed by a new one. */
  readonly fileBytesMax: number;
  /** Bytes that may wait in memory for a disk that fails or hangs. */
  readonly pendingBytesMax: number;
  /** Bytes that may wait in spool files for the database. */
  readonly spoolBytesMax: number;
  /** Records that nobody waits for are written after so long, ms. */
  readonly lazyMs: number;
  /** Time between tries while writing fails, ms. */
  readonly retryMs: number;
  readonly fsync: boolean;
  readonly onFailure: 'serve' | 'refuse';
  /** Everything up to here is written. */
  onWritten(file: number, offset: number): void;
  /** Records were dropped and are taken again from now on. */
  onResumed(): void;
}

export interface SpoolHealth {
  readonly state: 'ok' | 'failing';
  /** Why; null when all is well. */
  readonly reason: string | null;
  /** In memory, not yet written. */
  readonly pendingBytes: number;
  /** Written, not yet in the database. */
  readonly behindBytes: number;
  readonly droppedRecords: number;
  /** How long the last write took, ms. */
  readonly lastFlushMs: number;
}

export class SpoolWriter {
  readonly encoder = new RecordEncoder(BATCH_BYTES);
  private readonly options: SpoolWriterOptions;
  private spare: BatchBuffer | null = new BatchBuffer(BATCH_BYTES);
  /** The bytes being written, if any. */
  private frame: Uint8Array | null = null;
  private frameLength = 0;
  private frameWritten = 0;
  private frameBuffer: BatchBuffer | null = null;
  private waiting: Flushed[] = [];
  private inFlight: Flushed[] = [];
  private descriptor = -1;
  private file: number;
  private offset = 0;
  private startedMs = 0;
  private isScheduled = false;
  private isDropping = false;
  private isClosed = false;
  private writeTrouble: string | null = null;
  private dropReason: string | null = null;
  private droppedRecords = 0;
  private lastFlushMs = 0;
  private writtenTotal = 0;
  private committedTotal = 0;
  private lazyTimer: NodeJS.Timeout | null = null;
  private retryTimer: NodeJS.Timeout | null = null;
  /** Called when nothing is left to write; set while closing. */
  private onIdle: () => void = () => undefined;

  constructor(options: SpoolWriterOptions) {
    this.options = options;
    this.file = options.firstFile;
  }

  /** Whether a record may be encoded now; one that may not is counted as dropped. To be asked once for each input. */
  accepts(): boolean {
    if (!this.isDropping) this.considerDropping();
    return !this.isDropping;
  }

  countDropped(): void {
    this.droppedRecords += 1;
  }

  /** To be called after encoding: what nobody waits for is written a little later. */
  appended(): void {
    this.lazyTimer ??= setTimeout(this.onLazy, this.options.lazyMs);
  }

  /** Calls back when everything encoded so far is written. */
  whenFlushed(flushed: Flushed): void {
    if (this.writeTrouble !== null || this.isDropping) {
      this.answer(flushed);
      return;
    }
    if (this.encoder.records > 0) {
      this.waiting.push(flushed);
      this.schedule();
    } else if (this.frame !== null) {
      this.inFlight.push(flushed);
    } else {
      flushed(null);
    }
  }

  /** The database has everything up to so many bytes of all that was written since the start. */
  committed(totalBytes: number): void {
    this.committedTotal = totalBytes;
    if (this.isDropping && this.writeTrouble === null && this.frame === null) this.tryResuming();
  }

  get health(): SpoolHealth {
    const reason = this.writeTrouble ?? (this.isDropping ? this.dropReason : null);
    return {
      state: reason === null ? 'ok' : 'failing',
      reason,
      pendingBytes: this.pendingBytes,
      behindBytes: this.behindBytes,
      droppedRecords: this.droppedRecords,
      lastFlushMs: this.lastFlushMs,
    };
  }

  get position(): { readonly file: number; readonly offset: number; readonly totalBytes: number } {
    return { file: this.file, offset: this.offset, totalBytes: this.writtenTotal };
  }

  /** Writes what is left, once, and closes the file. The writer is used up. */
  async close(): Promise<void> {
    this.isClosed = true;
    // Even of a log that is dropping records: what has gathered is whole.
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
      this.pump();
      if (this.frame === null || this.writeTrouble !== null) resolve();
      setTimeout(resolve, CLOSING_MS_MAX).unref();
    });
    if (this.lazyTimer !== null) clearTimeout(this.lazyTimer);
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    await new Promise<void>((resolve) => {
      if (this.descriptor < 0) resolve();
      else this.options.device.close(this.descriptor, () => resolve());
    });
    this.descriptor = -1;
  }

  private get pendingBytes(): number {
    return this.encoder.batch.length - FRAME_HEADER_BYTES + (this.frame === null ? 0 : this.frameLength);
  }

  private get behindBytes(): number {
    return this.writtenTotal - this.committedTotal;
  }

  private considerDropping(): void {
    const { pendingBytesMax, spoolBytesMax } = this.options;
    if (this.pendingBytes > pendingBytesMax) {
      this.startDropping(`the disk does not take the log: ${this.pendingBytes} bytes wait in memory`);
    } else if (this.behindBytes > spoolBytesMax) {
      this.startDropping(`the database is ${this.behindBytes} bytes of spool behind`);
    }
  }

  private startDropping(reason: string): void {
    this.isDropping = true;
    this.dropReason = reason;
    this.answerAll();
  }

  private tryResuming(): void {
    if (this.isClosed || 2 * this.behindBytes > this.options.spoolBytesMax) return;
    if (2 * this.pendingBytes > this.options.pendingBytesMax) return;
    this.isDropping = false;
    this.dropReason = null;
    this.options.onResumed();
  }

  private readonly onLazy = (): void => {
    this.lazyTimer = null;
    this.pump();
  };

  private schedule(): void {
    if (this.isScheduled || this.frame !== null) return;
    this.isScheduled = true;
    setImmediate(this.onImmediate);
  }

  private readonly onImmediate = (): void => {
    this.isScheduled = false;
    this.pump();
  };

  /** Takes the batch and writes it, unless a write is in flight or there is nothing. */
  private pump(): void {
    const { encoder } = this;
    if (this.frame !== null || encoder.records === 0) return;
    const batch = encoder.batch;
    sealFrame(batch, encoder.records);
    this.startedMs = performance.now();
    const isNewFile = this.descriptor < 0 || this.offset > this.options.fileBytesMax;
    const head = isNewFile ? encoder.headFrame() : null;
    encoder.swap(this.spare ?? new BatchBuffer(BATCH_BYTES));
    this.spare = null;
    this.frameBuffer = batch;
    this.inFlight = this.waiting;
    this.waiting = [];
    this.frameWritten = 0;
    if (!isNewFile) {
      this.frame = batch.bytes;
      this.frameLength = batch.length;
      this.write();
      return;
    }
    const parts = [SPOOL_MAGIC, head?.bytes.subarray(0, head.length), batch.bytes.subarray(0, batch.length)];
    this.frame = Buffer.concat(parts.filter((part) => part !== undefined));
    this.frameLength = this.frame.length;
    this.openNext();
  }

  private openNext(): void {
    const { device, folder } = this.options;
    const previous = this.descriptor;
    const number = previous < 0 ? this.file : this.file + 1;
    device.open(spoolPath(folder, number), (error, descriptor) => {
      if (error !== null) {
        this.failed(error);
        return;
      }
      this.descriptor = descriptor;
      this.file = number;
      this.offset = 0;
      if (previous >= 0) device.close(previous, () => undefined);
      this.write();
    });
  }

  private write(): void {
    const { frame, frameWritten } = this;
    const left = this.frameLength - frameWritten;
    this.options.device.write(this.descriptor, frame!, frameWritten, left, this.offset + frameWritten, this.onWrite);
  }

  private readonly onWrite = (error: NodeJS.ErrnoException | null, written: number): void => {
    if (error !== null) {
      this.failed(error);
      return;
    }
    this.frameWritten += written;
    if (this.frameWritten < this.frameLength) this.write();
    else if (this.options.fsync) this.options.device.sync(this.descriptor, this.onSync);
    else this.complete();
  };

  private readonly onSync = (error: NodeJS.ErrnoException | null): void => {
    if (error === null) this.complete();
    else this.failed(error);
  };

  private complete(): void {
    this.offset += this.frameLength;
    this.writtenTotal += this.frameLength;
    this.lastFlushMs = performance.now() - this.startedMs;
    this.frame = null;
    if (this.frameBuffer!.bytes.length <= SPARE_BYTES_MAX) this.spare = this.frameBuffer;
    this.frameBuffer = null;
    this.writeTrouble = null;
    const done = this.inFlight;
    this.inFlight = [];
    this.options.onWritten(this.file, this.offset);
    for (const flushed of done) flushed(null);
    if (this.isDropping) this.tryResuming();
    // Without a timer under way, what has gathered had its time while this write was in flight.
    if (this.waiting.length > 0 || this.lazyTimer === null || this.isClosed) this.pump();
    if (this.frame === null) this.onIdle();
  }

  /** The frame stays and is tried again; meanwhile nobody is made to wait. */
  private failed(error: Error): void {
    this.writeTrouble = `the spool cannot be written: ${error.message}`;
    this.answerAll();
    if (this.isClosed) {
      this.onIdle();
      return;
    }
    this.retryTimer = setTimeout(this.onRetry, this.options.retryMs);
  }

  private readonly onRetry = (): void => {
    this.frameWritten = 0;
    if (this.descriptor < 0 || this.offset > this.options.fileBytesMax) {
      this.openNext();
      return;
    }
    // Half a frame may stand behind the last whole one; the next one could be shorter.
    this.options.device.truncate(this.descriptor, this.offset, (error) => {
      if (error === null) this.write();
      else this.failed(error);
    });
  };

  private answerAll(): void {
    const all = [...this.inFlight, ...this.waiting];
    this.inFlight = [];
    this.waiting = [];
    // Later: this may run inside of a call that records something, and they may want to record more.
    if (all.length > 0) setImmediate(() => all.forEach((flushed) => this.answer(flushed)));
  }

  private answer(flushed: Flushed): void {
    if (this.options.onFailure === 'serve') flushed(null);
    else flushed(new Error(this.health.reason ?? 'the log is failing'));
  }
}
