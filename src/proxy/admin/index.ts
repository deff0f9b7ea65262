/** What operates the live proxy over HTTP. */
import type { FastifyPluginAsync } from 'fastify';
import type { AdminContext } from './admin-context.ts';
import type { AdminLogin } from './admin-login.ts';
import { adminRoutes } from './admin-routes.ts';
import { healthRoutes } from './health-routes.ts';

export type { AdminContext } from './admin-context.ts';
export { answerAdminError, answerUnservedAsAdmin, problemOf } from './admin-error.ts';
export { createAdminLogin, type AdminLogin } from './admin-login.ts';
export type { HealthPage, HealthStatus } from './health-page.ts';
export type { PoliciesPage } from './policy-routes.ts';
export type { BudgetPage, StatusPage } from './status-page.ts';

/**
 * All routes for operators and their programs: `/admin/*`, `/health`, `/api/health`, `/metrics`. To be registered
 * without a prefix.
 *
 * @param login shared with the console
 */
export function operatorRoutes(context: AdminContext, { check }: AdminLogin): FastifyPluginAsync {
  return async (app) => {
    await app.register(adminRoutes(context, check, '/admin'));
    await app.register(healthRoutes(context, check));
  };
}
