/**
 * A growing buffer that takes numbers and texts one after the other, without making anything on the way: the proxy
 * writes its log on the thread that serves requests. A class, because calls to methods are cheap where closures
 * made on the way are not.
 */
import { NO_TEXT } from './spool-format.ts';

/** Up to here a loop of our own beats the call into native code. */
const SHORT_TEXT = 48;

export class BatchBuffer {
  length = 0;
  bytes: Buffer<ArrayBuffer>;
  private view: DataView;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for so many bytes more; what was written stays. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.bytes.length, this.length + count));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  u8(value: number): void {
    this.view.setUint8(this.length, value);
    this.length += 1;
  }

  u16(value: number): void {
    this.view.setUint16(this.length, value, true);
    this.length += 2;
  }

  u32(value: number): void {
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** A number or null; NaN stands for null. */
  optional(value: number | null): void {
    this.f64(value ?? NaN);
  }

  /** Overwrites four bytes written before. */
  patchU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  /** Length and bytes; makes room by itself. */
  text(value: string | null): void {
    if (value === null) {
      this.reserve(4);
      this.u32(NO_TEXT);
      return;
    }
    // Three bytes a UTF-16 unit at most.
    this.reserve(4 + 3 * value.length);
    const at = this.length;
    const from = at + 4;
    let end = value.length <= SHORT_TEXT ? this.ascii(value, from) : -1;
    if (end < 0) end = from + this.bytes.write(value, from, 'utf8');
    this.view.setUint32(at, end - from, true);
    this.length = end;
  }

  /** Where the text ends; -1 when it is not plain ASCII. */
  private ascii(value: string, from: number): number {
    const { view } = this;
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 127) return -1;
      view.setUint8(from + index, code);
    }
    return from + value.length;
  }
}
