/**
 * Takes the routing instructions out of a chat: those of the latest user message are to be followed, and those of all
 * user messages go, for they are none of a model's business. Only the texts that hold one are printed anew; all other
 * bytes stay as they were.
 *
 * A body can repeat a key, and parsers differ in which one they take. So all of them are cleaned, and a message is the
 * user's when any of its roles says so; followed is what `JSON.parse` takes, the last.
 */
import type { Instruction } from '../../router/steering.ts';
import { cutMarkers, INSTRUCTIONS_MAX } from '../conversation/markers.ts';
import { lastMember, layoutOfList, layoutOfObject, type ObjectLayout } from './json-layout.ts';
import { JsonText } from './json-text.ts';
import { editList, type ElementEdits } from './list-edits.ts';
import { problem, type RequestProblem } from './request-problem.ts';
import { splice, type Edit } from './splice.ts';

/** A chat with markers. */
export interface MarkedBody {
  readonly kind: 'marked';
  /** Of the latest user message, in order of standing; those of earlier ones are over. */
  readonly instructions: readonly Instruction[];
  /** The body without markers. */
  readonly body: Buffer;
}

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const ROLE_BYTES_MAX = 64;
const TEXT_PARTS: ReadonlySet<unknown> = new Set([undefined, 'text', 'input_text']);
const NO_EDITS: readonly Edit[] = [];
const NO_INSTRUCTIONS: readonly Instruction[] = [];

/**
 * Reads the instructions of a chat and takes them out. Markers alone in a message take the message along, and alone in a
 * part of one the part; a chat of nothing else is a problem.
 *
 * @param body is not changed
 * @returns null when there is nothing to take out, also for what is no chat at all
 */
export function readMarkers(body: Buffer): MarkedBody | RequestProblem | null {
  if (!mayHoldMarker(body, 0, body.length)) return null;
  const text = new JsonText(body);
  const layout = layoutOfObject(text);
  if (layout === null) return null;
  const taken = lastMember(layout, 'messages');
  const edits: Edit[] = [];
  let instructions = NO_INSTRUCTIONS;
  let isEmptied = false;
  let isOverfull = false;
  for (const { key, valueStart, valueEnd } of layout.members) {
    const ranges = key === 'messages' ? layoutOfList(text, valueStart, valueEnd) : null;
    if (ranges === null) continue;
    const chat = new ChatCleaner(text);
    const { edits: found, kept } = editList(ranges, (start, end) => chat.editsOfMessage(start, end));
    // A loop: a spread of so many arguments would not fit on the stack.
    for (const edit of found) edits.push(edit);
    if (valueStart !== taken?.valueStart) continue;
    instructions = chat.instructions;
    isOverfull = chat.isOverfull;
    isEmptied = kept === 0 && found.length > 0;
  }
  // What is no JSON has no layout that means anything; `parseRequest` says so.
  if (edits.length === 0 || !isJson(text)) return null;
  if (isOverfull) {
    const most = `A message can hold at most ${INSTRUCTIONS_MAX} routing instructions; nothing was sent or remembered.`;
    return problem('invalid_value', 'messages', most);
  }
  if (isEmptied) {
    return problem(
      'NO_STANDARDIZED_REQUEST',
      'messages',
      "Nothing is left of 'messages' without the routing instructions, so nothing was sent and nothing is remembered: give them together with a request.",
    );
  }
  return { kind: 'marked', instructions, body: splice(body, edits) };
}

/** True when a user message of the chat holds an instruction: for clients whose instructions are refused. */
export function holdsMarkers(body: Buffer): boolean {
  return readMarkers(body) !== null;
}

/** Each character of `<**` can also be written by its number; a star written so is rare enough to be looked into. */
const ESCAPED_OPENINGS = ['\\u003c**', '\\u003C**', '\\u002a', '\\u002A'] as const;

function mayHoldMarker(body: Buffer, start: number, end: number): boolean {
  const bytes = start === 0 && end === body.length ? body : body.subarray(start, end);
  if (bytes.includes('<**')) return true;
  // From the end: such a search goes from nought to nought, which prompts have fewer of than backslashes.
  return bytes.lastIndexOf('\\u00') >= 0 && ESCAPED_OPENINGS.some((opening) => bytes.includes(opening));
}

/** Goes through the messages of one list. */
class ChatCleaner {
  /** Of the latest user message so far. */
  instructions = NO_INSTRUCTIONS;
  private readonly text: JsonText;
  private readonly body: Buffer;
  /** That message holds more than can be followed. */
  isOverfull = false;
  /** Of the content that is being read. */
  private found: Instruction[] = [];
  private foundMore = false;

  constructor(text: JsonText) {
    this.text = text;
    this.body = text.bytes;
  }

  editsOfMessage(start: number, end: number): ElementEdits {
    const { body } = this;
    const message = this.layoutOf(start, end);
    if (message === null) return NO_EDITS;
    const roles = message.members.filter(({ key }) => key === 'role');
    const isUser = roles.map(({ valueStart, valueEnd }) => shortText(body, valueStart, valueEnd) === 'user');
    if (!isUser.includes(true)) return NO_EDITS;
    // The instructions of a message hold until the next one of the user, also when that has none.
    if (isUser.at(-1) === true) {
      this.instructions = NO_INSTRUCTIONS;
      this.isOverfull = false;
    }
    if (!mayHoldMarker(body, start, end)) return NO_EDITS;

    const edits: Edit[] = [];
    let isLeftEmpty = false;
    for (const { key, valueStart, valueEnd } of message.members) {
      if (key !== 'content') continue;
      this.found = [];
      this.foundMore = false;
      const content = this.editsOfContent(valueStart, valueEnd);
      for (const edit of content.edits) edits.push(edit);
      isLeftEmpty = content.edits.length > 0 && content.isEmpty;
    }
    if (isUser.at(-1) === true) {
      this.instructions = this.found;
      this.isOverfull = this.foundMore;
    }
    return isLeftEmpty ? null : edits;
  }

  private editsOfContent(start: number, end: number): { readonly edits: readonly Edit[]; readonly isEmpty: boolean } {
    const { body } = this;
    if (body[start] === QUOTE) {
      const text = this.cut(start, end);
      return text === null
        ? { edits: NO_EDITS, isEmpty: false }
        : { edits: [printed(start, end, text)], isEmpty: isBlank(text) };
    }
    let hasMore = false;
    const { edits } = editList(layoutOfList(this.text, start, end) ?? [], (partStart, partEnd) => {
      const part = this.editsOfPart(partStart, partEnd);
      if (part !== null && !this.isBlankPart(partStart, partEnd)) hasMore = true;
      return part;
    });
    return { edits, isEmpty: !hasMore };
  }

  private editsOfPart(start: number, end: number): ElementEdits {
    const { body } = this;
    if (!mayHoldMarker(body, start, end)) return NO_EDITS;
    if (body[start] === QUOTE) {
      const text = this.cut(start, end);
      return text === null ? NO_EDITS : isBlank(text) ? null : [printed(start, end, text)];
    }
    const part = this.layoutOf(start, end);
    if (part === null) return NO_EDITS;
    const edits: Edit[] = [];
    let isLeftEmpty = false;
    for (const { key, valueStart, valueEnd } of part.members) {
      const text = key === 'text' ? this.cut(valueStart, valueEnd) : null;
      if (text !== null) edits.push(printed(valueStart, valueEnd, text));
      if (key === 'text') isLeftEmpty = text !== null && isBlank(text);
    }
    return isLeftEmpty && isTextPart(body, part) ? null : edits;
  }

  /** True for a part that was blank before: nothing is taken out of it, but it makes no message either. */
  private isBlankPart(start: number, end: number): boolean {
    const { body } = this;
    if (body[start] === QUOTE) return isBlank(textOf(body, start, end));
    const part = this.layoutOf(start, end);
    const text = part === null ? null : lastMember(part, 'text');
    return text !== null && isTextPart(body, part) && isBlank(textOf(body, text.valueStart, text.valueEnd));
  }

  private layoutOf(start: number, end: number): ObjectLayout | null {
    return this.body[start] === OPEN_BRACE ? layoutOfObject(this.text, start, end) : null;
  }

  /** The text of a JSON string without its markers, which are noted; null when it has none, or is no string. */
  private cut(start: number, end: number): string | null {
    const { body } = this;
    if (body[start] !== QUOTE || !mayHoldMarker(body, start, end)) return null;
    const text = textOf(body, start, end);
    const cut = text === null ? null : cutMarkers(text);
    if (cut === null) return null;
    const room = INSTRUCTIONS_MAX - this.found.length;
    if (cut.hasMore || cut.instructions.length > room) this.foundMore = true;
    this.found.push(...cut.instructions.slice(0, room));
    return cut.rest;
  }
}

function printed(start: number, end: number, text: string): Edit {
  return { start, end, by: JSON.stringify(text) };
}

function isBlank(text: string | null): boolean {
  return text?.trim() === '';
}

/** It has nothing to say but its text: what has an image besides stays. */
function isTextPart(body: Buffer, part: ObjectLayout | null): boolean {
  if (part === null) return false;
  const type = lastMember(part, 'type');
  return TEXT_PARTS.has(type === null ? undefined : shortText(body, type.valueStart, type.valueEnd));
}

function shortText(body: Buffer, start: number, end: number): string | null {
  return end - start > ROLE_BYTES_MAX ? null : textOf(body, start, end);
}

function textOf(body: Buffer, start: number, end: number): string | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8', start, end));
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

function isJson(text: JsonText): boolean {
  try {
    text.parse();
    return true;
  } catch {
    return false;
  }
}
