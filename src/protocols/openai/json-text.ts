import { isAscii } from 'node:buffer';

const BACKSLASH = 0x5c;

/** The bytes of a JSON text, or of something that is to be one. Short-lived: it holds them twice. */
export class JsonText {
  readonly bytes: Buffer;
  /**
   * A character for each byte. Prompts are long and full of escaped quotes, which end nothing: to find the next quote,
   * V8 searches a text by itself, and a buffer with a call out of it.
   */
  private readonly characters: string;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.characters = bytes.toString('latin1');
  }

  /** @throws SyntaxError when it is no JSON */
  parse(): unknown {
    return JSON.parse(isAscii(this.bytes) ? this.characters : this.bytes.toString('utf8')) as unknown;
  }

  /**
   * The place behind the closing quote of a string, or -1 when the text is over before.
   *
   * @param start of the opening quote
   */
  stringEnd(start: number): number {
    const { bytes, characters } = this;
    const first = start + 1;
    let quote = characters.indexOf('"', first);
    while (quote > first && bytes[quote - 1] === BACKSLASH && isEscaped(bytes, first, quote)) {
      quote = characters.indexOf('"', quote + 1);
    }
    return quote < 0 ? -1 : quote + 1;
  }
}

/** An odd number of backslashes stands before it. No backslash is looked at for two quotes, so this stays linear. */
function isEscaped(bytes: Buffer, first: number, quote: number): boolean {
  let at = quote - 1;
  while (at >= first && bytes[at] === BACKSLASH) at--;
  return (quote - at) % 2 === 0;
}
