/** Counters of equal cells of time in a ring: memory of a fixed size, and a few additions for what happens. */

/** Width of a bucket of first tokens, as a factor: the middle of one is at most 5 % off. */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** From 1 ms to a quarter of an hour. */
const BUCKETS = 144;

/** Columns of a cell. */
const REQUESTS = 0;
const REJECTED = 1;
const FAILURES = 2;
const COST_MICRO_USD = 3;
const WIDTH = 4;

/** For requests without a first token. */
export const NO_BUCKET = -1;

/** Where a first token is counted. @param firstTokenMs >= 0 */
export function firstTokenBucket(firstTokenMs: number): number {
  if (firstTokenMs <= 1) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(firstTokenMs) / LOG_GROWTH));
}

/** Sums of some cells. */
export interface CellSums {
  /** Beginning of the first one, Unix ms. */
  readonly startMs: number;
  readonly requests: number;
  readonly rejected: number;
  readonly failures: number;
  readonly costMicroUsd: number;
  readonly firstTokenP50Ms: number | null;
  readonly firstTokenP95Ms: number | null;
}

export class TimelineRing {
  readonly cellMs: number;
  private readonly size: number;
  private readonly sums: Float64Array;
  private readonly firstTokens: Uint32Array;
  /** Number of the first cell since 1970 that is kept, and of the newest one. */
  private readonly first: number;
  private head: number;

  /**
   * @param size cells that are kept
   * @param startedAtMs there are no cells from before
   */
  constructor(cellMs: number, size: number, startedAtMs: number) {
    this.cellMs = cellMs;
    this.size = size;
    this.sums = new Float64Array(size * WIDTH);
    this.firstTokens = new Uint32Array(size * BUCKETS);
    this.first = Math.floor(startedAtMs / cellMs);
    this.head = this.first;
  }

  /**
   * A request has ended.
   *
   * @param rejected 1 or 0
   * @param bucket of its first token, or {@link NO_BUCKET}
   */
  addRequest(nowMs: number, rejected: number, bucket: number): void {
    const cell = this.cellAt(nowMs);
    const { sums, firstTokens } = this;
    const row = cell * WIDTH;
    sums[row + REQUESTS]! += 1;
    sums[row + REJECTED]! += rejected;
    if (bucket !== NO_BUCKET) firstTokens[cell * BUCKETS + bucket]! += 1;
  }

  /** An attempt has ended. @param failures 1 or 0 */
  addAttempt(nowMs: number, failures: number, costMicroUsd: number): void {
    const { sums } = this;
    const row = this.cellAt(nowMs) * WIDTH;
    sums[row + FAILURES]! += failures;
    sums[row + COST_MICRO_USD]! += costMicroUsd;
  }

  /**
   * So many cells at a time, oldest first, the running ones last; stretches begin at whole multiples of their length.
   *
   * @param together >= 1, a divisor of the number of cells
   */
  cells(nowMs: number, together = 1): CellSums[] {
    this.cellAt(nowMs);
    const newest = Math.floor(this.head / together);
    const oldest = Math.max(Math.floor(this.first / together), newest - this.size / together + 1);
    return Array.from({ length: newest - oldest + 1 }, (_, index) => {
      const from = (oldest + index) * together;
      return this.sumsOf(from, Math.min(this.head, from + together - 1));
    });
  }

  /** The running cell and so many before it, together. */
  latest(nowMs: number, before: number): CellSums {
    this.cellAt(nowMs);
    return this.sumsOf(Math.max(this.oldest(), this.head - before), this.head);
  }

  private oldest(): number {
    return Math.max(this.first, this.head - this.size + 1);
  }

  /** Position of the cell of a time that does not lie before that of any other call. */
  private cellAt(nowMs: number): number {
    const period = Math.floor(nowMs / this.cellMs);
    if (period > this.head) this.advance(period);
    return this.head % this.size;
  }

  private advance(period: number): void {
    for (let begun = Math.max(this.head + 1, period - this.size + 1); begun <= period; begun++) {
      const cell = begun % this.size;
      this.sums.fill(0, cell * WIDTH, (cell + 1) * WIDTH);
      this.firstTokens.fill(0, cell * BUCKETS, (cell + 1) * BUCKETS);
    }
    this.head = period;
  }

  private sumsOf(from: number, to: number): CellSums {
    const sums = new Float64Array(WIDTH);
    const firstTokens = new Float64Array(BUCKETS);
    for (let period = from; period <= to; period++) {
      const cell = period % this.size;
      for (let column = 0; column < WIDTH; column++) sums[column]! += this.sums[cell * WIDTH + column]!;
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        firstTokens[bucket]! += this.firstTokens[cell * BUCKETS + bucket]!;
      }
    }
    return {
      startMs: from * this.cellMs,
      requests: sums[REQUESTS]!,
      rejected: sums[REJECTED]!,
      failures: sums[FAILURES]!,
      costMicroUsd: sums[COST_MICRO_USD]!,
      firstTokenP50Ms: quantile(firstTokens, 0.5),
      firstTokenP95Ms: quantile(firstTokens, 0.95),
    };
  }
}

/** The middle, in logarithms, of the bucket that holds the value of that rank; null without values. */
function quantile(counts: Float64Array, share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let bucket = 0;
  for (let seen = counts[0]!; seen < rank; seen += counts[bucket]!) bucket++;
  return GROWTH ** Math.max(0, bucket - 0.5);
}
