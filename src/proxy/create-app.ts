/** The HTTP server: limits, what it takes for a body, and its refusals in the words of the API. */
import Fastify, { type FastifyInstance } from 'fastify';
import { mebibytes } from '../config/gateway-schema.ts';
import type { Gateway } from '../config/load-gateway.ts';
import { proxyErrorAnswer } from '../protocols/openai/index.ts';
import { answer } from './openai-routes.ts';

export function createApp({ form }: Gateway): FastifyInstance {
  const { bodyMebibytesMax, connectionsMax } = form.server;
  const app = Fastify({
    logger: false,
    bodyLimit: mebibytes(bodyMebibytesMax),
    // Answers of models may take minutes; a client that sends its own request so slowly has no such reason.
    connectionTimeout: 0,
    requestTimeout: 120_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    // Who comes at the last moment is refused by the routes, in the API's own words.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // Ids of targets stand in addresses.
    routerOptions: { maxParamLength: 500 },
  });
  app.server.maxConnections = connectionsMax;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json\b/i, { parseAs: 'buffer' }, (_call, body, done) => {
    done(null, body);
  });
  // Anything else is read so that it can be refused in the API's own words.
  app.addContentTypeParser('*', (_call, payload, done) => {
    payload.resume();
    done(null, undefined);
  });
  app.setNotFoundHandler((_call, reply) => answer(reply, proxyErrorAnswer('unknown_url')));
  app.setErrorHandler((error: { readonly statusCode?: number }, _call, reply) => {
    const code =
      error.statusCode === 413 ? 'body_too_large' : error.statusCode === 415 ? 'unsupported_media_type' : null;
    return answer(reply, proxyErrorAnswer(code ?? 'internal_error'));
  });
  return app;
}
