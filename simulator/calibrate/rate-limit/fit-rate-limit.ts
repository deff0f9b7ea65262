import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import type { Estimate } from '../estimate.ts';
import type { RateLimitFit } from '../fitted-twin.ts';
import { rowsSentTo } from '../rows-sent-to.ts';
import { greatestRate, leastRate, runBucket, type BucketEvidence } from './bucket-evidence.ts';
import { likeliestRates } from './likeliest-rates.ts';
import { busiestMinute, limitEvidence, type LimitEvidence } from './limit-evidence.ts';

/** A bucket has to explain this part of 429s and passes, half of it each, to be believed when it cannot explain all. */
const BELIEVED_ACCURACY = 0.8;
/** As a part of a rate: nothing in a log is known more closely. */
const HAIR = 1e-5;
/** Requests that are pinned down to this part of themselves are the limit: no wrong bucket would be. */
const PINNED = 1e-3;

/**
 * With fewer 429s no limit is believed. The weakest evidence that is let pass below is an accuracy of 0.8: a bucket that
 * explains m of the k refusals while it would have refused a share of the passes of at most 0.4 - (k - m) / k. When
 * refusals come by chance, at any load, the shares at which they are explained are k even draws from 0 to 1, and one of
 * the two buckets reaches that in 29 % of the logs with two refusals, 14 % with three, 7 % with four, 3 % with five.
 */
export const REFUSALS_MIN = 5;

interface Limits {
  readonly requests: Estimate | null;
  readonly tokens: Estimate | null;
  readonly notes: readonly string[];
}

/**
 * The limits of one target, found from its 429s: the buckets of requests and of tokens under which every attempt that
 * passed found enough and every 429 did not. The estimate is the middle of the feasible interval, and the interval is
 * its own. Where no bucket explains everything (clocks that differ, storms), it is the one that explains most, if that
 * is enough.
 *
 * @param rows attempts in the order of sending, of any targets; the buckets are full at time 0 of the table
 */
export function fitRateLimit(table: AttemptTable, rows: RowSubset, target: number): RateLimitFit {
  const id = table.targets[target]?.id ?? `target ${target}`;
  const evidence = limitEvidence(
    table,
    rowsSentTo(table, rows, (_, index) => index === target),
  );
  const { limited } = evidence;
  const tooFew = limited > 0 && limited < REFUSALS_MIN;
  const found = limited === 0 ? unlimited(evidence) : tooFew ? undecided(evidence) : limitsOf(evidence);
  const said = evidence.retryAfterMs.reduce((count, each) => (Number.isNaN(each) ? count : count + 1), 0);
  return {
    rateLimit: {
      requestsPerMinute: found.requests?.value ?? null,
      tokensPerMinute: found.tokens?.value ?? null,
      // Nobody knows what a 429 would say that never came; most providers say when to come back.
      retryAfter: said * 2 >= limited,
    },
    intervals: { requestsPerMinute: found.requests, tokensPerMinute: found.tokens },
    limited,
    tooFew,
    notes: found.notes.map((note) => `${id}: ${note}`),
  };
}

function unlimited({ requests, tokens, passed }: LimitEvidence): Limits {
  const seen =
    passed === 0
      ? 'no attempts'
      : `no 429 in up to ${busiestMinute(requests)} requests and ${Math.round(busiestMinute(tokens))} tokens a minute`;
  return { requests: null, tokens: null, notes: [`${seen}; taken to have no limits`] };
}

function undecided({ limited }: LimitEvidence): Limits {
  const seen = `no limit found: only ${limited} ${limited === 1 ? 'refusal' : 'refusals'} (429)`;
  const note = `${seen}, and fewer than ${REFUSALS_MIN} agree with some limit by chance; taken to have none`;
  return { requests: null, tokens: null, notes: [note] };
}

function limitsOf(evidence: LimitEvidence): Limits {
  if (evidence.passed === 0) {
    const note = `all of its ${evidence.limited} attempts got a 429, so its limits are unknown; taken to have none`;
    return { requests: null, tokens: null, notes: [note] };
  }
  const requests = feasibleRates(evidence.requests);
  if (requests.isFeasible && requests.high < requests.low * (1 + PINNED)) {
    return { requests: middleOf(requests), tokens: null, notes: [] };
  }
  const tokens = feasibleRates(evidence.tokens);
  if (requests.isFeasible && tokens.isFeasible) {
    return tellsRequests(evidence, requests, tokens)
      ? { requests: middleOf(requests), tokens: null, notes: [] }
      : { requests: null, tokens: middleOf(tokens), notes: [] };
  }
  if (requests.isFeasible) return { requests: middleOf(requests), tokens: null, notes: [] };
  if (tokens.isFeasible) return { requests: null, tokens: middleOf(tokens), notes: [] };
  return bothLimits(evidence, requests, tokens) ?? likeliestLimit(evidence, requests, tokens);
}

interface Rates {
  readonly low: number;
  readonly high: number;
  /** Whether rates from `low` to `high` explain everything they have to. */
  readonly isFeasible: boolean;
}

function feasibleRates(evidence: BucketEvidence): Rates {
  const { from, to } = searchRange(evidence);
  return ratesFrom(evidence, leastRate(evidence, from, to), null);
}

/**
 * Up to where 429s are explained. The search begins a hair below the least rate: at a busy target the two bounds meet
 * in the rounding of times.
 */
function ratesFrom(evidence: BucketEvidence, low: number, counts: Uint8Array | null): Rates {
  const from = low * (1 - HAIR);
  const high = greatestRate(evidence, from, searchRange(evidence).to, counts);
  return { low: Math.min(low, high), high: Math.max(low, high), isFeasible: high > from };
}

/** From a bucket that holds the largest take to one that never runs dry. */
function searchRange({ least, most, isLimited }: BucketEvidence): { readonly from: number; readonly to: number } {
  let from = 1;
  let to = 1;
  for (let index = 0; index < least.length; index++) {
    if (isLimited[index] === 0) from = Math.max(from, least[index]!);
    to += most[index]!;
  }
  return { from, to: Math.max(2 * from, to) };
}

function middleOf({ low, high }: Rates): Estimate {
  return { value: Math.sqrt(low * high), low95: low, high95: high };
}

/**
 * Both alone explain everything: the one whose waits come nearer to what the 429s said, else the one that is pinned
 * down more closely, for a wrong bucket seldom is.
 */
function tellsRequests(evidence: LimitEvidence, requests: Rates, tokens: Rates): boolean {
  const ofRequests = waitMismatch(evidence, evidence.requests, requests);
  const ofTokens = waitMismatch(evidence, evidence.tokens, tokens);
  if (ofRequests !== null && ofTokens !== null && ofRequests !== ofTokens) return ofRequests < ofTokens;
  return requests.high / requests.low <= tokens.high / tokens.low;
}

/** Mean of |ln(wait by the bucket / wait that was said)|; null when no 429 said any. */
function waitMismatch({ retryAfterMs }: LimitEvidence, evidence: BucketEvidence, rates: Rates): number | null {
  const rate = Math.sqrt(rates.low * rates.high);
  let sum = 0;
  let count = 0;
  runBucket(evidence, rate, evidence.least, (index, lacking) => {
    const saidMs = retryAfterMs[index]!;
    if (!(saidMs > 0)) return false;
    sum += Math.abs(Math.log(Math.max(1, (lacking * 60_000) / rate) / saidMs));
    count += 1;
    return false;
  });
  return count === 0 ? null : sum / count;
}

/**
 * Two buckets at once: what the one cannot explain even at its least rate is the other's. Null when that leaves no
 * feasible rate for either, or nothing to one of them.
 */
function bothLimits(evidence: LimitEvidence, requests: Rates, tokens: Rates): Limits | null {
  const ofTokens = unexplained(evidence.requests, requests.low);
  const ofRequests = unexplained(evidence.tokens, tokens.low);
  if (!ofTokens.includes(1) || !ofRequests.includes(1)) return null;
  const rateOfRequests = ratesFrom(evidence.requests, requests.low, ofRequests);
  const rateOfTokens = ratesFrom(evidence.tokens, tokens.low, ofTokens);
  if (!rateOfRequests.isFeasible || !rateOfTokens.isFeasible) return null;
  return { requests: middleOf(rateOfRequests), tokens: middleOf(rateOfTokens), notes: [] };
}

/** 1 for each 429 for which a bucket of this rate would have held enough. */
function unexplained(evidence: BucketEvidence, rate: number): Uint8Array {
  const found = new Uint8Array(evidence.atMs.length);
  runBucket(evidence, rate, evidence.most, (index, lacking) => {
    if (evidence.isLimited[index] === 1 && lacking <= 0) found[index] = 1;
    return false;
  });
  return found;
}

function likeliestLimit(evidence: LimitEvidence, requests: Rates, tokens: Rates): Limits {
  const ofRequests = likeliestRates(evidence.requests, requests.low);
  const ofTokens = likeliestRates(evidence.tokens, tokens.low);
  const best = ofRequests.accuracy >= ofTokens.accuracy ? ofRequests : ofTokens;
  if (best.accuracy < BELIEVED_ACCURACY) {
    const note = `its ${evidence.limited} 429s fit no limit of requests or tokens a minute; taken to have no limits`;
    return { requests: null, tokens: null, notes: [note] };
  }
  const percent = Math.round(100 * (1 - best.needlessShare));
  const notes = [`no limit explains every attempt; the one given explains ${percent} % of the 429s`];
  const estimate: Estimate = { value: best.value, low95: best.low, high95: best.high };
  return best === ofRequests
    ? { requests: estimate, tokens: null, notes }
    : { requests: null, tokens: estimate, notes };
}
