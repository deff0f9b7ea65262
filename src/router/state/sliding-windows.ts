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

export interface SavedWindows {
  readonly head: readonly number[];
  readonly amounts: readonly number[];
}

export class SlidingWindows {
  private readonly bucketMs: Float64Array;
  private readonly buckets: Int32Array;
  private readonly offset: Int32Array;
  /** Absolute number of the newest bucket of each window. */
  private readonly head: Float64Array;
  private readonly headStartsAtMs: Float64Array;
  private readonly headEndsAtMs: Float64Array;
  /** Where in `amounts` the newest bucket of each window stands: `offset + head % buckets`. */
  private readonly headCell: Int32Array;
  private readonly amounts: Float64Array;
  private readonly sums: Float64Array;

  constructor(shapes: readonly WindowShape[]) {
    const count = shapes.length;
    this.bucketMs = Float64Array.from(shapes, (shape) => shape.bucketMs);
    this.buckets = Int32Array.from(shapes, (shape) => shape.buckets);
    this.offset = new Int32Array(count);
    let cells = 0;
    for (let window = 0; window < count; window++) {
      this.offset[window] = cells;
      cells += this.buckets[window]!;
    }
    this.head = new Float64Array(count);
    this.headStartsAtMs = new Float64Array(count);
    this.headEndsAtMs = this.bucketMs.slice();
    this.headCell = this.offset.slice();
    this.amounts = new Float64Array(cells);
    this.sums = new Float64Array(count);
  }

  /** Sum of the amounts in the window that ends at `nowMs`. */
  sum(window: number, nowMs: number): number {
    if (nowMs >= this.headEndsAtMs[window]!) this.advance(window, nowMs);
    return this.sums[window]!;
  }

  /** The sum at the time of the last input to this window; it can only be too large by now. */
  latestSum(window: number): number {
    return this.sums[window]!;
  }

  /** When the passing of time may change the sum next, ms. */
  changesAtMs(window: number): number {
    return this.headEndsAtMs[window]!;
  }

  /**
   * Adds an amount (it may be negative: a correction) at a time that is not after `nowMs`; expired times are ignored.
   *
   * @returns the sum of the window that ends at `nowMs`
   */
  add(window: number, atMs: number, amount: number, nowMs: number): number {
    if (nowMs >= this.headEndsAtMs[window]!) this.advance(window, nowMs);
    let cell = this.headCell[window]!;
    if (atMs < this.headStartsAtMs[window]!) {
      const age = this.head[window]! - Math.floor(atMs / this.bucketMs[window]!);
      const buckets = this.buckets[window]!;
      if (age >= buckets) return this.sums[window]!;
      cell -= age;
      if (cell < this.offset[window]!) cell += buckets;
    }
    this.amounts[cell] = this.amounts[cell]! + amount;
    const sum = this.sums[window]! + amount;
    this.sums[window] = sum;
    return sum;
  }

  /** The first time, not before `nowMs`, at which the window's sum is at most `allowed` if nothing is added. */
  dropsToAtMs(window: number, allowed: number, nowMs: number): number {
    let sum = this.sum(window, nowMs);
    if (sum <= allowed) return nowMs;
    const buckets = this.buckets[window]!;
    const oldest = this.head[window]! - buckets + 1;
    for (let bucket = oldest; bucket <= this.head[window]!; bucket++) {
      if (bucket < 0) continue;
      sum -= this.amounts[this.offset[window]! + (bucket % buckets)]!;
      if (sum <= allowed) return (bucket + buckets) * this.bucketMs[window]!;
    }
    return Infinity;
  }

  /** Forgets everything in one window. */
  clear(window: number): void {
    const start = this.offset[window]!;
    this.amounts.fill(0, start, start + this.buckets[window]!);
    this.sums[window] = 0;
  }

  save(): SavedWindows {
    return { head: [...this.head], amounts: [...this.amounts] };
  }

  load(saved: SavedWindows): void {
    this.head.set(saved.head);
    this.amounts.set(saved.amounts);
    for (let window = 0; window < this.head.length; window++) {
      this.placeHead(window, this.head[window]!);
      let sum = 0;
      for (let cell = 0; cell < this.buckets[window]!; cell++) sum += this.amounts[this.offset[window]! + cell]!;
      this.sums[window] = sum;
    }
  }

  private advance(window: number, nowMs: number): void {
    const newest = Math.floor(nowMs / this.bucketMs[window]!);
    const buckets = this.buckets[window]!;
    const start = this.offset[window]!;
    const first = Math.max(this.head[window]! + 1, newest - buckets + 1);
    let sum = this.sums[window]!;
    for (let bucket = first; bucket <= newest; bucket++) {
      const cell = start + (bucket % buckets);
      sum -= this.amounts[cell]!;
      this.amounts[cell] = 0;
    }
    this.sums[window] = sum;
    this.placeHead(window, newest);
  }

  private placeHead(window: number, bucket: number): void {
    this.head[window] = bucket;
    this.headStartsAtMs[window] = bucket * this.bucketMs[window]!;
    this.headEndsAtMs[window] = (bucket + 1) * this.bucketMs[window]!;
    this.headCell[window] = this.offset[window]! + (bucket % this.buckets[window]!);
  }
}
