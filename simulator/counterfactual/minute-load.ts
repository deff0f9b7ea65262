const MINUTE_MS = 60_000;
/** Expired entries at the front are cut off when there are so many of them, and at least half of all. */
const EXPIRED_MAX = 4_096;

/** Counts what was sent per key within the last minute; holds no more than a minute's attempts, twice over. */
export class MinuteLoad {
  private times: number[] = [];
  private keys: number[] = [];
  private head = 0;
  private readonly counts: Float64Array;

  /** @param keys there are, counted from 0 */
  constructor(keys: number) {
    this.counts = new Float64Array(keys);
  }

  /** Takes note of an attempt and returns how many others its key was sent in the minute before; times never fall. */
  send(key: number, nowMs: number): number {
    const { counts, times, keys } = this;
    while (this.head < times.length && times[this.head]! <= nowMs - MINUTE_MS) {
      counts[keys[this.head]!]! -= 1;
      this.head++;
    }
    if (this.head > EXPIRED_MAX && this.head * 2 > times.length) {
      this.times = times.slice(this.head);
      this.keys = keys.slice(this.head);
      this.head = 0;
    }
    this.times.push(nowMs);
    this.keys.push(key);
    const others = counts[key]!;
    counts[key] = others + 1;
    return others;
  }
}
