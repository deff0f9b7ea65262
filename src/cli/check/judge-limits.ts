/** Holds what a check found against the limits that were set. */
import type { Interval } from '../../../simulator/statistics/block-bootstrap.ts';
import type { CheckDifference, LimitName, LimitReading, LimitVerdict } from './check-result.ts';

/** Ratios; what is left out is not limited. */
export interface CheckLimits {
  readonly maxChanged?: number;
  readonly maxCostIncrease?: number;
  readonly maxFirstTokenIncrease?: number;
  /** At or below 0: how much fewer may be answered, in parts of all requests. */
  readonly minSuccessChange?: number;
}

const NOTHING: Interval = { value: null, low95: null, high95: null };

/**
 * @param isWhole whether the differences are all that the policy would change; where they are not, they break limits but
 *   cannot show one to be kept
 */
export function judgeLimits(
  limits: CheckLimits,
  changedRatio: number,
  differences: readonly CheckDifference[],
  isWhole: boolean,
): LimitReading[] {
  const changeOf = (subject: CheckDifference['subject']): Interval =>
    differences.find((difference) => difference.subject === subject)?.change ?? NOTHING;
  const counted: Interval = { value: changedRatio, low95: changedRatio, high95: changedRatio };
  const most = (limit: LimitName, allowed: number | undefined, found: Interval, isCount = false): LimitReading[] =>
    allowed === undefined ? [] : [reading(limit, allowed, found, atMost(found, allowed), isCount || isWhole)];
  return [
    ...most('max-changed', limits.maxChanged, counted, true),
    ...most('max-cost-increase', limits.maxCostIncrease, changeOf('cost')),
    ...most('max-first-token-increase', limits.maxFirstTokenIncrease, changeOf('first-token')),
    ...(limits.minSuccessChange === undefined
      ? []
      : [
          reading(
            'min-success-change',
            limits.minSuccessChange,
            changeOf('success'),
            atLeast(changeOf('success'), limits.minSuccessChange),
            isWhole,
          ),
        ]),
  ];
}

function reading(
  limit: LimitName,
  allowed: number,
  { value, low95, high95 }: Interval,
  verdict: LimitVerdict,
  isWhole: boolean,
): LimitReading {
  return { limit, allowed, value, low95, high95, verdict: verdict === 'kept' && !isWhole ? 'not-shown' : verdict };
}

function atMost({ low95, high95 }: Interval, allowed: number): LimitVerdict {
  if (low95 === null || high95 === null) return 'not-shown';
  if (high95 <= allowed) return 'kept';
  return low95 > allowed ? 'broken' : 'not-shown';
}

function atLeast({ low95, high95 }: Interval, allowed: number): LimitVerdict {
  if (low95 === null || high95 === null) return 'not-shown';
  if (low95 >= allowed) return 'kept';
  return high95 < allowed ? 'broken' : 'not-shown';
}

/** Whether the check passes: nothing is broken, and all is shown unless that is not asked for. */
export function passes(limits: readonly LimitReading[], allowNotShown: boolean): boolean {
  return limits.every(({ verdict }) => verdict === 'kept' || (verdict === 'not-shown' && allowNotShown));
}
