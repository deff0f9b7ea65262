/**
 * What a client says of its call besides the prompt: class, priority and session. The headers for class and priority
 * are the pool's own, so a word there that is none of theirs is a mistake and refused. `metadata` belongs to the client:
 * what is not a word of ours there means something to somebody else, and nothing here.
 */
import type { RouterRequest } from '../../router/contract.ts';
import { boundedId, filledText } from './bounded-text.ts';
import { isRecord, type JsonRecord } from './json-record.ts';
import type { RequestHeaders } from './request-headers.ts';
import { findScope } from './session-scope.ts';

export type RequestTraits = Pick<RouterRequest, 'declaredClass' | 'declaredPriority' | 'sessionId'>;

/** What the pool's own headers may say, whatever the case. */
export const HEADER_WORDS = {
  'x-token-pool-class': ['chat', 'long', 'background', 'balanced'],
  'x-token-pool-priority': ['low', 'normal', 'high'],
} as const;
export type WordHeader = keyof typeof HEADER_WORDS;
const WORD_HEADERS = Object.keys(HEADER_WORDS) as readonly WordHeader[];

/** Longer words can mean nothing to the core and have no place in its state or log. */
const WORD_LENGTH_MAX = 64;

/** The first header that says something else than {@link HEADER_WORDS}; null when none does. */
export function wrongHeader(headers: RequestHeaders): WordHeader | null {
  for (const header of WORD_HEADERS) {
    const said = text(headers[header]);
    if (said !== null && !(HEADER_WORDS[header] as readonly string[]).includes(plain(said))) return header;
  }
  return null;
}

/**
 * A header of the pool's own goes before a field of the body. The session is the session or conversation that
 * {@link findScope} finds, else `prompt_cache_key`, else `user`: these two tell whose cache may be warm, but are no name
 * for a memory. It is kept as `scope:session`, so that equal names of two clients are two sessions.
 *
 * @param headers in which {@link wrongHeader} finds nothing
 * @param scope the client key
 */
export function readTraits(body: JsonRecord, headers: RequestHeaders, scope: string): RequestTraits {
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
  const session = sessionOf(body, headers);
  return {
    declaredClass: headerWord(headers, 'x-token-pool-class') ?? word(metadata['class']),
    declaredPriority: headerWord(headers, 'x-token-pool-priority') ?? word(metadata['priority']),
    sessionId: session === null ? null : `${scope}:${session}`,
  };
}

function sessionOf(body: JsonRecord, headers: RequestHeaders): string | null {
  const found = findScope(body, headers);
  if (found.scope === 'session' || found.scope === 'conversation') return found.id;
  const fallback = filledText(body['prompt_cache_key']) ?? filledText(body['user']);
  return fallback === null ? null : boundedId(fallback);
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function headerWord(headers: RequestHeaders, header: WordHeader): string | null {
  const said = text(headers[header]);
  return said === null ? null : plain(said);
}

function plain(said: string): string {
  return said.trim().toLowerCase();
}

function word(value: unknown): string | null {
  const found = text(value);
  return found === null || found.length > WORD_LENGTH_MAX ? null : found;
}
