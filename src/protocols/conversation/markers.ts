/**
 * Finds the routing instructions in a message, `<**...**>`, and takes them out. Those in code are part of the code and
 * stay, as does whatever does not fit the grammar.
 *
 * What is left reads as if nothing had been there:
 * - a line of nothing but markers goes with its line end (the last line with the one before it);
 * - at the start of a line the blanks behind a marker go, so that its indentation stays; at the end those before it;
 * - between words, blanks on either side become one; where there were none, none comes in, but to keep two backticks or
 *   two tildes apart: they could make code of what is none.
 *
 * What is left never holds a marker, not even one whose parts have only now come together, and none of its code is
 * other than before. Time and memory are linear in the length of the text.
 */
import type { Instruction } from '../../router/steering.ts';
import { CodeSpans, isCodeDelimiter } from './code-spans.ts';
import { isBodyCharacter, MARKER_LENGTH_MAX, parseMarkerBody } from './marker-grammar.ts';

/** What a message can hold; of one with more these are given, and it is said that there are more. */
export const INSTRUCTIONS_MAX = 64;

export interface CutText {
  /** In order of standing, at most {@link INSTRUCTIONS_MAX}. */
  readonly instructions: readonly Instruction[];
  /** There are more than that. */
  readonly hasMore: boolean;
  /** The text without its markers. */
  readonly rest: string;
}

const OPENING = '<**';
const CLOSING = '**>';
const DELIMITERS_LENGTH = OPENING.length + CLOSING.length;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const STAR = 0x2a;
const LESS = 0x3c;

/** Takes the markers out of a text; null when it has none. */
export function cutMarkers(text: string): CutText | null {
  // In `<**>` there is both, but nothing between.
  const opening = text.indexOf(OPENING);
  if (opening < 0 || text.indexOf(CLOSING, opening + OPENING.length) < 0) return null;
  const cutter = new MarkerCutter(text);
  if (!cutter.run()) return null;
  return { instructions: cutter.instructions, hasMore: cutter.hasMore, rest: cutter.rest() };
}

/** Copies a text character by character; at the end of a marker it goes back to where the marker began. */
class MarkerCutter {
  readonly instructions: Instruction[] = [];
  hasMore = false;
  private readonly text: string;
  private readonly kept: Uint16Array;
  private length = 0;
  private at = 0;
  /** Nothing but blanks stands before this place in its line: they need not be looked at again. */
  private indentEnd = 0;

  constructor(text: string) {
    this.text = text;
    this.kept = new Uint16Array(text.length);
  }

  /** False when there was nothing to take out. */
  run(): boolean {
    const { text } = this;
    const code = new CodeSpans(text);
    let isLineStart = true;
    let hasCut = false;
    while (this.at < text.length) {
      const character = text.charCodeAt(this.at);
      if (isCodeDelimiter(character)) {
        isLineStart = this.copyRun(code, isLineStart);
      } else if (character === STAR && text.startsWith(CLOSING, this.at) && this.dropMarker()) {
        hasCut = true;
        isLineStart = this.tidy();
      } else {
        isLineStart = character === LF || (isLineStart && (isBlank(character) || character === CR));
        this.copy(this.at + 1);
      }
    }
    return hasCut;
  }

  rest(): string {
    return Buffer.from(this.kept.buffer, 0, 2 * this.length).toString('utf16le');
  }

  /** Code, or the backticks or tildes that turn out to be none; true when the next character starts a line. */
  private copyRun(code: CodeSpans, isLineStart: boolean): boolean {
    const { text, at } = this;
    const end = code.endAfter(at, isLineStart);
    if (end >= 0) this.copy(end);
    else for (const run = text.charCodeAt(at); text.charCodeAt(this.at) === run;) this.copy(this.at + 1);
    return text.charCodeAt(this.at - 1) === LF;
  }

  private copy(end: number): void {
    while (this.at < end) this.kept[this.length++] = this.text.charCodeAt(this.at++);
  }

  /** When the closing characters that come next end a marker: steps over them, and takes the rest of it back. */
  private dropMarker(): boolean {
    const { kept, length } = this;
    const earliest = Math.max(0, length - (MARKER_LENGTH_MAX - DELIMITERS_LENGTH));
    let start = length;
    while (start > earliest && isBodyCharacter(kept[start - 1]!)) start--;
    const open = start - OPENING.length;
    if (open < 0 || kept[start - 1] !== STAR || kept[start - 2] !== STAR || kept[open] !== LESS) return false;
    const found = parseMarkerBody(String.fromCharCode(...kept.subarray(start, length)));
    if (found === null) return false;
    const room = INSTRUCTIONS_MAX - this.instructions.length;
    if (found.length > room) this.hasMore = true;
    this.instructions.push(...found.slice(0, room));
    this.length = open;
    this.at += CLOSING.length;
    return true;
  }

  /** Mends the place of a marker; true when the next character starts a line. */
  private tidy(): boolean {
    const { text, kept } = this;
    if (this.indentEnd > this.length) this.indentEnd = 0;
    let before = this.length;
    while (before > this.indentEnd && isBlank(kept[before - 1]!)) before--;
    const isLineStart = before === this.indentEnd || kept[before - 1] === LF;
    let after = this.at;
    while (isBlank(text.charCodeAt(after))) after++;
    const lineEnd = lineEndLength(text, after);

    if (isLineStart) {
      this.at = after;
      if (lineEnd < 0) this.indentEnd = this.length;
      else this.dropLine(before, lineEnd);
      return true;
    }
    const hasBlank = before < this.length || after > this.at;
    this.length = before;
    this.at = after;
    if (lineEnd < 0 && (hasBlank || this.wouldMakeCode())) kept[this.length++] = SPACE;
    return false;
  }

  /** @param before a place in the line with nothing but blanks before it */
  private dropLine(before: number, lineEnd: number): void {
    const { kept } = this;
    this.length = before;
    while (this.length > 0 && isBlank(kept[this.length - 1]!)) this.length--;
    this.indentEnd = this.length;
    this.at += lineEnd;
    if (lineEnd > 0 || this.length === 0) return;
    this.length--;
    if (kept[this.length - 1] === CR) this.length--;
  }

  private wouldMakeCode(): boolean {
    const next = this.text.charCodeAt(this.at);
    return isCodeDelimiter(next) && this.kept[this.length - 1] === next;
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** 1 or 2, 0 at the end of the text, -1 when there is no line end. */
function lineEndLength(text: string, at: number): number {
  if (at >= text.length) return 0;
  const code = text.charCodeAt(at);
  if (code === LF) return 1;
  return code === CR && text.charCodeAt(at + 1) === LF ? 2 : -1;
}
