/** The OpenAI-compatible endpoints: takes calls in, refuses what cannot be served, and starts an exchange for the rest. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  modelBody,
  modelListBody,
  proxyErrorAnswer,
  type Endpoint,
  type ErrorAnswer,
  type ListedModel,
  type ProxyErrorCode,
} from '../protocols/openai/index.ts';
import { namedTargets } from '../router/index.ts';
import { mayAsk, type ClientAccess } from './client-access.ts';
import { Exchange, type ExchangeSurroundings } from './exchange.ts';
import { readCall, type CallContext } from './read-call.ts';

/** What the endpoints need; `clients` and `models` change with a reload, so they are asked for anew each time. */
export interface OpenAiContext extends CallContext {
  readonly around: ExchangeSurroundings;
  readonly startedEpochSeconds: number;
  clients(): ClientAccess;
  models(): readonly ListedModel[];
  /** Why no request is taken in at present; null when all is well. */
  refusal(): 'shutting_down' | 'log_unavailable' | null;
  opened(exchange: Exchange): void;
}

interface ModelPath {
  readonly Params: { readonly '*': string };
}

const PREFIXES = ['/openai/v1', '/v1'] as const;

/** Adds `chat/completions`, `embeddings`, `models` and `models/ID` under both prefixes. */
export function openAiRoutes(app: FastifyInstance, context: OpenAiContext): void {
  for (const prefix of PREFIXES) {
    app.post(`${prefix}/chat/completions`, (call, reply) => takeIn('chat', call, reply, context));
    app.post(`${prefix}/embeddings`, (call, reply) => takeIn('embeddings', call, reply, context));
    app.get(`${prefix}/models`, (call, reply) => listModels(call, reply, context));
    // Not `:id`: names of models may hold slashes, which not every client encodes.
    app.get<ModelPath>(`${prefix}/models/*`, (call, reply) => showModel(call.params['*'], call, reply, context));
  }
}

function takeIn(endpoint: Endpoint, call: FastifyRequest, reply: FastifyReply, context: OpenAiContext): unknown {
  const refusal = context.refusal();
  if (refusal !== null) return refuse(reply, context, refusal);
  const client = context.clients().identify(call.headers);
  if (client === null) return refuse(reply, context, 'invalid_client_key');
  const { body } = call;
  if (!Buffer.isBuffer(body)) return refuse(reply, context, 'unsupported_media_type');
  const read = readCall(endpoint, body, call.headers, client, context);
  if (read.kind === 'refused') {
    context.around.watcher.refused(read.code);
    return answer(reply, read.answer);
  }
  const exchange = new Exchange(read.request, read.parsed, read.body, endpoint, call.raw, reply.raw, context.around);
  reply.hijack();
  context.opened(exchange);
  exchange.start();
  return reply;
}

function listModels(call: FastifyRequest, reply: FastifyReply, context: OpenAiContext): unknown {
  const refusal = refusalToTell(call, context);
  if (refusal !== null) return refuse(reply, context, refusal);
  return sendJson(reply, modelListBody(modelsFor(call, context), context.startedEpochSeconds));
}

function showModel(name: string, call: FastifyRequest, reply: FastifyReply, context: OpenAiContext): unknown {
  const refusal = refusalToTell(call, context);
  if (refusal !== null) return refuse(reply, context, refusal);
  const model = modelsFor(call, context).find(({ id }) => id === name) ?? addressFor(name, call, context);
  // A model that the key may not use is none: the list does not have it either.
  if (model === undefined) return answer(reply, proxyErrorAnswer('model_not_found'));
  return sendJson(reply, modelBody(model, context.startedEpochSeconds));
}

/** Why a client is not told of models. A log that cannot be written is no reason: nothing of this goes there. */
function refusalToTell(call: FastifyRequest, context: OpenAiContext): 'shutting_down' | 'invalid_client_key' | null {
  if (context.refusal() === 'shutting_down') return 'shutting_down';
  return context.clients().identify(call.headers) === null ? 'invalid_client_key' : null;
}

function modelsFor(call: FastifyRequest, context: OpenAiContext): readonly ListedModel[] {
  const client = context.clients().identify(call.headers);
  return client === null ? [] : context.models().filter(({ id }) => mayAsk(client, id));
}

/** A part of the pool by its address: not listed, but requests for it are served. */
function addressFor(name: string, call: FastifyRequest, context: OpenAiContext): ListedModel | undefined {
  const client = context.clients().identify(call.headers);
  const pool = context.around.pool();
  const ids = namedTargets(pool).get(name);
  if (ids === undefined || client === null || !mayAsk(client, name)) return undefined;
  const target = pool.targets.find(({ id }) => id === ids[0]);
  return target === undefined ? undefined : { id: name, ownedBy: target.provider };
}

function sendJson(reply: FastifyReply, body: string): unknown {
  return reply.header('content-type', 'application/json; charset=utf-8').send(body);
}

function refuse(
  reply: FastifyReply,
  context: OpenAiContext,
  code: ProxyErrorCode,
  message: string | null = null,
): unknown {
  context.around.watcher.refused(code);
  // The next call is to find another server.
  if (code === 'shutting_down') reply.header('connection', 'close');
  return answer(reply, proxyErrorAnswer(code, null, message));
}

/** Answers with an error in the form of OpenAI's API. */
export function answer(reply: FastifyReply, { status, headers, body }: ErrorAnswer): unknown {
  return reply.code(status).headers(headers).send(body);
}
