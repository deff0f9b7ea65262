/**
 * Errors in the form of OpenAI's API. The official clients choose their error class by the status, show `message`,
 * and wait for `retry-after-ms` or `retry-after` before they try again.
 */
import type { RejectCode, RejectCommand, RejectDetails } from '../../router/contract.ts';
import type { RequestProblem } from './request-problem.ts';

export interface ErrorAnswer {
  readonly status: number;
  /** Names in lower case; always with `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The proxy's own refusals: status, type, message. */
const PROXY_ERRORS = {
  bad_call: [400, 'invalid_request_error', 'The call cannot be read: it is not well-formed HTTP.'],
  bad_url: [400, 'invalid_request_error', 'The URL is not well-formed: a % in it is written as %25.'],
  invalid_client_key: [401, 'authentication_error', 'The client key is missing or not known.'],
  instructions_not_allowed: [
    403,
    'permission_error',
    'The client key may not steer its requests: take the routing instructions (<**...**>) out of the messages.',
  ],
  ROUTE_NOT_FOUND: [404, 'invalid_request_error', 'There is no such route.'],
  PROVIDER_NOT_AVAILABLE: [503, 'server_error', 'There is no such provider, key or model.'],
  model_not_allowed: [403, 'permission_error', 'The client key may not use this model.'],
  model_not_found: [404, 'invalid_request_error', 'The model does not exist, or the client key may not use it.'],
  unknown_url: [
    404,
    'invalid_request_error',
    'There is nothing at this URL: there are chat/completions, embeddings and models under /v1 and /openai/v1.',
  ],
  method_not_allowed: [405, 'invalid_request_error', 'This URL does not take that method; Allow names those it takes.'],
  call_timeout: [408, 'invalid_request_error', 'The call took too long to arrive.'],
  body_too_large: [413, 'invalid_request_error', 'The body is larger than this server accepts.'],
  url_too_long: [414, 'invalid_request_error', 'The URL is longer than this server accepts.'],
  unsupported_media_type: [415, 'invalid_request_error', 'The body must be JSON (content-type application/json).'],
  client_rate_limited: [429, 'rate_limit_error', 'The client key has reached its rate limit.'],
  head_too_large: [431, 'invalid_request_error', 'The URL and the headers are larger than this server accepts.'],
  internal_error: [500, 'server_error', 'The proxy failed; its log has more.'],
  shutting_down: [503, 'server_error', 'The proxy is shutting down.'],
  log_unavailable: [503, 'server_error', 'The decision log cannot be written and the proxy is set to refuse then.'],
} as const satisfies Readonly<Record<string, readonly [status: number, type: string, message: string]>>;

/** Characters of a client's text that an error repeats. */
const QUOTED_MAX = 80;

export type ProxyErrorCode = keyof typeof PROXY_ERRORS;

const REJECT_MESSAGES: Readonly<Record<RejectCode, string>> = {
  NO_AVAILABLE_PROVIDER: 'No provider can take this request now.',
  ALL_PROVIDER_FAILED: 'Every provider that was tried failed.',
  UNKNOWN_MODEL: 'The model does not exist, or no provider of the pool offers it.',
  CLIENT_BUDGET_EXHAUSTED:
    'The budget of the client key does not have enough left for this request; the operator sees in GET /admin/budgets how much is left.',
  QUEUE_FULL: 'Too many requests are waiting already.',
  QUEUE_TIMEOUT: 'The request has waited too long for a free provider.',
  UPSTREAM_REJECTED: 'The provider refused the request.',
  STREAM_BROKEN: 'The answer broke off after it had begun.',
  ROUTE_NOT_FOUND: 'There is no such route.',
  PROVIDER_NOT_AVAILABLE: 'No provider that this request may go to is available.',
  UNSUPPORTED_REQUEST: 'No target of this model can serve such a request.',
};

/**
 * The answer to a request that the core rejected.
 *
 * @param message instead of the general one of the code
 */
export function rejectAnswer(
  command: Pick<RejectCommand, 'code' | 'status' | 'retryAfterMs' | 'attempts' | 'details'>,
  message: string | null = null,
): ErrorAnswer {
  const { code, status, retryAfterMs, attempts, details } = command;
  return errorAnswer(status, retryAfterMs, {
    message: message ?? REJECT_MESSAGES[code],
    type: typeOf(code, status),
    param: code === 'UNKNOWN_MODEL' ? 'model' : null,
    code,
    ...(attempts.length > 0 ? { attempts } : {}),
    ...(details === null ? {} : { details: shownDetails(details) }),
  });
}

/**
 * The answer for one of the proxy's own refusals.
 *
 * @param message instead of the general one of the code
 */
export function proxyErrorAnswer(
  code: ProxyErrorCode,
  retryAfterMs: number | null = null,
  message: string | null = null,
): ErrorAnswer {
  const [status, type, general] = PROXY_ERRORS[code];
  const param = code === 'model_not_found' ? 'model' : null;
  const answer = errorAnswer(status, retryAfterMs, { message: message ?? general, type, param, code });
  // A name that means nothing now means nothing at the next try either, whatever clients do on a 503.
  if (code !== 'PROVIDER_NOT_AVAILABLE') return answer;
  return { ...answer, headers: { ...answer.headers, 'x-should-retry': 'false' } };
}

/** What to say of a request for which a route, or what an instruction names, has nobody. */
export function notAvailableMessage({ route, named, allowedProviders, disabled }: RejectDetails): string {
  if (named !== null) return `${quoted(named)}, which a routing instruction names, is not available.`;
  if (allowedProviders.length > 0 || disabled.length > 0) {
    return 'No available providers after applying routing instructions; <**clear**> in a message forgets what the session was told.';
  }
  return `All providers unavailable for route ${quoted(route ?? 'default')}.`;
}

/** What to say of a name that an instruction or a ban has, and that means nothing in the pool. */
export function unknownAddressMessage(name: string, near: string | null): string {
  const hint = near === null ? '' : ` Did you mean ${quoted(near)}?`;
  return `There is no provider, key or model ${quoted(name)}.${hint} Instructions and bans name a provider, provider.model, provider.N, provider.alias or provider.alias.model.`;
}

/** @param routes that the client may take */
export function unknownRouteMessage(hint: string, routes: readonly string[]): string {
  return `There is no route ${quoted(hint)} for this client key; its routes are ${routes.join(', ')}.`;
}

/** In the words that users of virtual routers know. */
function shownDetails({ route, named, attempted, allowedProviders, disabled }: RejectDetails): object {
  return { routeName: route, named, attempted, allowedProviders, disabledProviders: disabled };
}

/** What to say of a model that the pool does not have. */
export function unknownModelMessage(model: string): string {
  return `The model ${quoted(model)} does not exist, or no provider of the pool offers it; GET /v1/models lists what there is.`;
}

/** What to say of a model that the pool may have, to a client that may not use it. */
export function forbiddenModelMessage(model: string): string {
  return `The client key may not use the model ${quoted(model)}; GET /v1/models lists those that it may.`;
}

function quoted(model: string): string {
  // A character has at most two units; a text of megabytes need not be taken apart.
  const characters = Array.from(model.slice(0, 2 * QUOTED_MAX + 2));
  return JSON.stringify(characters.length > QUOTED_MAX ? `${characters.slice(0, QUOTED_MAX).join('')}...` : model);
}

/** The answer to a body that cannot be used. */
export function problemAnswer(problem: RequestProblem): ErrorAnswer {
  const { message, param, code } = problem;
  return errorAnswer(problem.status, null, { message, type: 'invalid_request_error', param, code });
}

/**
 * The last bytes of a stream that broke off: an event that official clients throw as their `APIError`.
 *
 * @param isMidEvent the client has got a part of an event: it is closed first
 */
export function streamErrorEvent(code: RejectCode | ProxyErrorCode, isMidEvent: boolean): Buffer {
  const message =
    code in REJECT_MESSAGES ? REJECT_MESSAGES[code as RejectCode] : PROXY_ERRORS[code as ProxyErrorCode][2];
  const event = `data: ${JSON.stringify({ error: { message, type: 'server_error', param: null, code } })}\n\n`;
  return Buffer.from(isMidEvent ? `\n\n${event}` : event);
}

function errorAnswer(status: number, retryAfterMs: number | null, error: object): ErrorAnswer {
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' };
  if (retryAfterMs !== null) {
    headers['retry-after'] = String(Math.ceil(retryAfterMs / 1_000));
    headers['retry-after-ms'] = String(Math.ceil(retryAfterMs));
  }
  return { status, headers, body: JSON.stringify({ error }) };
}

function typeOf(code: RejectCode, status: number): string {
  if (code === 'CLIENT_BUDGET_EXHAUSTED') return 'insufficient_quota';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
