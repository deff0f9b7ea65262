/**
 * What is compared, in words: for each metric its name, unit, which direction is good and how it is read
 * from a run. The keys are those of `PairedDifference.metric`.
 */
import type { PolicyRun, Quantiles } from '../simulator/result.ts';
import { formatMs, formatPercent, formatPlain, formatPoints, formatUsd, type Formatter } from './format.ts';

export interface Metric {
  readonly key: string;
  /** Starts a line: `Cost per 1,000 requests`. */
  readonly label: string;
  /** Inside a sentence: `cost per 1,000 requests`. */
  readonly noun: string;
  /** `null`: neither direction is good in itself. */
  readonly better: 'lower' | 'higher' | null;
  /** `cheapest`; said of the best of several. */
  readonly superlative: string;
  /** Around a value in a title: `p95 1.9 s`, `$4.10 per 1,000`. */
  readonly quote: (text: string) => string;
  readonly format: Formatter;
  /** For differences, which can have another unit (points rather than percent). */
  readonly formatDifference: Formatter;
  readonly value: (run: PolicyRun) => number | null;
}

const QUANTILE_KEYS: readonly (keyof Quantiles)[] = ['p50', 'p90', 'p95', 'p99'];

export const COST: Metric = {
  key: 'costUsdPer1kRequests',
  label: 'Cost per 1,000 requests',
  noun: 'cost per 1,000 requests',
  better: 'lower',
  superlative: 'the cheapest',
  quote: (text) => `${text} per 1,000`,
  format: formatUsd,
  formatDifference: formatUsd,
  value: (run) => run.costUsdPer1kRequests,
};

export const SUCCESS: Metric = {
  key: 'successRatio',
  label: 'Requests answered',
  noun: 'share of requests answered',
  better: 'higher',
  superlative: 'the steadiest',
  quote: (text) => `${text} answered`,
  format: (value) => formatPercent(value, 2),
  formatDifference: formatPoints,
  value: (run) => run.successRatio,
};

export const FIRST_TOKEN_P50: Metric = firstTokenMetric('p50');
export const FIRST_TOKEN_P95: Metric = firstTokenMetric('p95');
export const DURATION_P95: Metric = durationMetric('p95');

const KNOWN: ReadonlyMap<string, Metric> = new Map(
  [
    COST,
    {
      ...COST,
      key: 'costUsd',
      label: 'Cost of the run',
      noun: 'cost of the run',
      quote: (text: string) => text,
      value: (run: PolicyRun) => run.costUsd,
    },
    SUCCESS,
    ...QUANTILE_KEYS.map(firstTokenMetric),
    ...QUANTILE_KEYS.map(durationMetric),
    shareMetric('cacheReadRatio', 'Input read from caches', 'higher', (run) => run.cacheReadRatio),
    {
      key: 'effectiveTargets',
      label: 'Targets used',
      noun: 'effective number of targets',
      // Evenness is worth something only for what it buys.
      better: null,
      superlative: 'the lowest',
      quote: (text: string) => `${text} targets`,
      format: formatPlain,
      formatDifference: formatPlain,
      value: () => null,
    },
    shareMetric('queuedRatio', 'Requests that queued', 'lower', (run) => run.queuedRatio),
    shareMetric('exploredRatio', 'Decisions that explored', null, (run) => run.exploredRatio),
  ].map((metric) => [metric.key, metric]),
);

/** The metric of this key; one that is not known here gets its key as name, plain numbers and no direction. */
export function metricOf(key: string): Metric {
  return (
    KNOWN.get(key) ?? {
      key,
      label: key,
      noun: key,
      better: null,
      superlative: 'the lowest',
      quote: (text) => text,
      format: formatPlain,
      formatDifference: formatPlain,
      value: () => null,
    }
  );
}

function firstTokenMetric(quantile: keyof Quantiles): Metric {
  return {
    key: `firstTokenMs.${quantile}`,
    label: `First token, ${quantile}`,
    noun: `time to the first token (${quantile})`,
    better: 'lower',
    superlative: 'the quickest to the first token',
    quote: (text) => `${quantile} ${text}`,
    format: formatMs,
    formatDifference: formatMs,
    value: (run) => run.firstTokenMs[quantile],
  };
}

function durationMetric(quantile: keyof Quantiles): Metric {
  return {
    key: `durationMs.${quantile}`,
    label: `Whole answer, ${quantile}`,
    noun: `time to the whole answer (${quantile})`,
    better: 'lower',
    superlative: 'the quickest to the whole answer',
    quote: (text) => `${quantile} ${text}`,
    format: formatMs,
    formatDifference: formatMs,
    value: (run) => run.durationMs[quantile],
  };
}

function shareMetric(key: string, label: string, better: Metric['better'], value: Metric['value']): Metric {
  return {
    key,
    label,
    noun: `share: ${label.toLowerCase()}`,
    better,
    superlative: better === 'higher' ? 'the highest' : 'the lowest',
    quote: (text) => text,
    format: (ratio) => formatPercent(ratio, 1),
    formatDifference: formatPoints,
    value,
  };
}
