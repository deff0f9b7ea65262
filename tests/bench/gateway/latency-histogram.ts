/** Latencies in buckets that grow with them: each is known to 1.6 percent, up to about an hour. */
const SUB_BUCKETS = 64;
const SUB_BITS = 6;
const BUCKETS = SUB_BUCKETS * 27;

export interface LatencyFigures {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export class LatencyHistogram {
  private readonly counts = new Uint32Array(BUCKETS);
  private count = 0;
  private maxMs = 0;

  add(latencyMs: number): void {
    this.counts[bucketOf(latencyMs)]! += 1;
    this.count += 1;
    if (latencyMs > this.maxMs) this.maxMs = latencyMs;
  }

  get figures(): LatencyFigures {
    return { count: this.count, p50Ms: this.quantile(0.5), p99Ms: this.quantile(0.99), maxMs: this.maxMs };
  }

  /** The counts, sparse, to be added up elsewhere. */
  get sparse(): (readonly [bucket: number, count: number])[] {
    return [...this.counts.entries()].filter(([, count]) => count > 0);
  }

  /** Adds what another one counted. */
  merge(sparse: readonly (readonly [bucket: number, count: number])[], maxMs: number): void {
    for (const [bucket, count] of sparse) {
      this.counts[bucket]! += count;
      this.count += count;
    }
    if (maxMs > this.maxMs) this.maxMs = maxMs;
  }

  private quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.counts[bucket]!;
      if (seen >= rank) return middleMs(bucket);
    }
    return 0;
  }
}

/** By microseconds: the first 64 have a bucket each, then every doubling has 64. */
function bucketOf(latencyMs: number): number {
  const us = Math.max(0, Math.min(2 ** 31, Math.round(latencyMs * 1_000)));
  if (us < SUB_BUCKETS) return us;
  const doublings = 31 - Math.clz32(us) - SUB_BITS;
  return Math.min(BUCKETS - 1, (doublings + 1) * SUB_BUCKETS + (us >>> doublings) - SUB_BUCKETS);
}

function middleMs(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket / 1_000;
  const doublings = Math.floor(bucket / SUB_BUCKETS) - 1;
  const low = ((bucket % SUB_BUCKETS) + SUB_BUCKETS) * 2 ** doublings;
  return (low + 2 ** doublings / 2) / 1_000;
}
