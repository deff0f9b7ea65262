/** What the admin API says of the proxy as it is now. */
import type { LiveLogHealth } from '../../log/live/live-log.ts';
import { budgetPressure, CORE_VERSION, type BudgetView, type SelectionMode } from '../../router/index.ts';
import type { PolicyStanding } from '../../policies/standing.ts';
import type { UpstreamCounts } from '../upstream/index.ts';
import { targetStatuses, type ProxyView, type RouteStatus, type TargetStatus } from '../watch/index.ts';

/** `GET /admin/status` */
export interface StatusPage {
  readonly version: string;
  readonly coreVersion: string;
  readonly startedAtMs: number;
  readonly uptimeSeconds: number;
  readonly isDraining: boolean;
  readonly policy: {
    readonly name: string;
    readonly hash: string;
    readonly mode: SelectionMode;
    readonly explorationRate: number;
    /** Where it comes from, in plain words, and which one is on its way. */
    readonly source: PolicyStanding['source'];
    readonly why: string;
    readonly candidate: PolicyStanding['candidate'];
  };
  /** Requests whose clients wait, and those of them in a queue. */
  readonly openRequests: number;
  readonly waitingRequests: number;
  /** Sorted by id. */
  readonly targets: readonly TargetStatus[];
  /** In the order of the configuration, then `forced` and `sticky`; empty for a pool without routes. */
  readonly routes: readonly RouteStatus[];
  /** Sessions with instructions in force, or bound to a target. */
  readonly rememberedSessions: number;
  readonly log: LiveLogHealth;
  readonly upstream: UpstreamCounts;
}

export function statusPage(view: ProxyView, routes: readonly RouteStatus[]): StatusPage {
  const { name, hash, policy } = view.policy;
  const { source, why, candidate } = view.policyStanding();
  return {
    version: view.version,
    coreVersion: CORE_VERSION,
    startedAtMs: view.startedAtMs,
    uptimeSeconds: uptimeSeconds(view),
    isDraining: view.isDraining,
    policy: { name, hash, mode: policy.mode, explorationRate: policy.explorationRate, source, why, candidate },
    openRequests: view.openRequests,
    waitingRequests: view.router.waitingRequests,
    targets: targetStatuses(view),
    routes,
    rememberedSessions: view.router.rememberedSessions,
    log: view.logHealth(),
    upstream: view.upstreamCounts(),
  };
}

export function uptimeSeconds(view: ProxyView): number {
  return Math.round((view.nowMs() - view.startedAtMs) / 1_000);
}

/** `GET /admin/budgets`; limits and use in the rule's unit, micro-USD for money. */
export interface BudgetPage {
  readonly atMs: number;
  readonly budgets: readonly (BudgetView & {
    /** `used / limit`; above 1 when attempts used more than was reserved for them. */
    readonly useRatio: number;
    /** What it makes of decisions by the policy in force, 0 to 1: nothing below the soft threshold, all at the limit. */
    readonly pressure: number;
  })[];
}

export function budgetPage(view: ProxyView): BudgetPage {
  const { router, policy } = view;
  const { softThreshold } = policy.policy.budget;
  const atMs = view.nowMs();
  const budgets = router.budgetLabels.map((_, index) => {
    const budget = router.viewBudget(index, atMs);
    const useRatio = budget.used / budget.limit;
    return { ...budget, useRatio, pressure: budgetPressure(useRatio, softThreshold) };
  });
  return { atMs, budgets };
}
