/** Quantiles of durations as they come, in bounded memory, each off by at most 2 %. */

/** Width of a bucket, as a factor. */
const GROWTH = 1.04;
const LEAST_MS = 1;
/** Reaches beyond a day. */
const BUCKETS = 480;
const LOG_GROWTH = Math.log(GROWTH);

/** Bucket and count in turn, of those that are not empty. */
export type SavedHistogram = readonly number[];

export class RunningHistogram {
  private readonly counts = new Float64Array(BUCKETS);
  private total = 0;

  constructor(saved: SavedHistogram = []) {
    for (let place = 0; place + 1 < saved.length; place += 2) {
      const bucket = saved[place]!;
      if (bucket >= BUCKETS) continue;
      this.counts[bucket] = saved[place + 1]!;
      this.total += saved[place + 1]!;
    }
  }

  get count(): number {
    return this.total;
  }

  /** @param durationMs >= 0 */
  add(durationMs: number): void {
    const place = durationMs <= LEAST_MS ? 0 : Math.ceil(Math.log(durationMs / LEAST_MS) / LOG_GROWTH);
    this.counts[Math.min(BUCKETS - 1, place)]!++;
    this.total++;
  }

  /** @param share 0 to 1; null without a value */
  quantile(share: number): number | null {
    if (this.total === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.total));
    let seen = 0;
    let bucket = 0;
    for (; bucket < BUCKETS - 1; bucket++) {
      seen += this.counts[bucket]!;
      if (seen >= rank) break;
    }
    // The middle of the bucket, in logarithms.
    return LEAST_MS * GROWTH ** Math.max(0, bucket - 0.5);
  }

  save(): SavedHistogram {
    const saved: number[] = [];
    for (const [bucket, count] of this.counts.entries()) if (count > 0) saved.push(bucket, count);
    return saved;
  }
}
