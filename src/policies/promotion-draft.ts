/** Promotions at their two ends: as a draft, and as they are kept when they are over. */
import type { Evidence } from '../config/evidence-schema.ts';
import { poolFingerprint } from '../config/pool-fingerprint.ts';
import type { PoolDefinition } from '../router/pool.ts';
import type { AppliedPolicy, ArmFigures, Promotion, PromotionPlan } from './promotion.ts';

const NO_FIGURES: ArmFigures = { requests: 0, completed: 0, costUsd: 0, metrics: {} };
/** Promotions that are over and still known. */
const PAST_MAX = 20;

/**
 * @param policy as it would be in force
 * @param incumbent what is in force now
 * @param atMs core's time
 */
export function draftPromotion(
  policy: AppliedPolicy,
  evidence: Evidence | null,
  plan: PromotionPlan,
  incumbent: AppliedPolicy,
  pool: PoolDefinition,
  atMs: number,
): Promotion {
  return {
    id: `${policy.hash.slice(0, 12)}-${Math.round(atMs).toString(36)}`,
    policyName: policy.name,
    policyHash: policy.hash,
    policy: policy.policy,
    evidence,
    incumbentName: incumbent.name,
    incumbentHash: incumbent.hash,
    pool: poolFingerprint(pool),
    plan,
    stage: 'draft',
    stageSinceMs: atMs,
    pausedMs: 0,
    transitions: [],
    guards: [],
    shadow: { decisions: 0, differs: 0 },
    figures: { main: NO_FIGURES, canary: NO_FIGURES },
  };
}

/** In words, what speaks for it. */
export function evidenceText(evidence: Evidence | null): string {
  if (evidence === null) return 'without evidence';
  const { createdAt, trace, why } = evidence;
  return `evidence of ${createdAt} over ${trace.requests} requests: ${why}`;
}

export function appliedPolicy({ policyName: name, policyHash: hash, policy }: Promotion): AppliedPolicy {
  return { name, hash, policy };
}

/** The list with another one that is over at its head, without the bulk of its evidence. */
export function withPast(past: readonly Promotion[], ended: Promotion): Promotion[] {
  const { evidence } = ended;
  const brief = evidence === null ? null : { ...evidence, compared: [], pareto: [] };
  return [{ ...ended, evidence: brief }, ...past].slice(0, PAST_MAX);
}
