/**
 * How much chance the log's policy would have needed. Had it explored further at the rate e, an action that it took with
 * probability p among K would have had (1 - e) p + e / K, as if its own rate r had been 1 - (1 - r) (1 - e); from the candidates of each decision follows what the weights
 * would then have been in expectation, and so whether the gates would have been passed.
 */
import type { BanditTable } from './bandit-table.ts';
import { EFFECTIVE_SAMPLE_MIN, EFFECTIVE_SHARE_MIN, LARGEST_SHARE_MAX, MEAN_WEIGHT_LIMITS } from './identifiability.ts';

/** Two-sided 95 % point of the normal distribution. */
const Z95 = 1.96;
const RATES_TRIED = [0.0001, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1];
const BISECTIONS = 8;

/** The weights that are to be expected of a log with more exploration. */
interface ExpectedWeights {
  /** Mean of w^2. */
  readonly square: number;
  readonly largest: number;
  /** Mean of w; below 1 where no exploration leads. */
  readonly mean: number;
}

/**
 * The least exploration rate, 0 to 1 and rounded up to two figures, with which as many decisions would be expected to pass
 * the gates; that of the log when they would with no more than that, null when none would do.
 *
 * @param loggedRate exploration rate of the log's policy
 */
export function neededExplorationRate(table: BanditTable, loggedRate: number): number | null {
  const passes = (rate: number): boolean => requestsFor(expectedWeights(table, rate, loggedRate)) <= table.rows;
  if (passes(loggedRate)) return loggedRate;
  const tried = RATES_TRIED.filter((rate) => rate > loggedRate);
  const first = tried.findIndex(passes);
  if (first < 0) return null;
  let high = tried[first]!;
  let low = first === 0 ? loggedRate : tried[first - 1]!;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (passes(middle)) high = middle;
    else low = middle;
  }
  const unit = 10 ** (Math.floor(Math.log10(high)) - 1);
  return Math.min(1, Number((Math.ceil(high / unit) * unit).toPrecision(2)));
}

/** How many decisions like these would be expected to pass the gates at a rate not below the log's; null when no number would. */
export function neededDecisions(table: BanditTable, rate: number, loggedRate: number): number | null {
  const requests = requestsFor(expectedWeights(table, rate, loggedRate));
  return Number.isFinite(requests) ? requests : null;
}

function expectedWeights(table: BanditTable, rate: number, loggedRate: number): ExpectedWeights {
  const further = loggedRate < 1 ? (rate - loggedRate) / (1 - loggedRate) : 0;
  const { rows, eligible, explorable, candidateStart, candidateTarget, candidateLogged } = table;
  let square = 0;
  let mean = 0;
  let largest = 0;
  for (let row = 0; row < rows; row++) {
    const share = further * explorable[row]!;
    const explored = share / eligible[row]!;
    for (let index = candidateStart[row]!; index < candidateStart[row + 1]!; index++) {
      const target = candidateTarget[index]!;
      const logged = (1 - share) * candidateLogged[index]! + explored;
      if (target === 0 || !(logged > 0)) continue;
      const weight = target / logged;
      mean += target;
      square += target * weight;
      if (weight > largest) largest = weight;
    }
  }
  return { square: square / rows, largest, mean: mean / rows };
}

/**
 * The least number of rows with which each gate would be passed: the effective sample (sum w)^2 / sum w^2, the mean of
 * the weights (with 95 % probability, by the normal approximation), and the share of the largest weight that can occur.
 */
function requestsFor({ square, largest, mean }: ExpectedWeights): number {
  const [low, high] = MEAN_WEIGHT_LIMITS;
  const room = Math.min(mean - low, high - mean);
  // Equally weighted rows to which one row comes; beyond its gate, more rows do not help.
  const efficiency = (mean * mean) / square;
  if (!(room > 0 && efficiency >= EFFECTIVE_SHARE_MIN)) return Infinity;
  const variance = Math.max(0, square - mean * mean);
  return Math.ceil(
    Math.max(EFFECTIVE_SAMPLE_MIN / efficiency, variance * (Z95 / room) ** 2, largest / (LARGEST_SHARE_MAX * mean)),
  );
}
