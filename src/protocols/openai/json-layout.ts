/**
 * Where the parts of a JSON text stand, in bytes: enough to replace one value and leave every other byte alone.
 * This is no validator. Give it text that `JSON.parse` accepts; on other text it says -1 or null, or answers
 * with ranges that mean nothing, but it always ends and never reads outside the buffer.
 */

import type { JsonText } from './json-text.ts';

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
 * @param end nothing from there on is read
 * @param listKey a member of this name that is an array has its leading elements noted in `elements`, on the way
 */
export function layoutOfObject(
  text: JsonText,
  start = 0,
  end = text.bytes.length,
  listKey: string | null = null,
  elementsMax = 0,
): ObjectLayout | null {
  const { bytes } = text;
  const open = afterBlanks(bytes, start, end);
  if (open >= end || bytes[open] !== OPEN_BRACE) return null;
  const members: Member[] = [];
  let elements = NO_RANGES;
  let at = afterBlanks(bytes, open + 1, end);
  if (at < end && bytes[at] === CLOSE_BRACE) return { start: open, end: at + 1, members, elements };
  while (at < end) {
    if (bytes[at] !== QUOTE) return null;
    const keyEnd = endOfString(text, at, end);
    if (keyEnd < 0) return null;
    const colon = afterBlanks(bytes, keyEnd, end);
    if (colon >= end || bytes[colon] !== COLON) return null;
    const valueStart = afterBlanks(bytes, colon + 1, end);
    const key = keyText(bytes, at, keyEnd);
    const ranges: number[] = [];
    const isList = key === listKey && bytes[valueStart] === OPEN_BRACKET;
    const valueEnd = isList ? endOfList(text, valueStart, end, elementsMax, ranges) : endOfValue(text, valueStart, end);
    if (valueEnd < 0) return null;
    if (key === listKey) elements = ranges;
    members.push({ key, valueStart, valueEnd });
    at = afterBlanks(bytes, valueEnd, end);
    if (at >= end) return null;
    if (bytes[at] === CLOSE_BRACE) return { start: open, end: at + 1, members, elements };
    if (bytes[at] !== COMMA) return null;
    at = afterBlanks(bytes, at + 1, end);
  }
  return null;
}

/** Start, end, start, end of the elements of the array that starts at `start`, or null when there is none. */
export function layoutOfList(text: JsonText, start: number, end: number): readonly number[] | null {
  if (start >= end || text.bytes[start] !== OPEN_BRACKET) return null;
  const ranges: number[] = [];
  return endOfList(text, start, end, Number.POSITIVE_INFINITY, ranges) < 0 ? null : ranges;
}

/** The last member of a name: of several it is the one that `JSON.parse` keeps. */
export function lastMember(layout: ObjectLayout, key: string): Member | null {
  const { members } = layout;
  for (let index = members.length - 1; index >= 0; index--) if (members[index]!.key === key) return members[index]!;
  return null;
}

/** The first byte from `start` on that is no JSON white space; `end` when there is none. */
function afterBlanks(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

/** As `endOfValue`, for an array, noting where its first elements are. */
function endOfList(text: JsonText, start: number, end: number, elementsMax: number, ranges: number[]): number {
  const { bytes } = text;
  let at = afterBlanks(bytes, start + 1, end);
  while (at < end && bytes[at] !== CLOSE_BRACKET) {
    const elementEnd = endOfValue(text, at, end);
    if (elementEnd < 0) return -1;
    if (ranges.length < 2 * elementsMax) ranges.push(at, elementEnd);
    at = afterBlanks(bytes, elementEnd, end);
    if (at < end && bytes[at] === COMMA) at = afterBlanks(bytes, at + 1, end);
  }
  return at < end ? at + 1 : -1;
}

/** The end of the value that starts at `start`, or -1 when `end` comes before it. */
function endOfValue(text: JsonText, start: number, end: number): number {
  const { bytes } = text;
  const first = bytes[start];
  if (first === QUOTE) return endOfString(text, start, end);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return endOfLiteral(bytes, start, end);
  let depth = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = endOfString(text, at, end);
      if (at < 0) return -1;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at + 1;
    at++;
  }
  return -1;
}

function endOfString(text: JsonText, start: number, end: number): number {
  const found = text.stringEnd(start);
  return found > end ? -1 : found;
}

/** Numbers, true, false and null: up to what can follow a value. */
function endOfLiteral(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break;
  }
  return at > start ? at : -1;
}

function keyText(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('utf8', start + 1, end - 1);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}
