/**
 * A bank of sliding windows over whole numbers (tokens, requests, micro-USD, failures).
 *
 * A window is a ring of buckets. It covers the bucket that holds `now` and the `buckets - 1` before it, so it
 * never forgets an amount younger than its nominal length, and forgets it at most one bucket later. Whole
 * numbers below 2^53 are added exactly, so the running sum needs no correction.
 */
export interface WindowShape {
  readonly bucketMs: number;
  /** >= 1; a calendar period is one bucket of that length. */
  readonly buckets: number;
}

export interface SavedWindow {
  /** Absolute number of the newest bucket. */
  readonly head: number;
  /** Bucket `b` stands at `b % buckets`. */
  readonly amounts: readonly number[];
}

/** In the order of the windows. */
export type SavedWindows = readonly SavedWindow[];

/** Columns of a window's row: what a charge reads and writes lies side by side. */
const SUM = 0;
/** Start and end of the newest bucket, ms. */
const STARTS_AT_MS = 1;
const ENDS_AT_MS = 2;
/** Where in `amounts` the newest bucket stands: `OFFSET + HEAD % BUCKETS`. */
const CELL = 3;
/** Absolute number of the newest bucket. */
const HEAD = 4;
const BUCKET_MS = 5;
const BUCKETS = 6;
/** Where in `amounts` the window begins. */
const OFFSET = 7;
const COLUMNS = 8;

export class SlidingWindows {
  private readonly count: number;
  private readonly rows: Float64Array;
  private readonly amounts: Float64Array;

  constructor(shapes: readonly WindowShape[]) {
    this.count = shapes.length;
    this.rows = new Float64Array(this.count * COLUMNS);
    let cells = 0;
    shapes.forEach(({ bucketMs, buckets }, window) => {
      const row = window * COLUMNS;
      this.rows[row + BUCKET_MS] = bucketMs;
      this.rows[row + BUCKETS] = buckets;
      this.rows[row + OFFSET] = cells;
      this.placeHead(row, 0);
      cells += buckets;
    });
    this.amounts = new Float64Array(cells);
  }

  /** Sum of the amounts in the window that ends at `nowMs`. */
  sum(window: number, nowMs: number): number {
    const row = window * COLUMNS;
    if (nowMs >= this.rows[row + ENDS_AT_MS]!) this.advance(row, nowMs);
    return this.rows[row + SUM]!;
  }

  /** As {@link sum}, but for those who only look: nothing is changed. */
  peek(window: number, nowMs: number): number {
    const { rows, amounts } = this;
    const row = window * COLUMNS;
    const newest = Math.floor(nowMs / rows[row + BUCKET_MS]!);
    const buckets = rows[row + BUCKETS]!;
    let sum = rows[row + SUM]!;
    for (let bucket = Math.max(rows[row + HEAD]! + 1, newest - buckets + 1); bucket <= newest; bucket++) {
      sum -= amounts[rows[row + OFFSET]! + (bucket % buckets)]!;
    }
    return sum;
  }

  /** The sum at the time of the last input to this window; it can only be too large by now. */
  latestSum(window: number): number {
    return this.rows[window * COLUMNS + SUM]!;
  }

  /** When the passing of time may change the sum next, ms. */
  changesAtMs(window: number): number {
    return this.rows[window * COLUMNS + ENDS_AT_MS]!;
  }

  /**
   * Adds an amount (it may be negative: a correction) at a time that is not after `nowMs`; expired times are ignored.
   *
   * @returns the sum of the window that ends at `nowMs`
   */
  add(window: number, atMs: number, amount: number, nowMs: number): number {
    const { rows, amounts } = this;
    const row = window * COLUMNS;
    if (nowMs >= rows[row + ENDS_AT_MS]!) this.advance(row, nowMs);
    let cell = rows[row + CELL]!;
    if (atMs < rows[row + STARTS_AT_MS]!) {
      const age = rows[row + HEAD]! - Math.floor(atMs / rows[row + BUCKET_MS]!);
      const buckets = rows[row + BUCKETS]!;
      if (age >= buckets) return rows[row + SUM]!;
      cell -= age;
      if (cell < rows[row + OFFSET]!) cell += buckets;
    }
    amounts[cell] = amounts[cell]! + amount;
    const sum = rows[row + SUM]! + amount;
    rows[row + SUM] = sum;
    return sum;
  }

  /** The first time, not before `nowMs`, at which the window's sum is at most `allowed` if nothing is added. */
  dropsToAtMs(window: number, allowed: number, nowMs: number): number {
    const { rows } = this;
    const row = window * COLUMNS;
    let sum = this.sum(window, nowMs);
    if (sum <= allowed) return nowMs;
    const buckets = rows[row + BUCKETS]!;
    const newest = rows[row + HEAD]!;
    for (let bucket = newest - buckets + 1; bucket <= newest; bucket++) {
      if (bucket < 0) continue;
      sum -= this.amounts[rows[row + OFFSET]! + (bucket % buckets)]!;
      if (sum <= allowed) return (bucket + buckets) * rows[row + BUCKET_MS]!;
    }
    return Infinity;
  }

  /** Forgets everything in one window. */
  clear(window: number): void {
    const row = window * COLUMNS;
    const start = this.rows[row + OFFSET]!;
    this.amounts.fill(0, start, start + this.rows[row + BUCKETS]!);
    this.rows[row + SUM] = 0;
  }

  save(): SavedWindows {
    return Array.from({ length: this.count }, (_, window) => {
      const row = window * COLUMNS;
      const start = this.rows[row + OFFSET]!;
      const amounts = [...this.amounts.subarray(start, start + this.rows[row + BUCKETS]!)];
      return { head: this.rows[row + HEAD]!, amounts };
    });
  }

  /** @param saved windows of the same shapes */
  load(saved: SavedWindows): void {
    saved.forEach(({ head, amounts }, window) => {
      const row = window * COLUMNS;
      this.placeHead(row, head);
      this.amounts.set(amounts, this.rows[row + OFFSET]!);
      this.rows[row + SUM] = amounts.reduce((sum, amount) => sum + amount, 0);
    });
  }

  private advance(row: number, nowMs: number): void {
    const { rows, amounts } = this;
    const newest = Math.floor(nowMs / rows[row + BUCKET_MS]!);
    const buckets = rows[row + BUCKETS]!;
    const start = rows[row + OFFSET]!;
    const first = Math.max(rows[row + HEAD]! + 1, newest - buckets + 1);
    let sum = rows[row + SUM]!;
    for (let bucket = first; bucket <= newest; bucket++) {
      const cell = start + (bucket % buckets);
      sum -= amounts[cell]!;
      amounts[cell] = 0;
    }
    rows[row + SUM] = sum;
    this.placeHead(row, newest);
  }

  private placeHead(row: number, bucket: number): void {
    const { rows } = this;
    const bucketMs = rows[row + BUCKET_MS]!;
    rows[row + HEAD] = bucket;
    rows[row + STARTS_AT_MS] = bucket * bucketMs;
    rows[row + ENDS_AT_MS] = (bucket + 1) * bucketMs;
    rows[row + CELL] = rows[row + OFFSET]! + (bucket % rows[row + BUCKETS]!);
  }
}
