/**
 * The scratch arrays of one decision, indexed by target. They are overwritten by the next decision and hold
 * everything an explanation needs, so that explaining never computes anything again.
 */
import { SCORE_TERMS } from '../policy.ts';

export const TERM_COUNT = SCORE_TERMS.length;
export const ELIGIBLE = 0;

export class CandidateField {
  /** {@link ELIGIBLE}, or 1 + the position in `REJECTIONS`. */
  readonly rejection: Uint8Array;
  /** The targets that passed all filters, ascending; the first `eligibleCount` entries count. */
  readonly eligible: Int32Array;
  eligibleCount = 0;
  /** `TERM_COUNT` values a target, each in [0, 1]. */
  readonly terms: Float64Array;
  readonly score: Float64Array;
  /** What a weighted pick is proportional to. */
  readonly weight: Float64Array;
  /** Expected cost of this request at the target, micro-USD. */
  readonly expectedCost: Float64Array;
  /** Decayed mean time to first token, ms. */
  readonly firstTokenMs: Float64Array;
  /** Attempts in flight relative to the limit (or to the policy's reference), >= 0. */
  readonly busyness: Float64Array;

  constructor(targets: number) {
    this.rejection = new Uint8Array(targets);
    this.eligible = new Int32Array(targets);
    this.terms = new Float64Array(targets * TERM_COUNT);
    this.score = new Float64Array(targets);
    this.weight = new Float64Array(targets);
    this.expectedCost = new Float64Array(targets);
    this.firstTokenMs = new Float64Array(targets);
    this.busyness = new Float64Array(targets);
  }
}
