/** Many log histograms side by side in two arrays: adding to one follows no pointers. */
import { addToHistogram, HISTOGRAM_BINS, HISTOGRAM_TOTALS, startTotals, type LogHistogram } from './log-histogram.ts';

/** Copies, because the engine folds a module's own constants into its code and loads imported ones each time. */
const BINS = HISTOGRAM_BINS;
const TOTALS = HISTOGRAM_TOTALS;

export class HistogramTable {
  /** The rows as histograms, which are views: what is added to the table shows in them. */
  readonly rows: readonly LogHistogram[];
  private readonly bins: Uint32Array;
  private readonly totals: Float64Array;

  constructor(rows: number) {
    this.bins = new Uint32Array(rows * BINS);
    this.totals = new Float64Array(rows * TOTALS);
    this.rows = Array.from({ length: rows }, (_, row) => {
      const totals = this.totals.subarray(row * TOTALS, (row + 1) * TOTALS);
      startTotals(totals);
      return { bins: this.bins.subarray(row * BINS, (row + 1) * BINS), totals };
    });
  }

  /** @param bin `binOf(value)`, which the caller needs for several tables at once */
  add(row: number, value: number, bin: number): void {
    addToHistogram(this.bins, row * BINS, this.totals, row * TOTALS, value, bin);
  }
}
