/**
 * Headers across the proxy, both ways by a list of what may pass: a client's credentials and cookies are none of the
 * provider's business, hop-by-hop headers belong to one connection, and new names appear faster than they could be
 * forbidden.
 */

/** How a provider wants its key: `Authorization: Bearer`, in a header of its own (Azure: `api-key`), or not at all. */
export type ProviderAuth =
  | { readonly kind: 'bearer'; readonly secret: string }
  | { readonly kind: 'header'; readonly name: string; readonly secret: string }
  | { readonly kind: 'none' };

export interface HeaderSet {
  /** The headers of one call as a flat list of names and values, with what passes of the client's. */
  forCall(client: Readonly<Record<string, string | readonly string[] | undefined>>): string[];
}

/** Passed on from the client to every provider; a provider's configuration may add others. */
const PASSED_TO_PROVIDER = ['traceparent', 'tracestate', 'idempotency-key', 'openai-beta'];

/** Never passed on or set by configuration, whatever is asked for: they are the connection's or the call's own. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'accept-encoding',
  'cookie',
]);
/** These may be configured, but not taken over from a client. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'api-key', 'x-api-key']);

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * @param extra set on every call of the provider, for example `http-referer`; they win over the client's
 * @param passed further names that a client may set
 * @throws TypeError naming the header that cannot be used, never its value
 */
export function createHeaderSet(
  auth: ProviderAuth,
  extra: Readonly<Record<string, string>> = {},
  passed: readonly string[] = [],
): HeaderSet {
  // Asking for plain text: compressed streams cannot be read as they pass.
  const fixed = new Map([
    ['content-type', 'application/json'],
    ['accept', 'application/json, text/event-stream'],
    ['accept-encoding', 'identity'],
    ['user-agent', 'tokenpool'],
  ]);
  for (const [name, value] of Object.entries(extra)) fixed.set(checkedName(name, RESERVED), value);
  if (auth.kind === 'bearer') fixed.set('authorization', `Bearer ${auth.secret}`);
  if (auth.kind === 'header') fixed.set(checkedName(auth.name, RESERVED), auth.secret);
  for (const [name, value] of fixed) {
    if (!HEADER_VALUE.test(value)) throw new TypeError(`the value of header ${name} has characters it must not have`);
  }
  const names = [...PASSED_TO_PROVIDER, ...passed.map((name) => checkedName(checkedName(name, RESERVED), CREDENTIALS))];
  const open = [...new Set(names)].filter((name) => !fixed.has(name));
  const flat = [...fixed].flat();
  return {
    forCall: (client) => {
      const headers = flat.slice();
      for (const name of open) {
        const value = client[name];
        if (typeof value === 'string' && HEADER_VALUE.test(value)) headers.push(name, value);
      }
      return headers;
    },
  };
}

function checkedName(name: string, forbidden: ReadonlySet<string>): string {
  const lower = name.toLowerCase();
  if (!HEADER_NAME.test(lower)) throw new TypeError('a header has a name with characters it must not have');
  if (forbidden.has(lower)) throw new TypeError(`the header ${lower} cannot be set: it is not the user's to choose`);
  return lower;
}

/**
 * Passed on from a provider to the client. Not its rate limits (they are of the pool's key), its cookies, its
 * organisation, or anything about the connection.
 */
const PASSED_TO_CLIENT = ['content-type', 'x-request-id', 'openai-version', 'openai-processing-ms', 'openai-model'];

/** What the client gets of a provider's headers, names in lower case. */
export function clientHeaders(
  provider: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of PASSED_TO_CLIENT) {
    const value = provider[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}
