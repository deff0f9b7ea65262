/** The metrics of an estimate in words: as in a comparison where that has them too. */
import type { MetricEstimate, PolicyEstimate } from '../../simulator/estimate/policy-estimate.ts';
import { formatMs, formatPercent, formatPoints, type Formatter } from '../format.ts';
import { COST, SUCCESS } from '../metrics.ts';

/** A value with its 95 % interval; null where there is none. */
export type Interval = MetricEstimate['logging'];

export interface EstimatedWords {
  /** Starts a line: `Cost per 1,000 requests`. */
  readonly label: string;
  /** Inside a sentence: `cost per 1,000 requests`. */
  readonly noun: string;
  readonly question: string;
  readonly better: 'lower' | 'higher';
  readonly format: Formatter;
  readonly formatDifference: Formatter;
}

const WORDS: Readonly<Record<MetricEstimate['metric'], EstimatedWords>> = {
  successRatio: {
    label: SUCCESS.label,
    noun: SUCCESS.noun,
    question: 'Steadier?',
    better: 'higher',
    format: SUCCESS.format,
    formatDifference: SUCCESS.formatDifference,
  },
  costUsdPer1kRequests: {
    label: COST.label,
    noun: COST.noun,
    question: 'Cheaper?',
    better: 'lower',
    format: COST.format,
    formatDifference: COST.formatDifference,
  },
  firstTokenMs: {
    label: 'First token, mean',
    noun: 'mean time to the first token',
    question: 'Faster?',
    better: 'lower',
    format: formatMs,
    formatDifference: formatMs,
  },
  firstTokenWithin2s: {
    label: 'First token within 2 s',
    noun: 'share of requests with a first token within 2 s',
    question: 'Soon enough?',
    better: 'higher',
    format: (value) => formatPercent(value, 2),
    formatDifference: formatPoints,
  },
};

export function wordsOf({ metric }: Pick<MetricEstimate, 'metric'>): EstimatedWords {
  return WORDS[metric];
}

/** Whether a difference is one: its interval leaves zero out. */
export type Effect = 'better' | 'worse' | 'unclear';

export function effectOf(estimate: MetricEstimate): Effect {
  const { difference } = estimate;
  if (difference === null || difference.low95 === null || difference.high95 === null) return 'unclear';
  if (difference.low95 <= 0 && difference.high95 >= 0) return 'unclear';
  const isLower = difference.high95 < 0;
  return isLower === (wordsOf(estimate).better === 'lower') ? 'better' : 'worse';
}

export interface NamedInterval {
  readonly name: string;
  readonly interval: Interval;
}

/** What the log's policy got, and what each estimator says of the other one; those without a value are left out. */
export function intervalsOf(estimate: MetricEstimate): readonly NamedInterval[] {
  const all: readonly (readonly [string, Interval | null])[] = [
    ['the log’s policy', estimate.logging],
    ['IPS', estimate.ips],
    ['SNIPS', estimate.snips],
    ['doubly robust', estimate.doublyRobust],
    ['SWITCH-DR', estimate.switch],
  ];
  return all.flatMap(([name, interval]) => (interval === null || interval.value === null ? [] : [{ name, interval }]));
}

/** `a to b`; a dash where there is none. */
export function rangeText({ low95, high95 }: Interval, format: Formatter): string {
  return low95 === null || high95 === null ? '–' : `${format(low95)} to ${format(high95)}`;
}

/** Metrics in which estimators of the same value leave no value that all of them hold possible. */
export function disputed({ metrics }: Pick<PolicyEstimate, 'metrics'>): readonly MetricEstimate[] {
  return metrics.filter((metric) => {
    const intervals = [metric.snips, metric.doublyRobust, metric.switch].flatMap((interval) =>
      interval === null || interval.low95 === null || interval.high95 === null
        ? []
        : [{ low: interval.low95, high: interval.high95 }],
    );
    return Math.max(...intervals.map(({ low }) => low)) > Math.min(...intervals.map(({ high }) => high));
  });
}
