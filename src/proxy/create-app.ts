/** The HTTP server: limits, what it takes for a body, and its refusals in the words of the API. */
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { mebibytes } from '../config/gateway-schema.ts';
import type { Gateway } from '../config/load-gateway.ts';
import { compressionRefusal } from './body-refusals.ts';
import { noteRoutes } from './known-routes.ts';
import { readBody } from './read-body.ts';
import { answerFailure, answerUnserved, endBadConnection } from './unserved-call.ts';

/** @param logger for what is the proxy's own fault */
export function createApp({ form }: Gateway, logger: Logger): FastifyInstance {
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
    // Ids of targets stand in addresses.
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (error, call, reply) => void answerFailure(error, call, reply, logger),
    clientErrorHandler: endBadConnection,
  });
  app.server.maxConnections = connectionsMax;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json\b/i, readBody);
  // Anything else is read so that it can be refused in the API's own words.
  app.addContentTypeParser('*', (_call, payload, done) => {
    payload.resume();
    done(null, undefined);
  });
  // With a callback: a promise for each call costs more than the question.
  app.addHook('preParsing', (call, _reply, _payload, done) => done(compressionRefusal(call)));
  const routes = noteRoutes(app);
  app.setNotFoundHandler((call, reply) => answerUnserved(call, reply, routes));
  app.setErrorHandler((error: FastifyError, call, reply) => answerFailure(error, call, reply, logger));
  return app;
}
