import { runBucket, type BucketEvidence } from './bucket-evidence.ts';

export interface LikeliestRates {
  /** Middle of the rates that explain most, a minute. */
  readonly value: number;
  /** Rates that explain nearly as much. */
  readonly low: number;
  readonly high: number;
  /** Half the share of passes plus half the share of 429s that the best rate explains, 0 to 1. */
  readonly accuracy: number;
  /** Share of 429s that it does not explain. */
  readonly needlessShare: number;
}

/** Rates that are tried, from `1 / REACH` to `REACH` times the least that lets everything through. */
const TRIED = 81;
const REACH = 4;
/** How much less a rate may explain and still lie in the interval. */
const NEARLY = 0.02;

/** The rates of one bucket with the best balanced accuracy, where no rate explains everything. */
export function likeliestRates(evidence: BucketEvidence, leastRate: number): LikeliestRates {
  const { isLimited, least, most } = evidence;
  const limits = isLimited.reduce((sum, each) => sum + each, 0);
  const passes = isLimited.length - limits;
  // A 429 says nothing of its answer: halfway between none and the longest.
  const likely = least.map((amount, index) => (isLimited[index] === 1 ? (amount + most[index]!) / 2 : amount));
  const tried = Array.from({ length: TRIED }, (_, step) => {
    const rate = leastRate * REACH ** ((2 * step) / (TRIED - 1) - 1);
    let deniedPasses = 0;
    let needlessLimits = 0;
    runBucket(evidence, rate, likely, (index, _, isContradiction) => {
      if (isContradiction && isLimited[index] === 1) needlessLimits += 1;
      else if (isContradiction) deniedPasses += 1;
      return false;
    });
    const needlessShare = needlessLimits / Math.max(1, limits);
    return { rate, needlessShare, accuracy: 1 - (deniedPasses / Math.max(1, passes) + needlessShare) / 2 };
  });
  const best = tried.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const equals = tried.filter(({ accuracy }) => accuracy >= best.accuracy - 1e-9);
  const near = tried.filter(({ accuracy }) => accuracy >= best.accuracy - NEARLY);
  return {
    value: Math.sqrt(equals[0]!.rate * equals.at(-1)!.rate),
    low: near[0]!.rate,
    high: near.at(-1)!.rate,
    accuracy: best.accuracy,
    needlessShare: best.needlessShare,
  };
}
