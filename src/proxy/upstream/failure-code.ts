/**
 * How trouble with a provider is named in outcomes and in the log. The vocabulary is closed: a provider's own words
 * may hold anything, so they never become a code. Where the simulator knows the same trouble the name is the same.
 */
import { errors } from 'undici';
import type { OutcomeKind } from '../../router/contract.ts';

export const TIMEOUT_CODES = {
  connect: 'connect_timeout',
  firstToken: 'first_token_timeout',
  idle: 'idle_timeout',
  total: 'total_timeout',
} as const;
export type TimeoutCause = keyof typeof TIMEOUT_CODES;

export const CLIENT_LEFT = 'client_left';
/** A stream that ended or broke after it was committed, but before it said that it was complete. */
export const STREAM_BROKEN = 'stream_broken';
/** An error event in a stream, or an error in an answer of status 200. */
export const UPSTREAM_ERROR = 'upstream_error';
/** A complete answer that is none: wrong content type, cut or broken JSON, a stream without content. */
export const BAD_BODY = 'bad_upstream_body';
/**
 * The key's quota or balance is used up, whatever the status. A failure, even with status 429: `limited` is what passes
 * by waiting.
 */
export const QUOTA_EXHAUSTED = 'quota_exhausted';
/** Larger than what may be held in memory. */
export const BODY_TOO_LARGE = 'upstream_body_too_large';
/** The proxy closed its connections. */
export const CLOSED = 'proxy_closed';

/** Not HTTP, or with headers beyond all measure. */
export const BAD_HTTP = 'bad_upstream_http';
/** The call itself cannot be made: a header or an address that is none. */
export const INVALID_CALL = 'invalid_call';

const STATUS_CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized',
  402: 'payment_required',
  403: 'forbidden',
  404: 'not_found',
  408: 'request_timeout',
  413: 'request_too_large',
  422: 'unprocessable',
  429: 'rate_limited',
  500: 'server_error',
  502: 'bad_gateway',
  503: 'service_unavailable',
  504: 'gateway_timeout',
  529: 'overloaded',
};

export interface FailureForm {
  readonly kind: Extract<OutcomeKind, 'failure' | 'limited'>;
  readonly errorCode: string;
}

/** What a status other than success means: `http_418` and the like for the rare ones. */
export function failureOfStatus(status: number): FailureForm {
  return { kind: status === 429 ? 'limited' : 'failure', errorCode: STATUS_CODES[status] ?? `http_${status}` };
}

const ERROR_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ENOTFOUND: 'dns_failed',
  EAI_AGAIN: 'dns_failed',
  EAI_FAIL: 'dns_failed',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EMFILE: 'out_of_sockets',
  ENFILE: 'out_of_sockets',
  ECONNRESET: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EPIPE: 'connection_reset',
  ETIMEDOUT: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  UND_ERR_DESTROYED: 'connection_reset',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'connection_reset',
  UND_ERR_HEADERS_OVERFLOW: BAD_HTTP,
  UND_ERR_INVALID_ARG: INVALID_CALL,
  EPROTO: 'tls_failed',
  CERT_HAS_EXPIRED: 'tls_failed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_failed',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_failed',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_failed',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_failed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_failed',
};

/** The name of an error of the network, of TLS or of the HTTP parser. */
export function failureOfError(error: unknown): string {
  const code = codeOf(error);
  const known = ERROR_CODES[code];
  if (known !== undefined) return known;
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code.startsWith('CERT_')) return 'tls_failed';
  // undici's parser has one error for all it cannot read; an end within the answer is a connection that was closed.
  if (!(error instanceof errors.HTTPParserError)) return 'network_error';
  return error.message.includes('EOF') ? 'connection_reset' : BAD_HTTP;
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : '';
}
