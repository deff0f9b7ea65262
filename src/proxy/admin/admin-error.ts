/** All errors of the admin API have one form: `{"error": {"code": "...", "message": "..."}}`. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { BadInput } from '../../config/bad-input.ts';
import { CompressedBody, tooLargeMessage } from '../body-refusals.ts';
import { whyUnserved, type KnownRoutes } from '../known-routes.ts';

const STATUS = {
  bad_request: 400,
  CONFIG_ERROR: 422,
  candidate_refused: 422,
  unauthorized: 401,
  admin_api_off: 403,
  foreign_call: 403,
  wrong_csrf_token: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  body_too_large: 413,
  url_too_long: 414,
  unsupported_media_type: 415,
  too_many_failed_logins: 429,
  too_many_streams: 429,
  internal_error: 500,
} as const;
/** Of a body of the admin API. */
export const ADMIN_BODY_BYTES_MAX = 4_096;
const WRONG_METHOD = 'This URL does not take that method; Allow names those it takes.';
const NOTHING_THERE =
  'There is nothing at this URL: clients use /v1/... or /openai/v1/...; see the README for the admin API.';
export type AdminErrorCode = keyof typeof STATUS;

/** An answer other than the one that was asked for. */
export class AdminError extends Error {
  readonly code: AdminErrorCode;
  readonly retryAfterMs: number | null;

  constructor(code: AdminErrorCode, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Answers in the one form, for the routes of this plugin; what is our own fault is logged and not told. */
export function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError | AdminError | BadInput, request, reply) => {
    const problem = problemOf(error, request);
    if (problem.code === 'internal_error') logger.error({ err: error, method: request.method }, 'admin call failed');
    return answerAdminError(reply, problem);
  });
}

/** Answers calls that no route takes. */
export function answerUnservedAsAdmin(call: FastifyRequest, reply: FastifyReply, routes: KnownRoutes): FastifyReply {
  switch (whyUnserved(call, reply, routes)) {
    case 'asks_for_methods':
      return reply.code(204).send();
    case 'wrong_method':
      return answerAdminError(reply, new AdminError('method_not_allowed', WRONG_METHOD));
    case 'nothing_there':
      return answerAdminError(reply, new AdminError('not_found', NOTHING_THERE));
  }
}

/** Answers with an error in the one form. */
export function answerAdminError(reply: FastifyReply, { code, message, retryAfterMs }: AdminError): FastifyReply {
  if (retryAfterMs !== null) reply.header('retry-after', Math.ceil(retryAfterMs / 1_000));
  if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
  return reply
    .code(STATUS[code])
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify({ error: { code, message } }));
}

export function wrongMediaType(): AdminError {
  return new AdminError('unsupported_media_type', 'The body must be JSON (content-type: application/json).');
}

/** Calls of operators are short, and their limit is no setting. */
function tooLarge(bodyBytesMax: number): string {
  if (bodyBytesMax !== ADMIN_BODY_BYTES_MAX) return tooLargeMessage(bodyBytesMax);
  return `The body is larger than the admin API accepts: ${bodyBytesMax} bytes.`;
}

/** What to say of an error. Messages of the server itself may repeat what was sent, so they are not passed on. */
export function problemOf(
  error: FastifyError | AdminError | BadInput,
  { routeOptions }: Pick<FastifyRequest, 'routeOptions'>,
): AdminError {
  if (error instanceof AdminError) return error;
  if (error instanceof CompressedBody) return new AdminError('unsupported_media_type', error.message);
  if (error instanceof BadInput) return new AdminError('bad_request', error.message);
  switch (error.statusCode) {
    case 413:
      return new AdminError('body_too_large', tooLarge(routeOptions.bodyLimit));
    case 414:
      return new AdminError('url_too_long', 'The URL is longer than the admin API accepts.');
    case 415:
      return wrongMediaType();
    case undefined:
      break;
    default:
      if (error.statusCode >= 400 && error.statusCode < 500) {
        return new AdminError('bad_request', 'The call cannot be read: its body or its URL is not well-formed.');
      }
  }
  return new AdminError('internal_error', 'The admin API failed; the log of the proxy has more.');
}
