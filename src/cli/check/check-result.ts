/** What `check` finds: a plain, JSON-safe object, stable for those who build on `--json`. Ratios are 0 to 1. */
import type { ChangedMove, ChangedPart } from '../../../simulator/estimate/decision-changes.ts';
import type { Interval } from '../../../simulator/statistics/block-bootstrap.ts';

/**
 * Where the differences come from. `same-choices`: nothing changes, so they are zero. `estimate`: doubly robust, from the
 * log's own chance. `replay`: of both policies over the log's requests in a scenario. `none`: they are not known.
 */
export type CheckMethod = 'same-choices' | 'estimate' | 'replay' | 'none';

export interface CheckDifference {
  readonly subject: 'cost' | 'first-token' | 'success';
  /** As in the other results: `costUsdPer1kRequests`, `firstTokenMs` (a mean), `firstTokenMs.p95`, `successRatio`. */
  readonly metric: string;
  /** What the log's policy got. */
  readonly logged: number | null;
  /** The policy less the log's, with its 95 % interval. */
  readonly difference: Interval;
  /** The same as a share of `logged`; of success the difference itself. */
  readonly change: Interval;
}

export type LimitName = 'max-changed' | 'max-cost-increase' | 'max-first-token-increase' | 'min-success-change';

/**
 * `kept`: the whole 95 % interval keeps to the limit. `broken`: the whole of it is beyond. `not-shown`: it holds the
 * limit, or there is no figure.
 */
export type LimitVerdict = 'kept' | 'broken' | 'not-shown';

export interface LimitReading {
  readonly limit: LimitName;
  /** A ratio. */
  readonly allowed: number;
  readonly value: number | null;
  readonly low95: number | null;
  readonly high95: number | null;
  readonly verdict: LimitVerdict;
}

export interface CheckResult {
  readonly kind: 'check';
  readonly formatVersion: 1;
  readonly coreVersion: string;
  readonly log: string;
  readonly policy: { readonly name: string; readonly hash: string };
  /** The one that the log ends with; null when the log does not say. */
  readonly loggedPolicy: { readonly name: string; readonly hash: string } | null;
  /** Choices in the log, retries included, and those that the policy would make otherwise. */
  readonly decisions: number;
  readonly changed: number;
  readonly changedRatio: number;
  readonly byClass: readonly ChangedPart[];
  readonly byRoute: readonly ChangedPart[];
  readonly moves: readonly ChangedMove[];
  readonly method: CheckMethod;
  /** In words: what the method does, or why there is none. */
  readonly methodText: string;
  readonly differences: readonly CheckDifference[];
  readonly limits: readonly LimitReading[];
  /** Whether a limit that is not shown to be kept lets pass. */
  readonly allowNotShown: boolean;
  readonly pass: boolean;
  /** What a person should know, one line each. */
  readonly notes: readonly string[];
}
