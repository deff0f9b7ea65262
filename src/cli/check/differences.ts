/** Cost, first token and success under the other policy, from an estimate or from a replay. */
import type { PolicyEstimate } from '../../../simulator/estimate/policy-estimate.ts';
import type { ComparedPolicies } from '../../../simulator/compare/compare.ts';
import type { PolicyRun } from '../../../simulator/result.ts';
import type { Interval } from '../../../simulator/statistics/block-bootstrap.ts';
import type { CheckDifference } from './check-result.ts';

type Subject = CheckDifference['subject'];

const ESTIMATED = [
  ['cost', 'costUsdPer1kRequests'],
  ['first-token', 'firstTokenMs'],
  ['success', 'successRatio'],
] as const;

/** Doubly robust less what the log's policy got; empty when that cannot be known. */
export function estimatedDifferences({ identifiable, metrics }: PolicyEstimate): CheckDifference[] {
  if (!identifiable) return [];
  return ESTIMATED.flatMap(([subject, name]) => {
    const found = metrics.find(({ metric }) => metric === name);
    if (found?.difference === undefined || found.difference === null) return [];
    return [differenceOf(subject, name, found.logging.value, found.difference)];
  });
}

/** Of a policy that chooses as the log's does, everywhere: what came of it came of it. */
export function noDifferences({ metrics }: PolicyEstimate): CheckDifference[] {
  const zero: Interval = { value: 0, low95: 0, high95: 0 };
  return ESTIMATED.flatMap(([subject, name]) => {
    const found = metrics.find(({ metric }) => metric === name);
    return found === undefined ? [] : [differenceOf(subject, name, found.logging.value, zero)];
  });
}

const REPLAYED: readonly (readonly [Subject, string, (run: PolicyRun) => number | null])[] = [
  ['cost', 'costUsdPer1kRequests', (run) => run.costUsdPer1kRequests],
  ['first-token', 'firstTokenMs.p95', (run) => run.firstTokenMs.p95],
  ['success', 'successRatio', (run) => run.successRatio],
];

/** Paired, of the first policy of a comparison less the second, which is the log's. */
export function replayedDifferences({ policies, paired }: ComparedPolicies): CheckDifference[] {
  const logged = policies[1];
  if (logged === undefined) return [];
  return REPLAYED.flatMap(([subject, name, valueOf]) => {
    const found = paired.find(({ metric }) => metric === name);
    if (found === undefined) return [];
    const { difference: value, low95, high95 } = found;
    return [differenceOf(subject, name, valueOf(logged), { value, low95, high95 })];
  });
}

function differenceOf(
  subject: Subject,
  metric: string,
  logged: number | null,
  { value, low95, high95 }: Interval,
): CheckDifference {
  const difference = { value, low95, high95 };
  return {
    subject,
    metric,
    logged,
    difference,
    change: subject === 'success' ? difference : shareOf(difference, logged),
  };
}

/** An interval as a share of what it is added to; of nothing, a difference of nothing is none, and any other is unknown. */
function shareOf(difference: Interval, logged: number | null): Interval {
  const share = (amount: number | null): number | null => {
    if (amount === null || logged === null) return null;
    if (logged === 0) return amount === 0 ? 0 : null;
    return amount / logged;
  };
  return { value: share(difference.value), low95: share(difference.low95), high95: share(difference.high95) };
}
