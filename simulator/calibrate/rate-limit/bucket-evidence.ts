/**
 * What attempts say of one bucket that fills evenly, holds a minute's worth and starts full, as in `token-bucket.ts`.
 *
 * For a given order of takes the level of such a bucket never falls when its rate rises, at any moment: by induction
 * over min(rate, level + refill) - take. So every attempt that was let through sets a lower bound on the rate, every
 * 429 an upper one, and the rates that explain all of them form an interval.
 */
export interface BucketEvidence {
  readonly atMs: Float64Array;
  /** 1 for a 429, 0 for an attempt that was let through. */
  readonly isLimited: Uint8Array;
  /** What the attempt took, or asked for, at the least and at the most: not all of it is in the log. */
  readonly least: Float64Array;
  readonly most: Float64Array;
}

const MS_PER_MINUTE = 60_000;
/** Steps of halving on a logarithmic scale: from a factor of a million down to 1 + 10^-9. */
const HALVINGS = 34;
/** Forgives the rounding of times in a log, as a part of the rate. */
const TOLERANCE = 1e-9;

/** How well a bucket of this rate explains what was seen. */
export interface Explanation {
  /** Attempts let through that found too little. */
  readonly deniedPasses: number;
  /** 429s that found enough. */
  readonly needlessLimits: number;
}

/**
 * Runs the bucket over the evidence.
 *
 * @param perMinute rate and capacity, > 0
 * @param taken what attempts that were let through took
 * @param asked what those that were limited asked for
 * @param onLimited hears of every 429 what the bucket lacked for it: negative when it held enough
 */
export function runBucket(
  { atMs, isLimited }: BucketEvidence,
  perMinute: number,
  taken: Float64Array,
  asked: Float64Array,
  onLimited?: (index: number, lacking: number) => void,
): Explanation {
  const perMs = perMinute / MS_PER_MINUTE;
  const slack = perMinute * TOLERANCE;
  let level = perMinute;
  let lastMs = 0;
  let deniedPasses = 0;
  let needlessLimits = 0;
  for (let index = 0; index < atMs.length; index++) {
    const nowMs = atMs[index]!;
    level = Math.min(perMinute, level + (nowMs - lastMs) * perMs);
    lastMs = nowMs;
    if (isLimited[index] === 1) {
      const lacking = asked[index]! - level;
      onLimited?.(index, lacking);
      if (lacking <= slack) needlessLimits += 1;
    } else {
      const amount = taken[index]!;
      if (amount - level > slack) deniedPasses += 1;
      level = Math.max(0, level - amount);
    }
  }
  return { deniedPasses, needlessLimits };
}

/** The least rate that lets everything through that was let through: no true rate is below it. */
export function leastRate(evidence: BucketEvidence, fromRate: number, toRate: number): number {
  return firstRate(
    fromRate,
    toRate,
    (rate) => runBucket(evidence, rate, evidence.least, evidence.most).deniedPasses === 0,
  );
}

/** The first rate that fails to explain one of the 429s that count; no true rate is above it. */
export function greatestRate(
  evidence: BucketEvidence,
  fromRate: number,
  toRate: number,
  counts: Uint8Array | null,
): number {
  return firstRate(fromRate, toRate, (rate) => {
    let isBeyond = false;
    runBucket(evidence, rate, evidence.most, evidence.most, (index, lacking) => {
      if (lacking <= 0 && (counts === null || counts[index] === 1)) isBeyond = true;
    });
    return isBeyond;
  });
}

/** The least of the rates that pass a test which every rate above it passes too; the last when none does. */
function firstRate(fromRate: number, toRate: number, passes: (rate: number) => boolean): number {
  if (passes(fromRate)) return fromRate;
  let below = Math.log(fromRate);
  let above = Math.log(toRate);
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (below + above) / 2;
    if (passes(Math.exp(middle))) above = middle;
    else below = middle;
  }
  return Math.exp(above);
}
