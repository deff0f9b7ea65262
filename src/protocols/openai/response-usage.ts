/** What a whole answer, not a stream, says: usage, an error in disguise, or nothing that a client can use. */
import { lastMember, layoutOfObject } from './json-layout.ts';
import { isRecord } from './json-record.ts';
import { JsonText } from './json-text.ts';
import type { Endpoint } from './parse-request.ts';
import { readProviderError, type ProviderError } from './provider-error.ts';
import { readUsage, type Usage } from './usage.ts';

export type AnswerReading =
  /** `usage` null: the provider did not count. */
  | { readonly kind: 'answer'; readonly usage: Usage | null }
  | { readonly kind: 'error'; readonly error: ProviderError }
  /** Outcome `failure` with code `bad_upstream_body`. */
  | { readonly kind: 'bad'; readonly reason: BadBody };

/** `not_an_answer`: good JSON without `choices` (chat) or `data` (embeddings). */
export type BadBody = 'wrong_content_type' | 'truncated_json' | 'not_json' | 'not_an_answer';

const JSON_TYPE = /^\s*(?:application\/(?:[\w.-]+\+)?json|text\/json)\s*(?:;|$)/i;
/** Vectors make the answers of embeddings long; below this many bytes parsing in full is cheap enough. */
const PARSED_BYTES_MAX = 65_536;

/**
 * @param contentType the header; null, as some local servers have it, is let pass
 */
export function readAnswer(body: Buffer, contentType: string | null, endpoint: Endpoint): AnswerReading {
  if (contentType !== null && !JSON_TYPE.test(contentType)) return { kind: 'bad', reason: 'wrong_content_type' };
  return endpoint === 'embeddings' && body.length > PARSED_BYTES_MAX
    ? readLongVectors(body)
    : readParsed(body, endpoint);
}

function readParsed(body: Buffer, endpoint: Endpoint): AnswerReading {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch {
    // Whole as far as braces and quotes go, and yet no JSON: then it is not the end that is missing.
    return {
      kind: 'bad',
      reason: layoutOfObject(new JsonText(body)) === null && startsObject(body) ? 'truncated_json' : 'not_json',
    };
  }
  if (!isRecord(answer)) return { kind: 'bad', reason: 'not_an_answer' };
  const content = answer[endpoint === 'chat' ? 'choices' : 'data'];
  if (Array.isArray(content)) return { kind: 'answer', usage: readUsage(answer['usage']) };
  const error = readProviderError(answer);
  return error === null ? { kind: 'bad', reason: 'not_an_answer' } : { kind: 'error', error };
}

/** Finds the parts by their braces, and parses only the usage. */
function readLongVectors(body: Buffer): AnswerReading {
  const layout = layoutOfObject(new JsonText(body));
  if (layout === null) return { kind: 'bad', reason: startsObject(body) ? 'truncated_json' : 'not_json' };
  const usage = lastMember(layout, 'usage');
  if (lastMember(layout, 'data') === null) return { kind: 'bad', reason: 'not_an_answer' };
  if (usage === null) return { kind: 'answer', usage: null };
  try {
    return { kind: 'answer', usage: readUsage(JSON.parse(body.toString('utf8', usage.valueStart, usage.valueEnd))) };
  } catch {
    return { kind: 'bad', reason: 'not_json' };
  }
}

function startsObject(body: Buffer): boolean {
  return body.toString('latin1', 0, 64).trimStart().startsWith('{');
}
