/** What would make a log identifiable, in words; numbers that nobody could act on are not given. */
import type { ExplorationAdvice } from './policy-estimate.ts';

/** Who explores more than this pays for it with every third request and more. */
const PRACTICAL_RATE_MAX = 0.3;
/** A log this many times as long is another year's, */
const PRACTICAL_TIMES_MAX = 20;
/** unless the one at hand is a mere beginning. */
const PRACTICAL_DECISIONS = 10_000;

export interface NeededChance extends Pick<ExplorationAdvice, 'explorationRate' | 'longer'> {
  /** Decisions in the log. */
  readonly rows: number;
  readonly loggedRate: number;
  readonly unsupportedShare: number;
}

export function adviceText(needed: NeededChance): string {
  const { explorationRate, longer, unsupportedShare } = needed;
  const isWithinReach = isPractical(explorationRate, needed) || (longer !== null && isPracticalLength(longer, needed));
  const isBeyondExploring = explorationRate === null && longer === null && unsupportedShare > 0;
  return [
    sameLength(needed),
    ...(longer === null ? [] : [longerWords(longer, needed)]),
    ...(isBeyondExploring
      ? ['requests of high priority are never explored with, mode weighted leaves theirs to chance too']
      : []),
    ...(isWithinReach
      ? []
      : ['the two policies are too far apart for this log: judge the other one by compare instead']),
  ].join('; ');
}

function isPractical(rate: number | null, { loggedRate }: NeededChance): boolean {
  return rate !== null && (rate <= PRACTICAL_RATE_MAX || rate === loggedRate);
}

function isPracticalLength(
  { explorationRate, decisions }: NonNullable<ExplorationAdvice['longer']>,
  needed: NeededChance,
): boolean {
  return (
    isPractical(explorationRate, needed) &&
    decisions <= Math.max(PRACTICAL_DECISIONS, PRACTICAL_TIMES_MAX * needed.rows)
  );
}

function sameLength(needed: NeededChance): string {
  const { explorationRate: rate, loggedRate, rows } = needed;
  if (rate === null) return `no exploration makes ${rows} decisions like these enough`;
  if (rate === loggedRate) return "the log's policy explores enough, its draws fell badly: let it run on";
  return isPractical(rate, needed)
    ? `with explorationRate ${rate} (or mode weighted) in the log's policy, ${rows} decisions like these would be enough`
    : `${rows} decisions like these would be enough only if the log's policy sent most requests at random, which costs more than it tells`;
}

function longerWords(longer: NonNullable<ExplorationAdvice['longer']>, needed: NeededChance): string {
  const { explorationRate, decisions } = longer;
  const rate = explorationRate === needed.loggedRate ? 'as it explores now' : `at ${explorationRate}`;
  if (isPracticalLength(longer, needed)) return `${rate} about ${decisions} of them would be enough`;
  return `${rate} it would take a log ${timesWords(decisions / needed.rows)} as long, which is no way`;
}

function timesWords(times: number): string {
  if (times > 1_000) return 'more than a thousand times';
  return times < 2 ? 'nearly twice' : `some ${Number(times.toPrecision(2))} times`;
}
