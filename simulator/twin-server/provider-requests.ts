/** One provider's side of HTTP: who asks, for what, and what the fleet makes of it. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerForm } from './answer-form.ts';
import { attemptOfRequest } from './attempt-of-request.ts';
import { ChatAnswer } from './chat-answer.ts';
import { EmbeddingsAnswer } from './embeddings-answer.ts';
import { errorBody } from './error-answer.ts';
import { Exchange, sendJson } from './exchange.ts';
import { TWIN_ANSWER_HEADERS, TWIN_HEADERS } from './header-names.ts';
import {
  readChatCall,
  readEmbeddingsCall,
  type ChatCall,
  type EmbeddingsCall,
  type RequestProblem,
} from './openai-request.ts';
import { readRequestBody } from './request-body.ts';
import type { TwinKey, TwinProvider } from './twin-directory.ts';
import type { TwinRun } from './twin-run.ts';

export interface ProviderSettings {
  readonly provider: TwinProvider;
  readonly targetIds: readonly string[];
  /** The run that new requests belong to. */
  readonly currentRun: () => TwinRun;
  /** All exchanges under way. */
  readonly open: Set<Exchange>;
  readonly chunkGapMs: number;
}

/** A million tokens of four characters, and room for what stands around them. */
const BODY_BYTES_MAX = 8 * 1_024 * 1_024;

/** `/v1/...`, or an Azure-style path, whose deployment is the model. */
const PATH = /^(?:\/v1|\/openai\/v1|\/openai\/deployments\/([^/]+))\/(chat\/completions|embeddings|models(?:\/.+)?)$/;

/** Answers requests for `/v1/...` of one provider; never rejects. */
export type ProviderRequests = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createProviderRequests(settings: ProviderSettings): ProviderRequests {
  const { provider, targetIds, currentRun, open, chunkGapMs } = settings;

  function refuse(response: ServerResponse, status: number, body: string): void {
    const { refused } = currentRun();
    refused[status] = (refused[status] ?? 0) + 1;
    sendJson(response, status, {}, body);
  }

  function attempt(
    key: TwinKey,
    call: ChatCall | EmbeddingsCall,
    headers: IncomingHttpHeaders,
    response: ServerResponse,
    cameAtMs: number,
  ): void {
    const targetIndex = key.targetByModel.get(call.model);
    if (targetIndex === undefined) {
      refuse(response, 404, errorBody(404, 'The model does not exist.', 'model', 'model_not_found'));
      return;
    }
    const run = currentRun();
    const requestId = requestIdOf(headers) ?? `unnamed-${++run.unnamed}`;
    const asked = attemptOfRequest(call, headers, requestId, run.seed, run.blockTokens[targetIndex]!);
    const { request } = asked;
    const nowMs = run.clock.nowMs();
    const plan = run.fleet.attempt(targetIndex, request, asked.attempt, nowMs);
    const limit = run.limits[targetIndex]!;
    limit.note(plan, request.inputTokens + request.outputTokens, nowMs);
    run.tallies[targetIndex]!.requests += 1;
    const id = `twin${request.requestKey.toString(36)}x${asked.attempt}`;
    const answer: AnswerForm =
      call.kind === 'chat'
        ? new ChatAnswer(call, `chatcmpl-${id}`, Math.floor(Date.now() / 1_000), asked.isCut)
        : new EmbeddingsAnswer(call, request.requestKey);
    const exchange = new Exchange({
      run,
      targetIndex,
      plan,
      answer,
      response,
      headers: {
        'x-request-id': `req_${id}`,
        [TWIN_ANSWER_HEADERS.atMs]: `${nowMs}`,
        [TWIN_ANSWER_HEADERS.target]: targetIds[targetIndex]!,
        ...limit.headers(nowMs, run.clock.speed),
      },
      cameAtMs,
      chunkGapMs,
      onEnd: () => open.delete(exchange),
    });
    open.add(exchange);
    exchange.start();
  }

  function listModels(response: ServerResponse, path: string): void {
    const models = provider.models.map((id) => ({ id, object: 'model', created: 0, owned_by: provider.id }));
    const name = decodeURIComponent(path.slice('models'.length).replace(/^\//, ''));
    const found = models.find(({ id }) => id === name);
    if (name === '') sendJson(response, 200, {}, JSON.stringify({ object: 'list', data: models }));
    else if (found !== undefined) sendJson(response, 200, {}, JSON.stringify(found));
    else refuse(response, 404, errorBody(404, 'The model does not exist.', 'model', 'model_not_found'));
  }

  return async (request, response) => {
    const cameAtMs = performance.now();
    const { headers } = request;
    const parts = PATH.exec(pathOf(request));
    const key = provider.keyBySecret.get(credentialOf(headers));
    const what = parts?.[2];
    if (what === undefined) {
      refuse(response, 404, errorBody(404));
    } else if (key === undefined) {
      refuse(response, 401, errorBody(401));
    } else if (request.method !== (what.startsWith('models') ? 'GET' : 'POST')) {
      refuse(response, 405, errorBody(405));
    } else if (what.startsWith('models')) {
      listModels(response, what);
    } else {
      const body = await readRequestBody(request, BODY_BYTES_MAX);
      if (body.kind === 'gone') return;
      if (body.kind === 'too-large') {
        response.shouldKeepAlive = false;
        refuse(response, 413, errorBody(413));
        return;
      }
      const call = readCall(what, body.text, parts?.[1]);
      if ('problem' in call) refuse(response, 400, errorBody(400, call.problem, call.param));
      else attempt(key, call, headers, response, cameAtMs);
    }
    if (!request.complete) request.resume();
  };
}

function readCall(
  what: string,
  text: string,
  deployment: string | undefined,
): ChatCall | EmbeddingsCall | RequestProblem {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { problem: 'We could not parse the JSON body of your request.', param: null };
  }
  if (deployment !== undefined && typeof body === 'object' && body !== null) body = { ...body, model: deployment };
  return what === 'embeddings' ? readEmbeddingsCall(body) : readChatCall(body);
}

function pathOf({ url }: IncomingMessage): string {
  const text = url ?? '';
  const end = text.indexOf('?');
  return end < 0 ? text : text.slice(0, end);
}

function credentialOf(headers: IncomingHttpHeaders): string {
  const { authorization } = headers;
  if (authorization !== undefined) return authorization.replace(/^Bearer /i, '');
  const key = headers['api-key'];
  return typeof key === 'string' ? key : '';
}

function requestIdOf(headers: IncomingHttpHeaders): string | null {
  for (const name of TWIN_HEADERS.requestId) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}
