import type { TransitionRow } from './schema.ts';

/** One step in the life of a policy, as `src/policies` knows it; a promotion has several. */
export interface LoggedTransition {
  readonly atMs: number;
  readonly promotionId: string;
  readonly policyHash: string;
  readonly policyName: string;
  readonly from: string;
  readonly to: string;
  readonly who: string;
  readonly why: string;
}

export function transitionRow(step: LoggedTransition): TransitionRow {
  return {
    at_ms: step.atMs + 0,
    promotion_id: step.promotionId,
    policy_hash: step.policyHash,
    policy_name: step.policyName,
    from_stage: step.from,
    to_stage: step.to,
    who: step.who,
    why: step.why,
  };
}
