/**
 * What a client says of its call besides the prompt: class, priority and session. The headers for class and priority
 * are the pool's own, so a word there that is none of theirs is a mistake and refused. `metadata` belongs to the client:
 * what is not a word of ours there means something to somebody else, and nothing here.
 */
import { createHash } from 'node:crypto';
import type { RouterRequest } from '../../router/contract.ts';
import { isRecord, type JsonRecord } from './json-record.ts';

/** As Node's HTTP server gives them: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

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
/** Longer session ids are kept as their SHA-256. */
const SESSION_LENGTH_MAX = 128;

/** The first header that says something else than {@link HEADER_WORDS}; null when none does. */
export function wrongHeader(headers: RequestHeaders): WordHeader | null {
  for (const header of WORD_HEADERS) {
    const said = text(headers[header]);
    if (said !== null && !(HEADER_WORDS[header] as readonly string[]).includes(plain(said))) return header;
  }
  return null;
}

/**
 * A header of the pool's own goes before a field of the body. The session is the first non-empty text of: header
 * `x-token-pool-session`, `metadata.session_id`, `prompt_cache_key`, `user`. It is kept as `scope:session`, so that
 * equal names of two clients are two sessions.
 *
 * @param headers in which {@link wrongHeader} finds nothing
 * @param scope the client key
 */
export function readTraits(body: JsonRecord, headers: RequestHeaders, scope: string): RequestTraits {
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
  const session =
    text(headers['x-token-pool-session']) ??
    text(metadata['session_id']) ??
    text(body['prompt_cache_key']) ??
    text(body['user']);
  return {
    declaredClass: headerWord(headers, 'x-token-pool-class') ?? word(metadata['class']),
    declaredPriority: headerWord(headers, 'x-token-pool-priority') ?? word(metadata['priority']),
    sessionId: session === null ? null : `${scope}:${bounded(session)}`,
  };
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

function bounded(session: string): string {
  return session.length <= SESSION_LENGTH_MAX ? session : createHash('sha256').update(session).digest('hex');
}
