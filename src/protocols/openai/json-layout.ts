/**
 * Where the parts of a JSON text stand, in bytes: enough to replace one value and leave every other byte alone.
 * This is no validator. Give it text that `JSON.parse` accepts; on other text it says -1 or null, or answers
 * with ranges that mean nothing, but it always ends and never reads outside the buffer.
 */

import { StringEnds } from './string-ends.ts';

/** A member of an object; ends are exclusive. */
export interface Member {
  readonly key: string;
  readonly valueStart: number;
  readonly valueEnd: number;
}

export interface ObjectLayout {
  /** Of the opening brace. */
  readonly start: number;
  /** After the closing brace. */
  readonly end: number;
  readonly members: readonly Member[];
  /** Start, end, start, end of the leading elements of the list that was asked for. */
  readonly elements: readonly number[];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const NO_RANGES: readonly number[] = [];

/**
 * The members of the object that starts at or after `start`, or null when there is none.
 *
 * @param listKey a member of this name that is an array has its leading elements noted in `elements`, on the way
 */
export function layoutOfObject(
  text: Buffer,
  start = 0,
  listKey: string | null = null,
  elementsMax = 0,
): ObjectLayout | null {
  const open = afterBlanks(text, start);
  if (text[open] !== OPEN_BRACE) return null;
  const strings = new StringEnds(text);
  const members: Member[] = [];
  let elements = NO_RANGES;
  let at = afterBlanks(text, open + 1);
  if (text[at] === CLOSE_BRACE) return { start: open, end: at + 1, members, elements };
  for (;;) {
    if (text[at] !== QUOTE) return null;
    const keyEnd = strings.after(at);
    if (keyEnd < 0) return null;
    const colon = afterBlanks(text, keyEnd);
    if (text[colon] !== COLON) return null;
    const valueStart = afterBlanks(text, colon + 1);
    const key = keyText(text, at, keyEnd);
    const ranges: number[] = [];
    const isList = key === listKey && text[valueStart] === OPEN_BRACKET;
    const valueEnd = isList
      ? endOfList(text, strings, valueStart, elementsMax, ranges)
      : endOfValue(text, strings, valueStart);
    if (valueEnd < 0) return null;
    if (key === listKey) elements = ranges;
    members.push({ key, valueStart, valueEnd });
    at = afterBlanks(text, valueEnd);
    if (text[at] === CLOSE_BRACE) return { start: open, end: at + 1, members, elements };
    if (text[at] !== COMMA) return null;
    at = afterBlanks(text, at + 1);
  }
}

/** Start, end, start, end of the elements of the array that starts at `start`, or null when there is none. */
export function layoutOfList(text: Buffer, start: number): readonly number[] | null {
  if (text[start] !== OPEN_BRACKET) return null;
  const ranges: number[] = [];
  return endOfList(text, new StringEnds(text), start, Number.POSITIVE_INFINITY, ranges) < 0 ? null : ranges;
}

/** The last member of a name: of several it is the one that `JSON.parse` keeps. */
export function lastMember(layout: ObjectLayout, key: string): Member | null {
  const { members } = layout;
  for (let index = members.length - 1; index >= 0; index--) if (members[index]!.key === key) return members[index]!;
  return null;
}

/** The first byte from `start` on that is no JSON white space; the length of the text when there is none. */
function afterBlanks(text: Buffer, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const byte = text[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

/** As `endOfValue`, for an array, noting where its first elements are. */
function endOfList(text: Buffer, strings: StringEnds, start: number, elementsMax: number, ranges: number[]): number {
  let at = afterBlanks(text, start + 1);
  while (at < text.length && text[at] !== CLOSE_BRACKET) {
    const end = endOfValue(text, strings, at);
    if (end < 0) return -1;
    if (ranges.length < 2 * elementsMax) ranges.push(at, end);
    at = afterBlanks(text, end);
    if (text[at] === COMMA) at = afterBlanks(text, at + 1);
  }
  return at < text.length ? at + 1 : -1;
}

/** The end of the value that starts at `start`, or -1 when the text is over before the value is. */
function endOfValue(text: Buffer, strings: StringEnds, start: number): number {
  const first = text[start];
  if (first === QUOTE) return strings.after(start);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return endOfLiteral(text, start);
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const byte = text[at];
    if (byte === QUOTE) {
      at = strings.after(at);
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

function keyText(text: Buffer, start: number, end: number): string {
  const raw = text.toString('utf8', start + 1, end - 1);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}
