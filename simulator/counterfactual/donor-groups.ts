/** Attempts that can stand for one another: the same target, streamed or not, and about as many uncached input tokens. */
import { OUTCOME_KINDS } from '../../src/router/contract.ts';
import type { RecordedColumns } from './recording.ts';

const BUCKETS = 64;
const LIMITED = OUTCOME_KINDS.indexOf('limited');

/**
 * Bucket of a number of uncached input tokens: 0, 1, 2 to 3, 4 to 7, ...; the time to the first token depends on their
 * logarithm.
 */
export function tokenBucket(uncachedTokens: number): number {
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(1 + Math.max(0, uncachedTokens))));
}

/** Places `start` to `end` (exclusive) of {@link DonorGroups.row}. */
export interface DonorRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Possible donors by group and, inside a group, by time of sending. Refusals by a rate limit (429) are none: they tell
 * of what the logging policy had sent to the key before, which is another policy's choice.
 */
export class DonorGroups {
  private readonly rows: Uint32Array;
  private readonly groups = new Map<number, DonorRange>();
  private readonly sentAtMs: Float64Array;

  constructor(columns: RecordedColumns, rows: number) {
    const { target, stream, askedInputTokens, cacheReadTokens, kind, sentAtMs } = columns;
    this.sentAtMs = sentAtMs;
    const groupOf = (row: number): number =>
      groupNumber(target[row]!, stream[row]!, tokenBucket(askedInputTokens[row]! - cacheReadTokens[row]!));
    const sizes = new Map<number, number>();
    let donors = 0;
    for (let row = 0; row < rows; row++) {
      if (kind[row] === LIMITED) continue;
      donors++;
      sizes.set(groupOf(row), (sizes.get(groupOf(row)) ?? 0) + 1);
    }
    this.rows = new Uint32Array(donors);
    const nextPlace = new Map<number, number>();
    let start = 0;
    for (const [group, size] of sizes) {
      this.groups.set(group, { start, end: start + size });
      nextPlace.set(group, start);
      start += size;
    }
    for (let row = 0; row < rows; row++) {
      if (kind[row] === LIMITED) continue;
      const group = groupOf(row);
      const place = nextPlace.get(group)!;
      this.rows[place] = row;
      nextPlace.set(group, place + 1);
    }
  }

  /** Donors of a target sent within `windowMs` of a time, before or after it; null when there are none. */
  within(target: number, stream: boolean, bucket: number, atMs: number, windowMs: number): DonorRange | null {
    const group = this.groups.get(groupNumber(target, stream ? 1 : 0, bucket));
    if (group === undefined) return null;
    const start = this.firstFrom(group, atMs - windowMs);
    const end = this.firstFrom({ start, end: group.end }, atMs + windowMs);
    return start < end ? { start, end } : null;
  }

  /** The recording's row at a place of a range. */
  row(place: number): number {
    return this.rows[place]!;
  }

  /** First place of a range that was sent at a time or later; its end when there is none. */
  private firstFrom({ start, end }: DonorRange, atMs: number): number {
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sentAtMs[this.rows[middle]!]! < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function groupNumber(target: number, stream: number, bucket: number): number {
  return (target * 2 + stream) * BUCKETS + bucket;
}
