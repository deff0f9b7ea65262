/** How the policies of a tuning look: the same colours in every chart and table. */
import type { TuningResult } from '../../simulator/tune/tuning-result.ts';
import { MUTED, policyDash, policyPaint, rolePaint, type Paint } from '../palette.ts';

export const INCUMBENT_PAINT = policyPaint(0);
export const CANDIDATE_PAINT = policyPaint(1);
export const CANDIDATE_DASH = policyDash(1);
export const BASELINE_PAINT = policyPaint(4);
export const FEASIBLE_PAINT = rolePaint('better');
export const INFEASIBLE_PAINT: Paint = MUTED;

/** The colour of a policy by its hash; null of one without a part of its own. */
export function paintOf({ incumbent, candidate, compared }: TuningResult, policyHash: string): Paint | null {
  if (policyHash === incumbent.policyHash) return INCUMBENT_PAINT;
  if (policyHash === candidate?.policyHash) return CANDIDATE_PAINT;
  return compared.some((policy) => policy.policyHash === policyHash) ? BASELINE_PAINT : null;
}
