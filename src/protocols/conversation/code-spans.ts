/**
 * Where a text holds code, as Markdown marks it: fenced blocks (``` or ~~~, any indentation, to the end of the text when
 * never closed) and code spans (a run of backticks up to the next run of the same length within the paragraph).
 * All of it in linear time: text comes from clients, and may be made of nothing but backticks.
 */
const LF = 0x0a;
const BACKTICK = 0x60;
const TILDE = 0x7e;
const FENCE_LENGTH_MIN = 3;

/** Answers for places in one text that are asked from left to right. */
export class CodeSpans {
  private readonly text: string;
  private paragraphEnd = 0;
  /** Of the paragraph: where the last run of each length starts. */
  private readonly lastRuns = new Map<number, number>();

  constructor(text: string) {
    this.text = text;
  }

  /**
   * The end of the code that starts at a run of backticks or tildes, or -1 when it starts none.
   *
   * @param at of the first character of the run
   * @param isLineStart nothing but blanks stands before it in its line
   */
  endAfter(at: number, isLineStart: boolean): number {
    const { text } = this;
    const length = runLength(text, at);
    if (isLineStart && opensFence(text, at, length)) return fenceEnd(text, at, length);
    return text.charCodeAt(at) === BACKTICK ? this.spanEnd(at, length) : -1;
  }

  private spanEnd(at: number, length: number): number {
    if (at >= this.paragraphEnd) this.readParagraph(at);
    const last = this.lastRuns.get(length);
    if (last === undefined || last <= at) return -1;
    // There is one, and what is passed on the way to it is never looked at again.
    const { text } = this;
    let next = text.indexOf('`', at + length);
    for (;;) {
      const found = runLength(text, next);
      if (found === length) return next + found;
      next = text.indexOf('`', next + found);
    }
  }

  private readParagraph(at: number): void {
    const { text, lastRuns } = this;
    const end = paragraphEnd(text, at);
    this.paragraphEnd = end;
    lastRuns.clear();
    for (let run = text.indexOf('`', at); run >= 0 && run < end;) {
      const length = runLength(text, run);
      lastRuns.set(length, run);
      run = text.indexOf('`', run + length);
    }
  }
}

/** True for the characters that code can start with. */
export function isCodeDelimiter(code: number): boolean {
  return code === BACKTICK || code === TILDE;
}

export function runLength(text: string, at: number): number {
  const code = text.charCodeAt(at);
  let end = at + 1;
  while (end < text.length && text.charCodeAt(end) === code) end++;
  return end - at;
}

function opensFence(text: string, at: number, length: number): boolean {
  if (length < FENCE_LENGTH_MIN) return false;
  if (text.charCodeAt(at) === TILDE) return true;
  // What follows names the language, and holds no backtick: else it is a code span.
  const tick = text.indexOf('`', at + length);
  return tick < 0 || tick >= lineEnd(text, at);
}

/** After the closing fence and its line end: the same character, no fewer of them, nothing else in the line. */
function fenceEnd(text: string, at: number, length: number): number {
  const code = text.charCodeAt(at);
  for (let line = lineEnd(text, at); line < text.length; line = lineEnd(text, line)) {
    const start = afterBlanks(text, line);
    if (text.charCodeAt(start) !== code) continue;
    const run = runLength(text, start);
    const rest = afterBlanks(text, start + run);
    if (run >= length && (rest === text.length || text.charCodeAt(rest) === LF)) return lineEnd(text, start);
  }
  return text.length;
}

/** Where the first empty line, or the first fence, after the line of `at` starts. */
function paragraphEnd(text: string, at: number): number {
  for (let line = lineEnd(text, at); line < text.length; line = lineEnd(text, line)) {
    const start = afterBlanks(text, line);
    const code = text.charCodeAt(start);
    if (start === text.length || code === LF) return line;
    if (isCodeDelimiter(code) && opensFence(text, start, runLength(text, start))) return line;
  }
  return text.length;
}

/** After the line end, or the end of the text. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

function afterBlanks(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0d) break;
  }
  return at;
}
