/**
 * A token bucket with continuous refill, the common form of provider rate limits: it holds at most one minute's
 * worth, starts full and fills at perMinute / 60,000 a ms. What passes in any span t is at most
 * perMinute + t x perMinute / 60,000.
 */
export interface TokenBucket {
  readonly capacity: number;
  readonly perMs: number;
  /** What it held at `atMs`. */
  level: number;
  atMs: number;
}

const MS_PER_MINUTE = 60_000;
/** Forgives the rounding of a refill, so that who waits exactly as long as told is let through. */
const TOLERANCE = 1e-9;

/** @param perMinute rate and capacity, > 0 */
export function createTokenBucket(perMinute: number): TokenBucket {
  return { capacity: perMinute, perMs: perMinute / MS_PER_MINUTE, level: perMinute, atMs: 0 };
}

/** What the bucket holds at a time not before the last take. */
export function bucketLevel(bucket: TokenBucket, nowMs: number): number {
  return Math.min(bucket.capacity, bucket.level + (nowMs - bucket.atMs) * bucket.perMs);
}

/**
 * How long until the bucket holds `amount`, ms; 0 when it does now, `Infinity` when it never will because the
 * amount exceeds the capacity.
 */
export function bucketWaitMs(bucket: TokenBucket, amount: number, nowMs: number): number {
  const lacking = amount - bucketLevel(bucket, nowMs);
  if (lacking <= bucket.capacity * TOLERANCE) return 0;
  return amount > bucket.capacity ? Infinity : lacking / bucket.perMs;
}

/** Takes `amount` out; ask {@link bucketWaitMs} first. Time must not go back. */
export function takeFromBucket(bucket: TokenBucket, amount: number, nowMs: number): void {
  bucket.level = bucketLevel(bucket, nowMs) - amount;
  bucket.atMs = nowMs;
}
