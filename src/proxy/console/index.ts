/** The web console under `/console`: its page, who may see it, and the admin API for whoever has logged in. */
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { AdminError, ADMIN_BODY_BYTES_MAX, answerErrors, answerUnservedAsAdmin } from '../admin/admin-error.ts';
import { adminRoutes } from '../admin/admin-routes.ts';
import { noteRoutes } from '../known-routes.ts';
import { createLiveClock } from '../live-clock.ts';
import type { ConsoleContext } from './console-context.ts';
import { ConsoleSessions } from './console-sessions.ts';
import { LiveFrames } from './live-frames.ts';
import { LiveStreams } from './live-streams.ts';
import { pageRoutes } from './page-routes.ts';
import { requireSession, sessionRoutes } from './session-routes.ts';

export type { ConsoleContext } from './console-context.ts';

const FRAME_EVERY_MS = 1_000;
const OFF = 'The console is switched off: admin.console is false in the configuration.';

/** Of every answer. Nothing is loaded from elsewhere, nothing is framed, no script stands in the page. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/**
 * | call | answer |
 * |---|---|
 * | `GET /console` | the page, for everybody |
 * | `GET /console/assets/:name` | what it is made of, for ever the same under its name |
 * | `GET /console/session` | {@link SessionPage} |
 * | `POST /console/login` with `{token}` | {@link SessionPage} and a cookie |
 * | `POST /console/logout` | {@link SessionPage} |
 * | `GET /console/live` | server-sent events, see {@link LiveFrame}; wants a session |
 * | `/console/api/...` | as `/admin/...`, with a session in place of the admin token |
 *
 * To be registered without a prefix. See `contract.ts` for the shapes.
 */
export function consoleRoutes(context: ConsoleContext): FastifyPluginAsync {
  return async (app) => {
    await app.register((console) => addRoutes(console, context), { prefix: '/console' });
  };
}

async function addRoutes(app: FastifyInstance, context: ConsoleContext): Promise<void> {
  const { admin } = context;
  // Not the core's, which may go faster than life.
  const clock = createLiveClock(0);
  const sessions = new ConsoleSessions(
    () => (context.isOn ? admin.adminTokenHash : null),
    () => context.nowMs?.() ?? clock.nowMs(),
  );
  const frames = new LiveFrames(admin);
  const streams = new LiveStreams({
    everyMs: context.frameEveryMs ?? FRAME_EVERY_MS,
    frame: (isFirst) => frames.next(isFirst),
    logger: admin.logger,
  });

  answerErrors(app, admin.logger);
  const routes = noteRoutes(app);
  app.setNotFoundHandler((call, reply) => answerUnservedAsAdmin(call, reply, routes));
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (!context.isOn) throw new AdminError('not_found', OFF);
  });
  // Streams have no end of their own, and a server waits for what is under way.
  app.addHook('preClose', async () => streams.stop());
  app.addHook('onRoute', (route) => {
    route.bodyLimit ??= ADMIN_BODY_BYTES_MAX;
  });

  pageRoutes(app, context);
  sessionRoutes(app, context, sessions, () => streams.endForbidden());
  // Without HEAD, which would have no end.
  app.get('/live', { exposeHeadRoute: false }, (request, reply) => {
    const session = requireSession(request, context, sessions);
    streams.refuseWhenFull();
    reply.hijack();
    // Some of those that stand between would wait for more before they pass anything on.
    reply.raw.writeHead(200, {
      ...SECURITY_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
      // The connection is of no more use after it, and a shutdown is not to wait for it.
      connection: 'close',
    });
    streams.join(reply.raw, () => sessions.isAlive(session));
  });
  const check = async (request: Parameters<typeof requireSession>[0]): Promise<void> => {
    requireSession(request, context, sessions);
  };
  await app.register(adminRoutes(admin, check, '/api'));
}
