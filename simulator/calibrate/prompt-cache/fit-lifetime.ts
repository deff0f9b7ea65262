import type { ReplayedReads } from './replayed-reads.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Lifetimes that are tried, ms; providers promise round ones. */
const LIFETIMES_MS = [
  30 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  3 * MINUTE_MS,
  5 * MINUTE_MS,
  7 * MINUTE_MS,
  10 * MINUTE_MS,
  15 * MINUTE_MS,
  20 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  24 * HOUR_MS,
] as const;
/** Taken where several do equally well and it is among them: the shortest promise of large providers. */
const USUAL_MS = 5 * MINUTE_MS;
/** The sum of the reads decides on cost, the single reads on who is fast: the sum counts for more. */
const SINGLE_READS_WEIGHT = 0.25;
/** Misfits that differ by less than this share of what was read are equal. */
const EQUAL_SHARE = 0.002;

export interface Lifetime {
  readonly ttlMs: number;
  /** Reads at that lifetime. */
  readonly reads: ReplayedReads;
  /** Whether longer lifetimes fit worse; otherwise no pause of the log was long enough to tell. */
  readonly isBounded: boolean;
}

/** The lifetime with which the reads come nearest to those of the log. */
export function fitLifetime(readsAt: (ttlMs: number) => ReplayedReads): Lifetime {
  const trials = LIFETIMES_MS.map((ttlMs) => {
    const reads = readsAt(ttlMs);
    return { ttlMs, reads, misfit: Math.abs(reads.simulated - reads.observed) + SINGLE_READS_WEIGHT * reads.apart };
  });
  const least = trials.reduce((best, trial) => (trial.misfit < best.misfit ? trial : best));
  const equals = trials.filter(({ misfit, reads }) => misfit - least.misfit <= EQUAL_SHARE * reads.observed);
  const chosen = equals.find(({ ttlMs }) => ttlMs === USUAL_MS) ?? equals[0]!;
  return { ttlMs: chosen.ttlMs, reads: chosen.reads, isBounded: !equals.includes(trials[trials.length - 1]!) };
}
