/**
 * Memory for the bodies that go to providers, used again and again. A prompt of some dozens of kilobytes is copied once
 * to put the model's name in. Left to the garbage collector, such copies wait outside its heap until it runs, and where
 * a proxy is not busy they are most of what makes it run: V8 then allows 8 MiB before it goes through the whole heap.
 */

/** Shorter ones are cut from the slabs that Node keeps for short buffers. */
const BYTES_MIN = 4_096;
/** Longer ones are too rare to keep. */
const BYTES_MAX = 1_048_576;
/** Kept of each size while nobody needs it, bytes. Sizes are powers of two, so 36 MiB in all at most. */
const IDLE_BYTES_MAX = 4_194_304;

export class BodyMemory {
  /** By the logarithm of their size. */
  private readonly idle: ArrayBufferLike[][] = [];
  /** What may come back. Weak, as not all of it does. */
  private readonly lent = new WeakSet<ArrayBufferLike>();

  /** A buffer of so many bytes that is the caller's until it is given back, if ever; what it holds is left over. */
  lend(bytes: number): Buffer {
    if (bytes < BYTES_MIN || bytes > BYTES_MAX) return Buffer.allocUnsafe(bytes);
    const exponent = sizeExponent(bytes);
    const memory = this.idle[exponent]?.pop() ?? Buffer.allocUnsafeSlow(2 ** exponent).buffer;
    this.lent.add(memory);
    return Buffer.from(memory, 0, bytes);
  }

  /** Nobody reads the body any more, here or in the operating system. Of what was not lent here nothing is kept. */
  giveBack({ buffer }: Buffer): void {
    if (!this.lent.delete(buffer)) return;
    const exponent = sizeExponent(buffer.byteLength);
    const idle = (this.idle[exponent] ??= []);
    if (idle.length < IDLE_BYTES_MAX / buffer.byteLength) idle.push(buffer);
  }
}

/** Of the smallest power of two that holds so many bytes. */
function sizeExponent(bytes: number): number {
  return 32 - Math.clz32(bytes - 1);
}
