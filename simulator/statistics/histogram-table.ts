/** Many log histograms side by side in two arrays: adding to one follows no pointers. */
import { addToHistogram, HISTOGRAM_BINS, HISTOGRAM_TOTALS, startTotals, type LogHistogram } from './log-histogram.ts';

export class HistogramTable {
  /** The rows as histograms, which are views: what is added to the table shows in them. */
  readonly rows: readonly LogHistogram[];
  private readonly bins: Uint32Array;
  private readonly totals: Float64Array;

  constructor(rows: number) {
    this.bins = new Uint32Array(rows * HISTOGRAM_BINS);
    this.totals = new Float64Array(rows * HISTOGRAM_TOTALS);
    this.rows = Array.from({ length: rows }, (_, row) => {
      const totals = this.totals.subarray(row * HISTOGRAM_TOTALS, (row + 1) * HISTOGRAM_TOTALS);
      startTotals(totals);
      return { bins: this.bins.subarray(row * HISTOGRAM_BINS, (row + 1) * HISTOGRAM_BINS), totals };
    });
  }

  /** @param bin `binOf(value)`, which the caller needs for several tables at once */
  add(row: number, value: number, bin: number): void {
    addToHistogram(this.bins, row * HISTOGRAM_BINS, this.totals, row * HISTOGRAM_TOTALS, value, bin);
  }
}
