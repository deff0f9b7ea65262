/** What came of the attempts at one target since the start or the last reset. */
import type { OutcomeKind } from '../../src/router/contract.ts';
import type { AttemptPlan, CutAttempt } from '../twins/attempt-plan.ts';

export interface TargetTally {
  requests: number;
  readonly outcomes: Record<OutcomeKind, number>;
  /** By HTTP status as it was sent; attempts that ended without one are not in it. */
  readonly statuses: Record<string, number>;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  costMicroUsd: number;
}

export function createTargetTally(): TargetTally {
  return {
    requests: 0,
    outcomes: { success: 0, failure: 0, timeout: 0, limited: 0, cancelled: 0 },
    statuses: {},
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    costMicroUsd: 0,
  };
}

/** Notes an attempt that ended by its plan. */
export function tallyEnd(tally: TargetTally, plan: AttemptPlan): void {
  tally.outcomes[plan.kind] += 1;
  if (plan.status !== null) tally.statuses[plan.status] = (tally.statuses[plan.status] ?? 0) + 1;
  tallyProduced(tally, plan);
}

/** Notes an attempt that the caller cut short. */
export function tallyCut(tally: TargetTally, cut: CutAttempt): void {
  tally.outcomes.cancelled += 1;
  tallyProduced(tally, cut);
}

function tallyProduced(tally: TargetTally, produced: CutAttempt): void {
  tally.inputTokens += produced.inputTokens;
  tally.outputTokens += produced.outputTokens;
  tally.cacheReadTokens += produced.cacheReadTokens;
  tally.costMicroUsd += produced.costMicroUsd;
}
