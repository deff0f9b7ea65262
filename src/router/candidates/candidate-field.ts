/**
 * The scratch arrays of one decision, indexed by target. They are overwritten by the next decision and hold
 * everything an explanation needs, so that explaining never computes anything again.
 */
import { REJECTIONS, type Rejection } from '../contract.ts';
import type { Tier } from '../routes/compiled-routes.ts';
import type { Lane } from '../state/compiled-lanes.ts';

export const ELIGIBLE = 0;
/** What stands in `rejection` for each reason. */
export const REJECTION_CODE = Object.fromEntries(
  REJECTIONS.map((rejection, index) => [rejection, index + 1]),
) as Readonly<Record<Rejection, number>>;

/** Columns of `values`: what depends on the request. The other terms stand in `TargetStanding`. */
export const FIELD = {
  SCORE: 0,
  /** What a weighted pick is proportional to. */
  WEIGHT: 1,
  /** Terms, each in [0, 1]. */
  CACHE: 2,
  COST: 3,
  /** Expected cost of this request at the target, micro-USD. */
  EXPECTED_COST: 4,
  COLUMNS: 5,
} as const;
const { SCORE, WEIGHT, COLUMNS } = FIELD;

const NO_LANE: Lane = {
  model: '',
  targets: new Int32Array(0),
  tiers: [{ route: null, pool: null, targets: new Int32Array(0), mode: null, weights: null }],
  tierOf: null,
  lastResort: null,
  isModelOfKeys: false,
  everyone: { capabilities: 0, contextTokens: 0, outputTokens: 0, protocols: null, inputPrice: 0, outputPrice: 0 },
};

export class CandidateField {
  /** {@link ELIGIBLE}, or 1 + the position in `REJECTIONS`. */
  readonly rejection: Uint8Array;
  /** The targets that passed all filters, ascending; the first `eligibleCount` entries count. */
  eligible: Int32Array;
  eligibleCount = 0;
  /** How many of the eligible are probing. */
  probingCount = 0;
  /** `FIELD.COLUMNS` numbers a target. */
  readonly values: Float64Array;
  /** Rows of `TargetStanding`, `STANDING.COLUMNS` numbers a target. */
  readonly standing: Float64Array;
  /** Highest use of a money budget among the eligible, 1 = at the limit. */
  moneyUse = 0;
  /** Where the last filtering looked, and the tier that all of the eligible are of. */
  lane: Lane = NO_LANE;
  tier: Tier = NO_LANE.tiers[0]!;
  /** What the client key's budgets leave in micro-USD, and their highest use. */
  clientMicroUsdLeft = Infinity;
  clientUse = 0;

  private readonly listed: Int32Array;
  private hasRejections = false;

  constructor(targets: number, standing: Float64Array) {
    this.rejection = new Uint8Array(targets);
    this.listed = new Int32Array(targets);
    this.eligible = this.listed;
    this.values = new Float64Array(targets * COLUMNS);
    this.standing = standing;
  }

  /** All these targets are eligible; the array is read only and may be the caller's for good. */
  takeAll(targets: Int32Array): void {
    if (this.hasRejections) this.rejection.fill(ELIGIBLE);
    this.hasRejections = false;
    this.eligible = targets;
    this.eligibleCount = targets.length;
  }

  /** A list to be filled by the caller, who then sets `eligibleCount` and every target's rejection. */
  startList(): Int32Array {
    this.hasRejections = true;
    this.eligible = this.listed;
    return this.listed;
  }

  score(target: number): number {
    return this.values[target * COLUMNS + SCORE]!;
  }

  weight(target: number): number {
    return this.values[target * COLUMNS + WEIGHT]!;
  }
}
