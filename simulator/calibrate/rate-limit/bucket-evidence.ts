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

/**
 * Runs the bucket over the evidence.
 *
 * @param perMinute rate and capacity, > 0
 * @param amounts what attempts took, and what those that got a 429 asked for
 * @param visit hears of every attempt what the bucket lacked for it (0 or less: it held enough) and whether that
 *   contradicts what was seen; returns true to end the run
 */
export function runBucket(
  { atMs, isLimited }: BucketEvidence,
  perMinute: number,
  amounts: Float64Array,
  visit: (index: number, lacking: number, isContradiction: boolean) => boolean,
): void {
  const perMs = perMinute / MS_PER_MINUTE;
  const slack = perMinute * TOLERANCE;
  let level = perMinute;
  let lastMs = 0;
  for (let index = 0; index < atMs.length; index++) {
    const nowMs = atMs[index]!;
    level = Math.min(perMinute, level + (nowMs - lastMs) * perMs);
    lastMs = nowMs;
    const amount = amounts[index]!;
    const lacking = amount - level;
    const isPass = isLimited[index] === 0;
    if (visit(index, lacking, isPass === lacking > slack)) return;
    if (isPass) level = Math.max(0, level - amount);
  }
}

/** The least rate that lets everything through that was let through: no true rate is below it. */
export function leastRate(evidence: BucketEvidence, fromRate: number, toRate: number): number {
  const { isLimited, least } = evidence;
  return firstRate(fromRate, toRate, (rate) => {
    let denies = false;
    runBucket(evidence, rate, least, (index, _, isContradiction) => {
      denies = isContradiction && isLimited[index] === 0;
      return denies;
    });
    return !denies;
  });
}

/** The first rate that fails to explain one of the 429s that count; no true rate is above it. */
export function greatestRate(
  evidence: BucketEvidence,
  fromRate: number,
  toRate: number,
  counts: Uint8Array | null,
): number {
  const { isLimited, most } = evidence;
  return firstRate(fromRate, toRate, (rate) => {
    let isBeyond = false;
    runBucket(evidence, rate, most, (index, lacking) => {
      isBeyond = isLimited[index] === 1 && lacking <= 0 && (counts === null || counts[index] === 1);
      return isBeyond;
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
