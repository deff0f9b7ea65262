/** What one server-sent event of a chat stream says. */
import { isRecord, type JsonRecord } from './json-record.ts';
import { readProviderError, type ProviderError } from './provider-error.ts';
import { readUsage, type Usage } from './usage.ts';

export type StreamEvent =
  /** A comment, or fields without data. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'done' }
  /** Data that is no JSON object. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'error'; readonly error: ProviderError }
  | {
      readonly kind: 'chunk';
      /** Carries text, reasoning, a tool call: anything but the role. */
      readonly hasContent: boolean;
      readonly finishReason: string | null;
      readonly usage: Usage | null;
      /** Usage and no choices: the event that `include_usage` adds. */
      readonly isUsageOnly: boolean;
    };

const EMPTY: StreamEvent = { kind: 'empty' };
const DONE: StreamEvent = { kind: 'done' };
const MALFORMED: StreamEvent = { kind: 'malformed' };
const LINE_END = /\r\n|\n|\r/;

/** @param text one event, with or without the empty line after it */
export function readStreamEvent(text: string): StreamEvent {
  let data: string | null = null;
  let isErrorEvent = false;
  for (const line of text.split(LINE_END)) {
    if (line.startsWith('data:')) {
      const value = line.slice(line[5] === ' ' ? 6 : 5);
      data = data === null ? value : `${data}\n${value}`;
    } else if (line.startsWith('event:')) {
      isErrorEvent = line.slice(6).trim() === 'error';
    }
  }
  if (data === null || data === '') return EMPTY;
  // The official client, too, looks at the start only.
  if (data.startsWith('[DONE]')) return DONE;
  let chunk: unknown;
  try {
    chunk = JSON.parse(data);
  } catch {
    return MALFORMED;
  }
  return isRecord(chunk) ? readChunk(chunk, isErrorEvent) : MALFORMED;
}

function readChunk(chunk: JsonRecord, isErrorEvent: boolean): StreamEvent {
  const error = readProviderError(isErrorEvent && chunk['error'] === undefined ? { error: chunk } : chunk);
  if (error !== null) return { kind: 'error', error };
  const choices: readonly unknown[] = Array.isArray(chunk['choices']) ? chunk['choices'] : [];
  const groq = chunk['x_groq'];
  const usage = readUsage(chunk['usage'] ?? (isRecord(groq) ? groq['usage'] : null));
  let hasContent = false;
  let finishReason: string | null = null;
  for (const choice of choices) {
    if (!isRecord(choice)) continue;
    const reason = choice['finish_reason'];
    if (typeof reason === 'string' && reason !== '') finishReason = reason;
    hasContent ||= isFilled(choice['text']) || isContentDelta(choice['delta']);
  }
  return {
    kind: 'chunk',
    hasContent,
    finishReason,
    usage,
    isUsageOnly: usage !== null && Array.isArray(chunk['choices']) && choices.length === 0,
  };
}

/** Providers name what they stream in many ways, so anything filled counts, but for the role. */
function isContentDelta(delta: unknown): boolean {
  if (!isRecord(delta)) return false;
  for (const key in delta) if (key !== 'role' && isFilled(delta[key])) return true;
  return false;
}

function isFilled(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  return isRecord(value);
}
