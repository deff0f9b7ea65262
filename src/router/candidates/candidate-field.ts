/**
 * The scratch arrays of one decision, indexed by target. They are overwritten by the next decision and hold
 * everything an explanation needs, so that explaining never computes anything again.
 */
export const ELIGIBLE = 0;

export class CandidateField {
  /** {@link ELIGIBLE}, or 1 + the position in `REJECTIONS`. */
  readonly rejection: Uint8Array;
  /** The targets that passed all filters, ascending; the first `eligibleCount` entries count. */
  readonly eligible: Int32Array;
  eligibleCount = 0;
  /** Highest use of a money budget among the eligible, 1 = at the limit. */
  moneyUse = 0;
  /** What the client key's budgets leave in micro-USD, and their highest use. */
  clientMicroUsdLeft = Infinity;
  clientUse = 0;
  /** The terms that depend on the request, each in [0, 1]; the others stand in `standing`. */
  readonly cache: Float64Array;
  readonly cost: Float64Array;
  readonly load: Float64Array;
  readonly score: Float64Array;
  /** What a weighted pick is proportional to. */
  readonly weight: Float64Array;
  /** Expected cost of this request at the target, micro-USD. */
  readonly expectedCost: Float64Array;
  /** Rows of `TargetStanding`. */
  readonly standing: Float64Array;

  constructor(targets: number, standing: Float64Array) {
    this.rejection = new Uint8Array(targets);
    this.eligible = new Int32Array(targets);
    this.cache = new Float64Array(targets);
    this.cost = new Float64Array(targets);
    this.load = new Float64Array(targets);
    this.score = new Float64Array(targets);
    this.weight = new Float64Array(targets);
    this.expectedCost = new Float64Array(targets);
    this.standing = standing;
  }
}
