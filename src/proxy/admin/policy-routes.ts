/** Promotions over HTTP: what is in force and on its way, a candidate to promote, and the way back. */
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { closedObject } from '../../config/closed-object.ts';
import { evidenceSchema } from '../../config/evidence-schema.ts';
import { policyHash } from '../../config/load-policy.ts';
import { policySchema } from '../../config/policy-schema.ts';
import type { PolicyLifecycle } from '../../policies/lifecycle.ts';
import { planSchema } from '../../policies/promotion-schema.ts';
import type { Promotion } from '../../policies/promotion.ts';
import { PolicyRefusal } from '../../policies/refusal.ts';
import { policyStanding, type PolicyStanding } from '../../policies/standing.ts';
import type { AdminContext } from './admin-context.ts';
import { AdminError } from './admin-error.ts';
import { fieldsOf } from './checked-input.ts';

/** What the routes need of the life of policies. */
export type PolicyDesk = PolicyLifecycle;

/** `GET /admin/policies` */
export interface PoliciesPage {
  /** Core's time, Unix ms. */
  readonly atMs: number;
  readonly inForce: PolicyStanding;
  /** That of the configuration. */
  readonly configured: { readonly name: string; readonly hash: string };
  /** On its way, with guards and figures as they are now; null: none. */
  readonly promotion: Promotion | null;
  /** The last is in force; rollbacks lead back through the others to the policy of the configuration. */
  readonly active: readonly Promotion[];
  /** Over, newest first. */
  readonly past: readonly Promotion[];
}

/** A policy with all the evidence of a long search. */
const PROMOTION_BYTES_MAX = 2 * 1_048_576;
const line = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine((text) => !/\p{Cc}/u.test(text), { error: 'must be one line of plain text' });
const name = line.pipe(z.string().max(200));

const orderSchema = closedObject({
  name,
  policy: policySchema,
  evidence: evidenceSchema.nullable().default(null),
  plan: planSchema,
  who: name,
  force: line.nullable().default(null),
});

const rollbackSchema = closedObject({ who: name, why: line.default('on order') });

/** Adds the routes to the admin API. */
export function policyRoutes(admin: FastifyInstance, { policies, view, logger }: AdminContext): void {
  admin.get('/policies', () => policiesPage(policies, view.nowMs()));
  admin.post('/policies/promote', { config: { takesFields: true, bodyBytesMax: PROMOTION_BYTES_MAX } }, ({ body }) => {
    const { name: policyName, policy, evidence, plan, who, force } = fieldsOf(body, orderSchema);
    if (view.isDraining) throw new AdminError('conflict', 'The proxy is shutting down.');
    const candidate = { name: policyName, policy, hash: policyHash(policy), evidence };
    return answered(() => policies.promote({ candidate, plan, who, force }));
  });
  admin.post('/policies/rollback', { config: { takesFields: true } }, ({ body }) => {
    const { who, why } = fieldsOf(body, rollbackSchema);
    logger.info({ event: 'admin', action: 'rollback', who }, 'a rollback was ordered');
    return answered(() => ({ promotion: policies.rollback(who, why) }));
  });
}

export function policiesPage(policies: PolicyDesk, atMs: number): PoliciesPage {
  const { filePolicy, open: promotion, active, past } = policies;
  const configured = { name: filePolicy.name, hash: filePolicy.hash };
  return { atMs, inForce: policyStanding(policies), configured, promotion, active, past };
}

function answered<T>(order: () => T): T {
  try {
    return order();
  } catch (error) {
    if (!(error instanceof PolicyRefusal)) throw error;
    throw new AdminError(error.kind === 'conflict' ? 'conflict' : 'candidate_refused', error.message);
  }
}
