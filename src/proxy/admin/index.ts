/** What operates the live proxy over HTTP. */
import type { FastifyPluginAsync } from 'fastify';
import type { AdminContext } from './admin-context.ts';
import { createAdminCheck } from './admin-login.ts';
import { adminRoutes } from './admin-routes.ts';
import { healthRoutes } from './health-routes.ts';

export type { AdminContext } from './admin-context.ts';
export { answerAdminError, answerUnservedAsAdmin, problemOf } from './admin-error.ts';
export type { HealthPage, HealthStatus } from './health-page.ts';
export type { PoliciesPage } from './policy-routes.ts';
export type { BudgetPage, StatusPage } from './status-page.ts';

/** All routes for operators: `/admin/*`, `/health`, `/api/health`, `/metrics`. To be registered without a prefix. */
export function operatorRoutes(context: AdminContext): FastifyPluginAsync {
  const check = createAdminCheck(context);
  return async (app) => {
    await app.register(adminRoutes(context, check));
    await app.register(healthRoutes(context, check));
  };
}
