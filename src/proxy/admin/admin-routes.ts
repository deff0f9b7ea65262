import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { BadInput } from '../../config/bad-input.ts';
import type { OperatorOrder } from '../../router/index.ts';
import { noteRoutes } from '../known-routes.ts';
import { targetStatuses } from '../watch/index.ts';
import type { AdminContext } from './admin-context.ts';
import { ADMIN_BODY_BYTES_MAX, AdminError, answerErrors, answerUnservedAsAdmin } from './admin-error.ts';
import type { AdminCheck } from './admin-login.ts';
import {
  coolUntilMs,
  recentLimitOf,
  refuseFields,
  refuseParameters,
  refuseUnreadBody,
  selectionOf,
} from './checked-input.ts';
import { sendLogRows } from './log-rows.ts';
import { clientKeysPage } from './client-keys-page.ts';
import { policyRoutes } from './policy-routes.ts';
import { budgetPage, statusPage } from './status-page.ts';

const RETIRING =
  'A reload has taken the target out of the pool: it gets no requests, and goes when its last attempts have ended.';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route checks its query itself; others refuse every parameter. */
    readonly takesParameters?: true;
    /** The route checks the fields of its body itself; others refuse every field. */
    readonly takesFields?: true;
    /** Of the body; others take {@link ADMIN_BODY_BYTES_MAX}. */
    readonly bodyBytesMax?: number;
  }
}

const WITH_PARAMETERS = { config: { takesParameters: true } } as const;
const WITH_FIELDS = { config: { takesFields: true } } as const;

interface TargetPath {
  readonly Params: { readonly id: string };
}

/**
 * The admin API: under `/admin` for the holder of the admin token, and under a prefix of its own for the console.
 * Answers are JSON, errors as in `admin-error.ts`.
 *
 * | call | answer |
 * |---|---|
 * | `GET /admin/status` | {@link StatusPage} |
 * | `GET /admin/budgets` | {@link BudgetPage} |
 * | `GET /admin/requests?limit=` | `{requests: RecentRequest[]}`, the last 50 that ended, newest first |
 * | `GET /admin/costs` | {@link CostReport} |
 * | `GET /admin/timeline` | {@link TimelinePage}: the last hour and the last day |
 * | `GET /admin/client-keys` | {@link ClientKeysPage} |
 * | `GET /admin/explain/:requestId` | `RequestExplanation`: all that the log knows of a request |
 * | `GET /admin/log?table=&since=&until=&limit=&target=&requestId=` | rows of the log as an Arrow IPC stream |
 * | `POST /admin/targets/:id/disable`, `.../enable` | `{target: TargetStatus}` |
 * | `POST /admin/targets/:id/cool` with `{untilMs}` or `{forMs}` | `{target: TargetStatus}` |
 * | `POST /admin/reload` | `{reloaded: true, changed: [sections], policy: {name, hash}, targets}`; 422 when a file was refused |
 * | `GET /admin/policies` | {@link PoliciesPage} |
 * | `POST /admin/policies/promote` with a policy, its evidence and a plan | `{promotion, warnings}`; 409 while another is on its way, 422 when refused |
 * | `POST /admin/policies/rollback` with `{who, why}` | `{promotion}`; 409 when there is nothing to roll back |
 * | `POST /admin/rotate` | `{rotated: true}`: a segment of the log was closed |
 *
 * @param check who may call them
 * @param prefix where they are
 */
export function adminRoutes(context: AdminContext, check: AdminCheck, prefix: string): FastifyPluginAsync {
  return async (app) => {
    await app.register(
      async (admin) => {
        answerErrors(admin, context.logger);
        const routes = noteRoutes(admin);
        admin.setNotFoundHandler((call, reply) => answerUnservedAsAdmin(call, reply, routes));
        admin.addHook('onRoute', (route) => {
          route.bodyLimit = route.config?.bodyBytesMax ?? ADMIN_BODY_BYTES_MAX;
        });
        admin.addHook('onRequest', async (request, reply) => {
          reply.header('cache-control', 'no-store');
          await check(request);
        });
        admin.addHook('preHandler', async ({ method, query, body, headers, routeOptions, is404 }) => {
          if (is404) return;
          const { takesParameters, takesFields } = routeOptions.config;
          if (takesParameters !== true) refuseParameters(query);
          if (method !== 'POST') return;
          refuseUnreadBody(body, headers);
          if (takesFields !== true) refuseFields(body);
        });
        readingRoutes(admin, context);
        logRoutes(admin, context);
        orderRoutes(admin, context);
        reloadRoute(admin, context);
        policyRoutes(admin, context);
      },
      { prefix },
    );
  };
}

function readingRoutes(admin: FastifyInstance, { view, watch }: AdminContext): void {
  admin.get('/status', () => statusPage(view, watch.routes()));
  admin.get('/budgets', () => budgetPage(view));
  admin.get('/requests', WITH_PARAMETERS, ({ query }) => ({ requests: watch.recentRequests(recentLimitOf(query)) }));
  admin.get('/costs', () => watch.costs());
  admin.get('/timeline', () => watch.timeline());
  admin.get('/client-keys', () => clientKeysPage(view, watch));
}

function logRoutes(admin: FastifyInstance, context: AdminContext): void {
  admin.get<{ Params: { requestId: string } }>('/explain/:requestId', async ({ params }) => {
    try {
      return await context.log.explain(params.requestId);
    } catch (error) {
      if (error instanceof BadInput) throw new AdminError('not_found', error.message);
      throw error;
    }
  });
  // Without HEAD: all rows would be read for it.
  admin.get('/log', { ...WITH_PARAMETERS, exposeHeadRoute: false }, ({ query }, reply) =>
    sendLogRows(context.log, selectionOf(query), reply),
  );
  admin.post('/rotate', async () => {
    await context.log.rotate();
    context.logger.info({ event: 'admin', action: 'rotate' }, 'the log was rotated on order');
    return { rotated: true };
  });
}

function orderRoutes(admin: FastifyInstance, context: AdminContext): void {
  const { view } = context;
  /** @throws AdminError when the target takes no orders */
  const positionOf = (target: string): number => {
    const position = view.router.targetIds.indexOf(target);
    if (position < 0) throw new AdminError('not_found', 'There is no such target; GET /admin/status lists them.');
    if (!view.pool.targets.some(({ id }) => id === target)) throw new AdminError('conflict', RETIRING);
    return position;
  };
  const carryOut = (order: OperatorOrder): object => {
    positionOf(order.target);
    context.order(order);
    const { kind: action, target, untilMs } = order;
    context.logger.info({ event: 'admin', action, target, untilMs }, 'an order about a target');
    return { target: targetStatuses(view).find((status) => status.target === target) };
  };
  admin.post<TargetPath>('/targets/:id/disable', ({ params }) =>
    carryOut({ kind: 'disable', target: params.id, untilMs: null }),
  );
  admin.post<TargetPath>('/targets/:id/enable', ({ params }) =>
    carryOut({ kind: 'enable', target: params.id, untilMs: null }),
  );
  admin.post<TargetPath>('/targets/:id/cool', WITH_FIELDS, ({ params, body }) => {
    const untilMs = coolUntilMs(body, view.nowMs());
    if (view.router.stateOf(positionOf(params.id)) === 'disabled') {
      throw new AdminError('conflict', 'The target is disabled, so it cannot rest: enable it first.');
    }
    return carryOut({ kind: 'cool', target: params.id, untilMs });
  });
}

function reloadRoute(admin: FastifyInstance, context: AdminContext): void {
  let isUnderWay = false;
  admin.post('/reload', async () => {
    if (isUnderWay) throw new AdminError('conflict', 'A reload is under way already.');
    isUnderWay = true;
    let changed: readonly string[];
    try {
      ({ changed } = await context.reload());
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      // One line without a stack: it is a file that is wrong, not the program.
      const reason = `${error.message}; the old configuration stays in force`;
      context.logger.warn({ event: 'admin', action: 'reload' }, `a reload was refused: ${reason}`);
      throw new AdminError('CONFIG_ERROR', reason);
    } finally {
      isUnderWay = false;
    }
    const { policy, pool } = context.view;
    return { reloaded: true, changed, policy: { name: policy.name, hash: policy.hash }, targets: pool.targets.length };
  });
}
