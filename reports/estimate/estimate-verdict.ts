/** What an estimate means for the decision, in plain words: the terminal and the page say the same. */
import type { MetricEstimate, PolicyEstimate } from '../../simulator/estimate/policy-estimate.ts';
import { formatSigned, listWords } from '../format.ts';
import { effectOf, rangeText, wordsOf, type Effect } from './estimated-metrics.ts';

/** Estimates are of one first choice at a time. */
const NEXT_STEP =
  'Each choice was judged alone, under the load, caches and limits that the log’s policy led to; let compare show what the policy leads to when it makes all of them.';

/** One or two sentences and what to do next. */
export function estimateVerdict(estimate: PolicyEstimate): string {
  const { policy, metrics, identifiable } = estimate;
  if (!identifiable) return `This log speaks neither for nor against ${policy}: do not decide by it.`;
  const of = (effect: Effect): readonly MetricEstimate[] => metrics.filter((metric) => effectOf(metric) === effect);
  const better = of('better');
  const worse = of('worse');
  const unclear = of('unclear');
  const open = unclear.length === 0 ? '' : ` No clear difference in ${nouns(unclear)}.`;
  if (better.length === 0 && worse.length === 0) {
    return `This log shows no clear difference between ${policy} and its own policy: ${listWords(unclear.map(undecided))}. It is no reason to change; a longer log would narrow the intervals.`;
  }
  if (worse.length === 0) {
    return `This log speaks for ${policy}: ${listWords(better.map(inWords))}.${open} ${NEXT_STEP}`;
  }
  if (better.length === 0) {
    return `This log speaks against ${policy}: ${listWords(worse.map(inWords))}.${open} Change the policy rather than switch to it.`;
  }
  return `${policy} would be a trade: better in ${listWords(better.map(inWords))}, but worse in ${listWords(worse.map(inWords))}.${open} Decide which matters more; ${NEXT_STEP.charAt(0).toLowerCase()}${NEXT_STEP.slice(1)}`;
}

function nouns(metrics: readonly MetricEstimate[]): string {
  return listWords(
    metrics.map((metric) => wordsOf(metric).noun),
    'or',
  );
}

/** `cost per 1,000 requests −$0.41 (95 %: −$0.52 to −$0.30)` */
function inWords(metric: MetricEstimate): string {
  const { noun } = wordsOf(metric);
  return `${noun} ${differenceText(metric)}`;
}

function undecided(metric: MetricEstimate): string {
  return metric.difference === null || metric.difference.value === null
    ? `${wordsOf(metric).noun} cannot be told`
    : inWords(metric);
}

/** The difference to the log's policy with its sign and its interval. */
export function differenceText(metric: MetricEstimate): string {
  const { formatDifference } = wordsOf(metric);
  const { difference } = metric;
  if (difference === null || difference.value === null) return '–';
  const signed = (value: number | null): string => formatSigned(value, formatDifference);
  const range = rangeText(difference, signed);
  return range === '–' ? signed(difference.value) : `${signed(difference.value)} (95\u00a0%: ${range})`;
}
