/**
 * How large a prompt is, without tokenising it: that costs hundreds of microseconds a request. Real tokenisers
 * give about 4 bytes of UTF-8 a token for English text, 2 to 4 for code and most other scripts; the estimate is
 * for classes and budgets, which are settled with the provider's own count.
 */
import { isRecord, type JsonRecord } from './json-record.ts';
import { isImagePart } from './message-parts.ts';

const BYTES_PER_TOKEN = 4;
/** Role and separators of a message, as OpenAI's chat format counts them. */
const TOKENS_PER_MESSAGE = 4;
/** The start of the answer. */
const TOKENS_PER_PROMPT = 3;
/** An image of about 1 megapixel at high detail, and one at low detail, as OpenAI bills them. */
const TOKENS_PER_IMAGE = 765;
const TOKENS_PER_SMALL_IMAGE = 85;
/** Sound, files and whatever else a part may be. */
const TOKENS_PER_OTHER_PART = 500;

export interface PromptSize {
  /** Estimate, whole tokens, >= 0. */
  readonly tokens: number;
  readonly hasImage: boolean;
}

/** What the walk through one prompt adds up. */
interface Tally {
  textBytes: number;
  tokens: number;
  hasImage: boolean;
}

/**
 * @param jsonBytes length of what reaches the model as JSON besides the messages: tools and schemas
 */
export function chatSize(messages: readonly unknown[], jsonBytes: number): PromptSize {
  const tally: Tally = { textBytes: jsonBytes, tokens: TOKENS_PER_PROMPT, hasImage: false };
  for (const message of messages) {
    tally.tokens += TOKENS_PER_MESSAGE;
    if (isRecord(message)) addMessage(message, tally);
  }
  return { tokens: tally.tokens + Math.ceil(tally.textBytes / BYTES_PER_TOKEN), hasImage: tally.hasImage };
}

/**
 * The size of an embeddings input (text, texts, token ids or lists of token ids), or null when it is none of these.
 */
export function embeddingTokens(input: unknown): number | null {
  if (typeof input === 'string') return textTokens(input);
  if (!Array.isArray(input) || input.length === 0) return null;
  let tokens = 0;
  for (const item of input as unknown[]) {
    if (typeof item === 'string') tokens += textTokens(item);
    else if (typeof item === 'number') tokens += 1;
    else if (Array.isArray(item)) tokens += item.length;
    else return null;
  }
  return tokens;
}

function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

function addMessage(message: JsonRecord, tally: Tally): void {
  const { content, tool_calls: calls } = message;
  if (typeof content === 'string') tally.textBytes += Buffer.byteLength(content);
  else if (Array.isArray(content)) for (const part of content as unknown[]) addPart(part, tally);
  if (!Array.isArray(calls)) return;
  for (const call of calls as unknown[]) {
    const called = isRecord(call) ? call['function'] : null;
    if (!isRecord(called)) continue;
    tally.textBytes += lengthOf(called['name']) + lengthOf(called['arguments']);
  }
}

function addPart(part: unknown, tally: Tally): void {
  if (!isRecord(part)) return;
  const { text, refusal } = part;
  if (isImagePart(part)) {
    tally.hasImage = true;
    tally.tokens += isSmallImage(part) ? TOKENS_PER_SMALL_IMAGE : TOKENS_PER_IMAGE;
  } else if (typeof text === 'string' || typeof refusal === 'string') {
    tally.textBytes += lengthOf(text) + lengthOf(refusal);
  } else {
    tally.tokens += TOKENS_PER_OTHER_PART;
  }
}

function isSmallImage(part: JsonRecord): boolean {
  const image = part['image_url'];
  return (isRecord(image) ? image['detail'] : part['detail']) === 'low';
}

function lengthOf(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0;
}
