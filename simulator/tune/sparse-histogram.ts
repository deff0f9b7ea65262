/** A log histogram without its empty bins: small enough to be sent between threads and kept by the thousand. */
import {
  binOf,
  createLogHistogram,
  histogramCount,
  histogramMax,
  histogramMin,
  histogramSum,
  type LogHistogram,
} from '../statistics/log-histogram.ts';

/** Plain and JSON-safe. An empty one has no bins, and 0 for its extremes. */
export interface SparseHistogram {
  readonly bins: readonly number[];
  readonly counts: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

const EMPTY: SparseHistogram = { bins: [], counts: [], min: 0, max: 0, sum: 0 };

export function sparseHistogram(histogram: LogHistogram): SparseHistogram {
  if (histogramCount(histogram) === 0) return EMPTY;
  const bins: number[] = [];
  const counts: number[] = [];
  const last = binOf(histogramMax(histogram));
  for (let bin = binOf(histogramMin(histogram)); bin <= last; bin++) {
    if (histogram.bins[bin] === 0) continue;
    bins.push(bin);
    counts.push(histogram.bins[bin]!);
  }
  return { bins, counts, min: histogramMin(histogram), max: histogramMax(histogram), sum: histogramSum(histogram) };
}

/** The histogram of several together, with all its bins. */
export function mergedHistogram(histograms: readonly SparseHistogram[]): LogHistogram {
  const merged = createLogHistogram();
  let [count, total, least, most] = [0, 0, Infinity, -Infinity];
  for (const { bins, counts, min, max, sum } of histograms) {
    if (bins.length === 0) continue;
    for (let place = 0; place < bins.length; place++) {
      merged.bins[bins[place]!]! += counts[place]!;
      count += counts[place]!;
    }
    total += sum;
    least = Math.min(least, min);
    most = Math.max(most, max);
  }
  merged.totals.set([count, total, least, most]);
  return merged;
}
