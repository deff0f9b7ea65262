import type { FastifyPluginAsync } from 'fastify';
import { targetStatuses } from '../watch/index.ts';
import type { AdminContext } from './admin-context.ts';
import { answerErrors } from './admin-error.ts';
import type { AdminCheck } from './admin-login.ts';
import { healthPage } from './health-page.ts';

/**
 * - `GET /health`: {@link HealthPage}; 503 while the proxy cannot serve, so it suits a readiness probe
 * - `GET /api/health`: the same with `targets.list` (id, state, why), always 200, for the console; wants the admin token
 * - `GET /metrics`: Prometheus' text format; open or for the holder of the admin token, see `AdminContext.metricsFor`
 *
 * @param check shared with `adminRoutes`
 */
export function healthRoutes(context: AdminContext, check: AdminCheck): FastifyPluginAsync {
  const { view, watch } = context;
  return async (app) => {
    answerErrors(app, context.logger);
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store');
    });
    app.get('/health', (_request, reply) => {
      const page = healthPage(view);
      // The next look is to find whoever listens here by then.
      if (page.status === 'draining') reply.header('connection', 'close');
      return reply.code(page.status === 'ok' || page.status === 'degraded' ? 200 : 503).send(page);
    });
    app.get('/api/health', { onRequest: check }, () => {
      const page = healthPage(view);
      const list = targetStatuses(view).map(({ target, state, isAvailable, why }) => ({
        target,
        state,
        isAvailable,
        why,
      }));
      return { ...page, targets: { ...page.targets, list } };
    });
    app.get('/metrics', async (request, reply) => {
      if (context.metricsFor === 'admin') await check(request);
      return reply.header('content-type', watch.metrics.contentType).send(await watch.metrics.text());
    });
  };
}
