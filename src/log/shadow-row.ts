import type { Decision } from '../router/index.ts';
import type { ShadowRow } from './schema.ts';

/** What a shadow would have decided, beside what was decided. */
export interface HeardShadow {
  readonly requestId: string;
  /** That was decided on, from 1. */
  readonly attempt: number;
  readonly policyHash: string;
  readonly decision: Decision;
  /** Of the policy that decided with effect. */
  readonly realPolicyHash: string;
  readonly realTarget: string | null;
}

/**
 * @param sequence position of the input that made the core decide
 * @param ordinal as of the decision that it stands beside
 */
export function shadowRow(sequence: number, ordinal: number, atMs: number, heard: HeardShadow): ShadowRow {
  const { decision } = heard;
  // The sign of a zero is not kept, see decision-row.ts.
  return {
    sequence,
    ordinal,
    at_ms: atMs + 0,
    request_id: heard.requestId,
    attempt: heard.attempt,
    policy_hash: heard.policyHash,
    cause: decision.cause,
    chosen_target: decision.target,
    propensity: decision.propensity + 0,
    explored: decision.explored,
    draw: decision.draw + 0,
    eligible: decision.eligible,
    budget_pressure: decision.budgetPressure + 0,
    real_policy_hash: heard.realPolicyHash,
    real_target: heard.realTarget,
    agrees: decision.target === heard.realTarget,
  };
}
