const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FOUR_QUOTES = 0x22222222;
const FOUR_ONES = 0x01010101;
const FOUR_HIGH_BITS = 0x80808080 | 0;

/**
 * Finds where strings of a JSON text end, four bytes at a time: prompts are long, and full of escaped quotes that end
 * nothing, so that a call into native code for each quote would cost more than the search.
 */
export class StringEnds {
  private readonly bytes: Buffer;
  /** The whole words of the same memory, from the one that holds the first byte. */
  private readonly words: Int32Array;
  /** Where in its word the first byte stands. */
  private readonly shift: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.shift = bytes.byteOffset & 3;
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset - this.shift, (this.shift + bytes.length) >> 2);
  }

  /**
   * The place behind the closing quote, or -1 when the text is over before.
   *
   * @param start of the opening quote
   */
  after(start: number): number {
    const { bytes, words, shift } = this;
    const first = start + 1;
    let word = (first + shift) >> 2;
    const wordsEnd = words.length;
    for (; word < wordsEnd; word++) {
      // A byte that was a quote is zero now, and this tells whether a word has a zero byte (Lamport 1975; Warren,
      // Hacker's Delight, 6-1).
      const difference = words[word]! ^ FOUR_QUOTES;
      if (((difference - FOUR_ONES) & ~difference & FOUR_HIGH_BITS) === 0) continue;
      const wordStart = (word << 2) - shift;
      for (let at = Math.max(first, wordStart); at < wordStart + 4; at++) {
        if (bytes[at] === QUOTE && !isEscaped(bytes, first, at)) return at + 1;
      }
    }
    for (let at = Math.max(first, (word << 2) - shift); at < bytes.length; at++) {
      if (bytes[at] === QUOTE && !isEscaped(bytes, first, at)) return at + 1;
    }
    return -1;
  }
}

/** An odd number of backslashes stands before it. No backslash is looked at for two quotes, so this stays linear. */
function isEscaped(bytes: Buffer, first: number, quote: number): boolean {
  let at = quote - 1;
  while (at >= first && bytes[at] === BACKSLASH) at--;
  return (quote - at) % 2 === 0;
}
