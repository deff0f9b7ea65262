/**
 * Load term: 1 for an idle target, falling to 0 as its key fills up or one of its budgets runs out.
 * Busy is not degraded: this term is the only place where load counts.
 *
 * @param busyness attempts in flight relative to the concurrency limit, or to the policy's reference when there is none, >= 0
 * @param isLimited whether there is a concurrency limit; without one the term is 1 / (1 + busyness)
 * @param budgetPressure pressure of the target's own budgets, 0 to 1
 */
export function loadTerm(busyness: number, isLimited: boolean, budgetPressure: number): number {
  const room = isLimited ? Math.max(0, 1 - busyness) : 1 / (1 + busyness);
  return Math.min(room, 1 - budgetPressure);
}
