/**
 * Where the parts of a JSON text stand, in bytes: enough to replace one value and leave every other byte alone.
 * This is no validator. Give it text that `JSON.parse` accepts; on other text it says -1 or null, or answers
 * with ranges that mean nothing, but it always ends and never reads outside the buffer.
 */

/** A member of an object; ends are exclusive. The key's range includes its quotes. */
export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

export interface ObjectLayout {
  /** Of the opening brace. */
  readonly start: number;
  /** After the closing brace. */
  readonly end: number;
  readonly members: readonly Member[];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Bytes looked at one by one before the native search, which has a price for each call, takes over. */
const NEAR_BYTES = 64;

/** The members of the object that starts at or after `start`, or null when there is none. */
export function layoutOfObject(text: Buffer, start = 0): ObjectLayout | null {
  const open = afterBlanks(text, start);
  if (text[open] !== OPEN_BRACE) return null;
  const members: Member[] = [];
  let at = afterBlanks(text, open + 1);
  if (text[at] === CLOSE_BRACE) return { start: open, end: at + 1, members };
  for (;;) {
    if (text[at] !== QUOTE) return null;
    const keyEnd = endOfString(text, at);
    if (keyEnd < 0) return null;
    const colon = afterBlanks(text, keyEnd);
    if (text[colon] !== COLON) return null;
    const valueStart = afterBlanks(text, colon + 1);
    const valueEnd = endOfValue(text, valueStart);
    if (valueEnd < 0) return null;
    members.push({ key: keyText(text, at, keyEnd), keyStart: at, valueStart, valueEnd });
    at = afterBlanks(text, valueEnd);
    if (text[at] === CLOSE_BRACE) return { start: open, end: at + 1, members };
    if (text[at] !== COMMA) return null;
    at = afterBlanks(text, at + 1);
  }
}

/**
 * The first elements of an array, as pairs of start and end in one flat list.
 *
 * @param start of the opening bracket; on anything else the list is empty
 * @param elementsMax >= 0
 */
export function leadingElements(text: Buffer, start: number, elementsMax: number): number[] {
  const ranges: number[] = [];
  if (text[start] !== OPEN_BRACKET) return ranges;
  let at = afterBlanks(text, start + 1);
  while (ranges.length < 2 * elementsMax && at < text.length && text[at] !== CLOSE_BRACKET) {
    const end = endOfValue(text, at);
    if (end < 0) return ranges;
    ranges.push(at, end);
    at = afterBlanks(text, end);
    if (text[at] !== COMMA) return ranges;
    at = afterBlanks(text, at + 1);
  }
  return ranges;
}

/** The first byte from `start` on that is no JSON white space; the length of the text when there is none. */
export function afterBlanks(text: Buffer, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const byte = text[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

/** The end of the value that starts at `start`, or -1 when the text is over before the value is. */
function endOfValue(text: Buffer, start: number): number {
  const first = text[start];
  if (first === QUOTE) return endOfString(text, start);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return endOfLiteral(text, start);
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const byte = text[at];
    if (byte === QUOTE) {
      at = endOfString(text, at);
      if (at < 0) return -1;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at + 1;
    at++;
  }
  return -1;
}

/** Numbers, true, false and null: up to what can follow a value. */
function endOfLiteral(text: Buffer, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const byte = text[at]!;
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break;
  }
  return at > start ? at : -1;
}

/** @param start of the opening quote */
function endOfString(text: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    const near = Math.min(at + NEAR_BYTES, text.length);
    while (at < near) {
      const byte = text[at];
      if (byte === QUOTE) return at + 1;
      at += byte === BACKSLASH ? 2 : 1;
    }
    if (at >= text.length) return -1;
    const quote = text.indexOf(QUOTE, at);
    if (quote < 0) return -1;
    let escapes = 0;
    while (quote - escapes > at && text[quote - escapes - 1] === BACKSLASH) escapes++;
    at = quote + 1;
    if (escapes % 2 === 0) return at;
  }
}

function keyText(text: Buffer, start: number, end: number): string {
  const raw = text.toString('utf8', start + 1, end - 1);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}
