/**
 * Whose memory a request belongs to: that of a session, a conversation, an earlier request, or only its own. Clients say
 * so in many ways; the first scope that is named anywhere counts, and within it headers go before fields of the body,
 * and those before `metadata`.
 */
import type { SessionScope } from '../../router/steering.ts';
import { boundedId, filledText } from './bounded-text.ts';
import { isRecord, type JsonRecord } from './json-record.ts';
import type { RequestHeaders } from './request-headers.ts';

export interface FoundScope {
  readonly scope: SessionScope;
  /** The client's own name for it, bounded; empty for `request`, whose id the proxy gives. */
  readonly id: string;
}

type NamedScope = Exclude<SessionScope, 'request'>;

/** Without `-` and `_`, in lower case, in order of standing: the pool's own first. */
const HEADERS: Readonly<Record<NamedScope, readonly string[]>> = {
  session: ['xtokenpoolsession', 'xtokenpoolsessionid', 'sessionid', 'xsessionid', 'anthropicsessionid'],
  conversation: [
    'xtokenpoolconversation',
    'xtokenpoolconversationid',
    'conversationid',
    'xconversationid',
    'anthropicconversationid',
    'openaiconversationid',
  ],
  resume: ['xtokenpoolresume'],
};
/** Most headers are none of these, and are not looked at further. */
const HEADER_HINT = /session|conversation|resume/i;

const FIELDS = {
  session: ['session_id', 'sessionId'],
  conversation: ['conversation_id', 'conversationId', 'conversation'],
} as const;

/** Claude Code's clients write `user_..._account_..._session_ID` into `metadata.user_id`. */
const SESSION_IN_USER = '_session_';

const NO_METADATA: JsonRecord = {};

/** The nearest scope that the call names. */
export function findScope(body: JsonRecord, headers: RequestHeaders): FoundScope {
  const named = hintingNames(headers);
  const { metadata: given } = body;
  const metadata = isRecord(given) ? given : NO_METADATA;
  const session = fromHeaders('session', headers, named) ?? fromFields('session', body, metadata) ?? ofUser(metadata);
  if (session !== null) return { scope: 'session', id: boundedId(session) };
  const conversation = fromHeaders('conversation', headers, named) ?? fromFields('conversation', body, metadata);
  if (conversation !== null) return { scope: 'conversation', id: boundedId(conversation) };
  const resumed = fromHeaders('resume', headers, named) ?? resumedRequest(body, metadata);
  if (resumed !== null) return { scope: 'resume', id: boundedId(resumed) };
  return { scope: 'request', id: '' };
}

/**
 * The name of the memory, bound to the client key, so that equal ids of two clients are two memories. That of a
 * `request` ends where its id is to be put: then it is the name under which a later request resumes it.
 */
export function scopeIdOf({ scope, id }: FoundScope, client: string): string {
  return `${client}:${scope === 'request' ? 'resume' : scope}:${id}`;
}

/** A plain loop, as this is done for every call. */
function hintingNames(headers: RequestHeaders): readonly string[] {
  const names: string[] = [];
  for (const name in headers) if (HEADER_HINT.test(name)) names.push(name);
  return names;
}

function fromHeaders(scope: NamedScope, headers: RequestHeaders, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  for (const wanted of HEADERS[scope]) {
    for (const name of names) {
      if (name.toLowerCase().replaceAll(/[-_]/g, '') !== wanted) continue;
      const found = filledText(headers[name]);
      if (found !== null) return found;
    }
  }
  return null;
}

function fromFields(scope: 'session' | 'conversation', body: JsonRecord, metadata: JsonRecord): string | null {
  return fromRecord(scope, body) ?? (metadata === NO_METADATA ? null : fromRecord(scope, metadata));
}

function fromRecord(scope: 'session' | 'conversation', record: JsonRecord): string | null {
  for (const field of FIELDS[scope]) {
    const value = record[field];
    // OpenAI's own form of a conversation is an object.
    const found = filledText(isRecord(value) ? value['id'] : value);
    if (found !== null) return found;
  }
  return null;
}

function ofUser(metadata: JsonRecord): string | null {
  const user = filledText(metadata['user_id']);
  const at = user?.lastIndexOf(SESSION_IN_USER) ?? -1;
  return user === null || at < 0 ? null : filledText(user.slice(at + SESSION_IN_USER.length));
}

function resumedRequest(body: JsonRecord, metadata: JsonRecord): string | null {
  const { responsesResume: resume } = metadata;
  return (
    filledText(body['previous_response_id']) ??
    filledText(isRecord(resume) ? resume['previousRequestId'] : null) ??
    filledText(metadata['previousRequestId'])
  );
}
