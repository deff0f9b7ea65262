import type { AttemptOutcome, Command, OperatorOrder, RouterRequest, TargetState } from './contract.ts';
import type { Policy } from './policy.ts';
import type { PoolDefinition } from './pool.ts';

/** Changes whenever the same inputs may give other decisions. */
export const CORE_VERSION = '1';

export interface RouterOptions {
  /** Base of all keyed draws; any safe integer. */
  readonly seed: number;
  /** Put the candidates into each decision. Costs time, changes nothing else. */
  readonly explain?: boolean;
}

/** JSON-safe; holds pool, policy, options and all state. */
export type RouterSnapshot = Readonly<Record<string, unknown>>;

export interface Router {
  readonly targetIds: readonly string[];
  begin(request: RouterRequest, nowMs: number): readonly Command[];
  observe(outcome: AttemptOutcome, nowMs: number): readonly Command[];
  wake(nowMs: number): readonly Command[];
  /** Operator's orders: disable, enable, cool down a target. */
  order(order: OperatorOrder, nowMs: number): readonly Command[];
  /** When `wake` has something to do next; Infinity when nothing is due. */
  readonly nextWakeAtMs: number;
  stateOf(targetIndex: number): TargetState;
  /** What is limited, for people, e.g. `key aurora.main: tokens per 1m`. */
  readonly budgetLabels: readonly string[];
  /** Use of a budget rule now, 1 = at its limit. */
  budgetUse(ruleIndex: number, nowMs: number): number;
  /** Requests known to the router that have not ended: in flight, queued or backing off. */
  readonly openRequests: number;
  snapshot(): RouterSnapshot;
}

export function createRouter(_pool: PoolDefinition, _policy: Policy, _options: RouterOptions): Router {
  throw new Error('replaced in the next commit');
}

export function restoreRouter(_snapshot: RouterSnapshot): Router {
  throw new Error('replaced in the next commit');
}
