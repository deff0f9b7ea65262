/** The plain words on top: did it come as promised, is it better than what it took the place of, and why not. */
import type { MeasuredDifference, MeasuredMetric, MeasuredPromotion } from '../../src/policies/measured-promotion.ts';
import { formatCount, formatPercent, formatSigned, listWords, plural } from '../format.ts';
import type { Answer, Summary } from '../summary/summary.ts';
import { objectiveMetric } from '../tuning/objective-metrics.ts';
import { predictionVerdict } from '../tuning/prediction-verdict.ts';
import {
  isApart,
  isWorse,
  offBy,
  promotionVerdict,
  trafficChanges,
  type TrafficChange,
} from './promotion-judgement.ts';

/** Metrics named in the headline; more are counted. */
const NAMED_MAX = 3;

export function summarisePromotion(measured: MeasuredPromotion): Summary {
  return {
    headline: headlineOf(measured),
    answers: [promisedAnswer(measured), betterAnswer(measured), trafficAnswer(measured)],
    cautions: cautionsOf(measured),
  };
}

function headlineOf(measured: MeasuredPromotion): string {
  const { metrics, candidate } = measured;
  const known = metrics.filter(({ agreement }) => agreement !== 'unknown');
  const inside = known.filter(({ agreement }) => agreement === 'inside').length;
  switch (promotionVerdict(measured)) {
    case 'unknown':
      return `Nothing can be said of ${candidate.name}: no measured figure stands beside a predicted interval.`;
    case 'early':
      return `Too early to say: ${plural(candidate.requests, 'request')} of ${candidate.name} are in the log, and fewer than 500 make no interval to rely on.`;
    case 'kept':
      return `${keptWords(measured)}: ${inside} of ${plural(known.length, 'figure')} came where it was to be expected${inside === known.length ? '' : ', and the intervals of the rest meet it'}.${missedGainWords(measured)}`;
    case 'worse':
      return `The promise was not kept: ${namedWords(metrics.filter(isWorse))}.${causeWords(measured)}`;
    case 'better':
      return `It came better than promised: ${namedWords(metrics.filter(isApart))}. No harm, but the simulator was off.${causeWords(measured)}`;
  }
}

function keptWords(measured: MeasuredPromotion): string {
  return missedGains(measured).length === 0 ? 'The simulator earned its trust' : 'It came as promised';
}

/** What the policy itself does can be foretold well, and what it gains badly, when the old policy was not understood. */
function missedGainWords(measured: MeasuredPromotion): string {
  const missed = missedGains(measured);
  if (missed.length === 0) return '';
  const words = missed.slice(0, NAMED_MAX).map(({ metric, predicted, measured: found }) => {
    const { noun, formatDifference } = objectiveMetric(metric);
    return `${noun} ${formatSigned(found.value, formatDifference)}, predicted ${formatSigned(predicted.value, formatDifference)}`;
  });
  return ` But what it gains over ${measured.main?.name ?? 'the old policy'}, which served beside it, did not: ${listWords(words)}. The simulator was wrong of the old policy.`;
}

/** Differences to the old policy whose intervals, predicted and measured, do not meet. */
function missedGains({ differences }: MeasuredPromotion): readonly MeasuredDifference[] {
  return differences.filter(({ predicted, measured }) => {
    if (predicted.low95 === null || predicted.high95 === null) return false;
    if (measured.low95 === null || measured.high95 === null) return false;
    return measured.low95 > predicted.high95 || measured.high95 < predicted.low95;
  });
}

function namedWords(metrics: readonly MeasuredMetric[]): string {
  const words = metrics.slice(0, NAMED_MAX).map(metricWords);
  if (metrics.length > NAMED_MAX) words.push(`${metrics.length - NAMED_MAX} more`);
  return listWords(words);
}

/** `time to the first token (p95) 2.10 s instead of 1.60 s (+31.3 %; 1.50 s to 1.70 s was to be expected)` */
function metricWords(metric: MeasuredMetric): string {
  const { noun, format } = objectiveMetric(metric.metric);
  const { predicted, expected, measured } = metric;
  const off = offBy(metric);
  const share = off === null ? '' : `${formatSigned(off, (ratio) => formatPercent(ratio, 1))}; `;
  const range = `${format(expected.low95)} to ${format(expected.high95)}`;
  return `${noun} ${format(measured.value)} instead of ${format(predicted.value)} (${share}${range} was to be expected)`;
}

function causeWords(measured: MeasuredPromotion): string {
  const changes = trafficChanges(measured);
  if (changes.length === 0) {
    return ' The traffic is much as it was, so that is no excuse: the twins, or the providers, are not what they were taken for.';
  }
  return ` The traffic has changed, which no prediction knew: ${listWords(changes.map(changeWords))}. That may be why.`;
}

function changeWords({ what, change, against }: TrafficChange): string {
  const beside = against === 'trace' ? 'in the trace' : 'in the log before';
  if (what === 'classes') return `${formatPercent(change, 0)} of the requests are of other classes than ${beside}`;
  const signed = formatSigned(change, (ratio) => formatPercent(ratio, 0));
  return what === 'load'
    ? `the load is ${signed} of that ${beside}`
    : `requests are ${signed} in size against those ${beside}`;
}

function promisedAnswer(measured: MeasuredPromotion): Answer {
  const { metrics } = measured;
  const known = metrics.filter(({ agreement }) => agreement !== 'unknown');
  const apart = known.filter(isApart).length;
  const words = { kept: 'Yes', worse: 'No', better: 'Better', early: 'Too early', unknown: 'Not known' } as const;
  return {
    question: 'As promised?',
    answer: words[promotionVerdict(measured)],
    evidence: [
      `${known.filter(({ agreement }) => agreement === 'inside').length} of ${plural(known.length, 'figure')} where they were to be expected (95\u00a0%), ${known.filter(({ agreement }) => agreement === 'overlapping').length} outside but with intervals that meet, ${apart} clearly apart.`,
      ...metrics
        .filter(({ agreement }) => agreement !== 'unknown')
        .slice(0, NAMED_MAX)
        .map((metric) => sentenceOf(metric)),
    ],
  };
}

function sentenceOf(metric: MeasuredMetric): string {
  const words = metricWords(metric).replace(' instead of ', ', predicted ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function betterAnswer({ differences, main, window }: MeasuredPromotion): Answer {
  const question = 'Better than before?';
  if (main === null || differences.length === 0) {
    return {
      question,
      answer: 'Not measured',
      evidence: [
        window.stages.includes('canary')
          ? 'No request of the old policy is in the log of that time.'
          : 'There was no canary, so nothing served beside it; before and after differ in more than the policy.',
      ],
    };
  }
  const verdicts = differences.map((difference) => ({ difference, verdict: measuredVerdict(difference) }));
  const better = verdicts.filter(({ verdict }) => verdict === 'better').length;
  const worse = verdicts.filter(({ verdict }) => verdict === 'worse').length;
  return {
    question,
    answer: `Clearly in ${better} of ${differences.length}, clearly worse in ${worse}`,
    evidence: [
      `Beside ${plural(main.requests, 'request')} that ${main.name} served at the same time.`,
      ...verdicts.slice(0, NAMED_MAX).map(({ difference, verdict }) => differenceSentence(difference, verdict)),
    ],
  };
}

/** What the measured difference allows to say of the candidate. */
export function measuredVerdict({ metric, measured }: MeasuredDifference): ReturnType<typeof predictionVerdict> {
  return predictionVerdict({ metric, incumbent: measured, candidate: measured, difference: measured });
}

function differenceSentence(
  { metric, predicted, measured }: MeasuredDifference,
  verdict: ReturnType<typeof predictionVerdict>,
): string {
  const { label, formatDifference } = objectiveMetric(metric);
  const clear = verdict === 'better' || verdict === 'worse' ? `clearly ${verdict}` : 'not clear';
  return `${label}: ${formatSigned(measured.value, formatDifference)} (${clear}), predicted ${formatSigned(predicted.value, formatDifference)}.`;
}

function trafficAnswer(measured: MeasuredPromotion): Answer {
  const changes = trafficChanges(measured);
  const { now, trace } = measured.traffic;
  return {
    question: 'The same traffic?',
    answer:
      changes.length === 0 ? 'Much the same' : `Changed: ${listWords([...new Set(changes.map(({ what }) => what))])}`,
    evidence: [
      `${formatCount(rounded(now.requestsPerHour))} requests an hour, ${formatCount(rounded(trace.requestsPerHour))} in the trace.`,
      ...changes.map((change) => {
        const words = changeWords(change);
        return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
      }),
    ],
  };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

function cautionsOf({ evidence, window, candidate, metrics, promotion }: MeasuredPromotion): readonly string[] {
  const cautions: string[] = [];
  if (Date.parse(evidence.validUntil) < window.toMs) {
    cautions.push(
      `The evidence was good until ${evidence.validUntil.slice(0, 10)}; part of what was measured came after. Tune again.`,
    );
  }
  if (promotion.stage === 'rolled_back') {
    cautions.push('It was rolled back, so what was measured may be the trouble that led to it, not its usual day.');
  }
  if (candidate.requests > 0 && candidate.open / candidate.requests > 0.01) {
    cautions.push(
      `${formatPercent(candidate.open / candidate.requests, 1)} of its requests have no end in the log and count in no time and no success; the cost counts them.`,
    );
  }
  const wide = metrics.filter(
    (each) => each.agreement !== 'unknown' && !isApart(each) && isWide(each.predicted, each.measured),
  );
  if (wide.length > 0) {
    cautions.push(
      `${listWords(wide.map(({ metric }) => objectiveMetric(metric).label))}: the measured interval is more than three times as wide as the predicted one, so it would meet nearly anything.`,
    );
  }
  return cautions;
}

function isWide(predicted: MeasuredMetric['predicted'], measured: MeasuredMetric['measured']): boolean {
  if (predicted.low95 === null || predicted.high95 === null) return false;
  if (measured.low95 === null || measured.high95 === null) return false;
  const width = predicted.high95 - predicted.low95;
  return width > 0 && measured.high95 - measured.low95 > 3 * width;
}
