import type { PromotionPlan } from '../../src/policies/promotion.ts';

export const PLAN: PromotionPlan = {
  shadowForMs: 60_000,
  canaryShare: 0.05,
  canaryForMs: 600_000,
  requestsMin: 100,
  guards: { successDropMax: -0.01, lateFirstTokenFactorMax: 2, costFactorMax: 1.1, budgetUseMax: 1 },
};
