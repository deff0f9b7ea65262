/** What a client's call asks for, read from its body and headers, or why it is not taken in. */
import type { IncomingHttpHeaders } from 'node:http';
import { nearestName } from '../config/nearest-name.ts';
import { ENDPOINT_PROTOCOLS } from '../config/expand-pool.ts';
import { hashSession, withHashedScope } from '../log/session-hash.ts';
import {
  forbiddenModelMessage,
  holdsMarkers,
  parseRequest,
  problemAnswer,
  proxyErrorAnswer,
  readMarkers,
  unknownAddressMessage,
  unknownRouteMessage,
  type Endpoint,
  type ErrorAnswer,
  type ParsedRequest,
  type ProxyErrorCode,
  type RequestProblem,
} from '../protocols/openai/index.ts';
import { resumableId, type RouterRequest, type Steering } from '../router/index.ts';
import { mayAsk, type Client } from './client-access.ts';
import { CLIENT_REQUEST_ID, type RequestIds } from './request-ids.ts';
import type { SteeringWords } from './steering-words.ts';

export interface CallContext {
  readonly ids: RequestIds;
  readonly sessionSalt: string;
  /** Of the configuration in force. */
  steeringWords(): SteeringWords;
}

/** A call that the core can be told of. */
export interface ReadCall {
  readonly kind: 'call';
  readonly request: RouterRequest;
  readonly parsed: ParsedRequest;
  /** The client's bytes, without what was meant for the router alone. `parsed.layout` is that of these. */
  readonly body: Buffer;
}

export interface RefusedCall {
  readonly kind: 'refused';
  readonly code: ProxyErrorCode | 'bad_request';
  readonly answer: ErrorAnswer;
}

export function readCall(
  endpoint: Endpoint,
  body: Buffer,
  headers: IncomingHttpHeaders,
  client: Client,
  context: CallContext,
): ReadCall | RefusedCall {
  const words = context.steeringWords();
  const isChat = endpoint === 'chat';
  if (isChat && client.instructions === 'refuse' && holdsMarkers(body)) return refused('instructions_not_allowed');
  const marked = isChat && client.instructions === 'apply' ? readMarkers(body) : null;
  if (marked !== null && marked.kind === 'problem') return badRequest(marked);
  const options = client.instructions === 'apply' ? words.forSteering : words.forOthers;
  const unmarked = marked === null ? body : marked.body;
  const parsed = parseRequest(unmarked, endpoint, headers, client.name, options, marked?.instructions);
  if (parsed.kind === 'problem') return badRequest(parsed);
  const { features } = parsed;
  const { model, sessionId, steering } = features;
  if (!mayAsk(client, model)) return refused('model_not_allowed', forbiddenModelMessage(model));
  const unknown = steering === null ? null : whatIsUnknown(steering, words);
  if (unknown !== null) return unknown;
  const requestId = context.ids.idFor(headers);
  // Field by field: a spread here costs more than the decision.
  const request: RouterRequest = {
    requestId,
    clientKey: client.name,
    sessionId: sessionId === null ? null : hashSession(sessionId, context.sessionSalt),
    protocol: ENDPOINT_PROTOCOLS[endpoint],
    model,
    declaredClass: features.declaredClass,
    declaredPriority: features.declaredPriority,
    inputTokens: features.inputTokens,
    maxOutputTokens: features.maxOutputTokens,
    stream: features.stream,
    hasTools: features.hasTools,
    hasImage: features.hasImage,
    prefixBlocks: features.prefixBlocks,
    steering: steering === null ? null : inItsScope(steering, client.name, requestId, context.sessionSalt),
  };
  return { kind: 'call', request, parsed, body: unmarked };
}

/** Names that mean nothing end here: they are a client's own words, which the log must not have. */
function whatIsUnknown({ routeHint, instructions, bans }: Steering, words: SteeringWords): RefusedCall | null {
  if (routeHint !== null && !words.routes.has(routeHint)) {
    return refused('ROUTE_NOT_FOUND', unknownRouteMessage(routeHint, words.configuredRoutes));
  }
  const named = instructions.filter(({ kind }) => kind !== 'clear').map(({ name }) => name);
  const unknown = [...named, ...bans].find((name) => !words.addresses.has(name));
  return unknown === undefined
    ? null
    : refused('PROVIDER_NOT_AVAILABLE', unknownAddressMessage(unknown, nearestName(unknown, [...words.addresses])));
}

/** With the id under which its instructions are remembered: hashed where a client made it up. */
function inItsScope(steering: Steering, client: string, requestId: string, salt: string): Steering {
  switch (steering.scope) {
    case 'session':
    case 'conversation':
      return withHashedScope(steering, salt);
    case 'resume': {
      const resumed = steering.scopeId.slice(resumableId(client, '').length);
      // Other texts are no ids of requests, so there is nothing to resume.
      if (CLIENT_REQUEST_ID.test(resumed)) return steering;
      return { ...steering, scope: 'request', scopeId: resumableId(client, requestId) };
    }
    case 'request':
      return { ...steering, scopeId: resumableId(client, requestId) };
  }
}

function badRequest(problem: RequestProblem): RefusedCall {
  return { kind: 'refused', code: 'bad_request', answer: problemAnswer(problem) };
}

function refused(code: ProxyErrorCode, message: string | null = null): RefusedCall {
  return { kind: 'refused', code, answer: proxyErrorAnswer(code, null, message) };
}
