/**
 * Answers to calls that no route takes, or that cannot be read: in OpenAI's form under `/v1` and `/openai/v1`, in that
 * of the admin API elsewhere. None repeats what was sent.
 */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { proxyErrorAnswer, type ProxyErrorCode } from '../protocols/openai/index.ts';
import { CompressedBody, tooLargeMessage } from './body-refusals.ts';
import { answerAdminError, answerUnservedAsAdmin, problemOf } from './admin/index.ts';
import { whyUnserved, type KnownRoutes } from './known-routes.ts';
import { answer } from './openai-routes.ts';

const OPENAI_URL = /^\/(?:openai\/)?v1(?:[/?#]|$)/;

/** 404 for an address that there is not, 405 with `Allow` for a method that it does not take, 204 for `OPTIONS`. */
export function answerUnserved(call: FastifyRequest, reply: FastifyReply, routes: KnownRoutes): unknown {
  if (!OPENAI_URL.test(call.url)) return answerUnservedAsAdmin(call, reply, routes);
  const why = whyUnserved(call, reply, routes);
  if (why === 'asks_for_methods') return reply.code(204).send();
  return answer(reply, proxyErrorAnswer(why === 'wrong_method' ? 'method_not_allowed' : 'unknown_url'));
}

/** What the server itself refuses: bodies, their types, URLs. What is our own fault is logged and not told. */
export function answerFailure(error: FastifyError, call: FastifyRequest, reply: FastifyReply, logger: Logger): unknown {
  const code = codeOf(error);
  if (code === 'internal_error') logger.error({ event: 'call', err: error, method: call.method }, 'a call failed');
  if (OPENAI_URL.test(call.url)) return answer(reply, proxyErrorAnswer(code, null, messageOf(error, call)));
  return answerAdminError(reply, problemOf(error, call));
}

/** What can be said beyond the code. */
function messageOf(error: FastifyError, { routeOptions }: FastifyRequest): string | null {
  if (error instanceof CompressedBody) return error.message;
  return error.statusCode === 413 ? tooLargeMessage(routeOptions.bodyLimit) : null;
}

function codeOf({ statusCode, code }: FastifyError): ProxyErrorCode {
  if (code === 'FST_ERR_BAD_URL') return 'bad_url';
  if (statusCode === 413) return 'body_too_large';
  if (statusCode === 414) return 'url_too_long';
  if (statusCode === 415) return 'unsupported_media_type';
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? 'bad_call' : 'internal_error';
}

/**
 * Ends a connection over which something came that is no call. Its URL may never have been read, so the answer has
 * OpenAI's form, which has all the fields of the other.
 */
export function endBadConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  // In the midst of another call's answer it would be taken for a part of that.
  const current = Reflect.get(socket, '_httpMessage') as ServerResponse | null | undefined;
  if (socket.writable && current?.headersSent !== true)
    socket.write(bytesOf(proxyErrorAnswer(badConnectionCode(error))));
  socket.destroy();
}

function badConnectionCode({ code }: NodeJS.ErrnoException): ProxyErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'head_too_large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'call_timeout' : 'bad_call';
}

function bytesOf({ status, headers, body }: ReturnType<typeof proxyErrorAnswer>): string {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
