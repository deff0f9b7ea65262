import type { Quantiles } from '../result.ts';
import { histogramQuantile, type LogHistogram } from '../statistics/log-histogram.ts';

/** p50, p90, p95 and p99; null when there were no values. */
export function quantilesOf(histogram: LogHistogram): Quantiles {
  const at = (probability: number): number | null => histogramQuantile(histogram, probability);
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
}
