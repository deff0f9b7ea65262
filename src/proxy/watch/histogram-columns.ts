/** A histogram as some columns of a row of counters: one a bucket, one for values beyond the last, one for the sum. */
import type { NamedRows } from './named-rows.ts';
import type { Series } from './scraped-metric.ts';

export class HistogramColumns {
  /** Upper bounds of the buckets, seconds, rising. */
  private readonly bounds: Float64Array;
  private readonly first: number;

  constructor(first: number, bounds: readonly number[]) {
    this.first = first;
    this.bounds = Float64Array.from(bounds);
  }

  /** The first column after these. */
  get end(): number {
    return this.first + this.bounds.length + 2;
  }

  /** Counts one value, seconds. */
  observe(rows: NamedRows, row: number, seconds: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
    rows.add(row, this.first + bucket, 1);
    rows.add(row, this.end - 1, seconds);
  }

  /** The series of one row, cumulative as Prometheus has them. */
  series(rows: NamedRows, row: number, labels: Readonly<Record<string, string>>): Series[] {
    const { bounds, first } = this;
    const series: Series[] = [];
    let count = 0;
    for (let bucket = 0; bucket <= bounds.length; bucket++) {
      count += rows.cells[row + first + bucket]!;
      const le = bucket < bounds.length ? String(bounds[bucket]) : '+Inf';
      series.push({ suffix: '_bucket', labels: { ...labels, le }, value: count });
    }
    series.push({ suffix: '_sum', labels, value: rows.cells[row + this.end - 1]! });
    series.push({ suffix: '_count', labels, value: count });
    return series;
  }
}
