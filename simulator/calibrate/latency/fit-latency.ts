/** How long a twin takes, from logged attempts. */
import type { Residual, TwinDefinition } from '../../scenario.ts';
import { HOSTED_LLM_RESIDUALS } from '../../twins/residual-samples.ts';
import type { AttemptTable, RowSubset } from '../attempt-table.ts';
import type { Estimate } from '../estimate.ts';
import type { FamilyTrial, LatencyFit } from '../fitted-twin.ts';
import { coldStartSpread, findColdStarts } from './cold-starts.ts';
import { N0_DEFAULT } from './first-token-curve.ts';
import { fitFirstToken, plainResiduals, type FirstTokenFit } from './first-token-fit.ts';
import { firstTokenIntervals, MEDIAN_AT_TOKENS } from './first-token-intervals.ts';
import { firstTokenRows, someFirstTokenRows, type FirstTokenRows } from './first-token-rows.ts';
import { fitInterToken, INTER_TOKEN_DEFAULT, unfitted, type InterTokenFit } from './inter-token-fit.ts';
import { kaplanMeier, kaplanMeierQuantile } from './kaplan-meier.ts';
import { empiricalSamples, residualDistribution, type ResidualDistribution } from './residual-distribution.ts';
import { FAMILIES, residualOfFamily, tryFamilies, type Family } from './residual-families.ts';
import { createTimeBlocks, shareInterval, type TimeBlocks } from './time-blocks.ts';
import { fitWholeAnswers } from './whole-answers.ts';

const FIRST_TOKENS_MIN = 10;
/** Fewer are too few for a residual of their own quantiles, */
const FIRST_TOKENS_FOR_EMPIRICAL = 100;
/** and fewer than these for two lognormals. */
const FIRST_TOKENS_FOR_MIXTURE = 40;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What a twin has that nobody wrote anything about; see `src/config/twin-schema.ts`. */
const DEFAULT_MEDIAN_MS = 500;
const DEFAULT_B1 = 0.3;
const DEFAULT_LOAD_REFERENCE = 32;

/**
 * Fits first token, cold starts and time per token of one twin. Intervals are by resampling blocks of time.
 *
 * @param rows the rows to fit on, of whatever targets, in order
 * @param twin position in `table.twins`
 * @param isFair by row of the table, 1 where the provider was up; `null` = all
 * @param seed a safe integer, of the resampling
 */
export function fitLatency(
  table: AttemptTable,
  rows: RowSubset,
  twin: number,
  isFair: Uint8Array | null,
  seed: number,
): LatencyFit {
  const all = firstTokenRows(table, rows, twin, isFair);
  if (all.observed < FIRST_TOKENS_MIN) return withoutCurve(table, rows, twin, isFair, seed, all);
  const notes: string[] = [];
  const { body, coldStart, coldStartProbability } = withoutColdStarts(all, seed, notes);
  const fit = fitFirstToken(body, table.startedAtMs);
  const seen = kaplanMeier(fit.remainders, body.isCut);
  const median = kaplanMeierQuantile(seen, 0.5) ?? seen.values.at(-1) ?? 0;
  const centred = fit.remainders.map((remainder) => remainder - median);
  const distribution = residualDistribution(centred, body.isCut, {
    ...seen,
    values: seen.values.map((value) => value - median),
  });
  const chosen = familyFor(body.observed);
  const b0 = fit.curve.b0 + median;
  const blocks = createTimeBlocks(body.sentAtMs, fit.swings?.halfLifeMinutes ?? 0, seed);
  const pace = fitInterToken(table, rows, twin, isFair, seed);
  notes.push(...firstTokenNotes(table, all, fit, distribution, chosen, blocks), ...pace.notes);
  const { n0, b1, load, form } = fit.curve;
  return {
    firstToken: {
      b0,
      b1,
      n0,
      load,
      loadReference: form.loadReference,
      residual: residualFor(chosen, distribution),
      drift: fit.swings && { sigma: fit.swings.sigma, halfLifeMs: fit.swings.halfLifeMinutes * MINUTE_MS },
      hourFactors: fit.hourEffects && Array.from(fit.hourEffects, (effect) => Number(Math.exp(effect).toPrecision(4))),
    },
    coldStart,
    interToken: pace.interToken,
    intervals: {
      ...firstTokenIntervals(fit, b0, seen, median, blocks),
      coldStartProbability,
      ...paceIntervals(pace),
    },
    families: familyTrials(tryFamilies(centred, body.isCut), chosen),
    observed: all.observed,
    censored: all.size - all.observed,
    notes,
  };
}

function familyFor(observed: number): Exclude<Family, 'gamma' | 'exponential'> {
  if (observed >= FIRST_TOKENS_FOR_EMPIRICAL) return 'empirical';
  return observed >= FIRST_TOKENS_FOR_MIXTURE ? 'lognormal-mixture' : 'lognormal';
}

function residualFor(family: ReturnType<typeof familyFor>, distribution: ResidualDistribution): Residual {
  if (family === 'empirical') return { kind: 'empirical', samples: empiricalSamples(distribution) };
  return residualOfFamily(family, distribution);
}

function familyTrials(distances: ReadonlyMap<Family, number | null>, chosen: Family | null): readonly FamilyTrial[] {
  return FAMILIES.map((family) => ({ family, ks: distances.get(family) ?? null, isChosen: family === chosen }));
}

function paceIntervals({ interTokenMs, interTokenLoadMs, interTokenSigma }: InterTokenFit) {
  return { interTokenMs, interTokenLoadMs, interTokenSigma };
}

interface WakingRows {
  readonly body: FirstTokenRows;
  readonly coldStart: TwinDefinition['coldStart'];
  readonly coldStartProbability: Estimate;
}

/** Takes the cold starts out, so that they bend nothing. */
function withoutColdStarts(all: FirstTokenRows, seed: number, notes: string[]): WakingRows {
  const residuals = plainResiduals(all);
  const isCold = findColdStarts(all.lnMs, all.isCut, residuals);
  const blocks = createTimeBlocks(all.sentAtMs, 0, seed);
  const hits = new Float64Array(blocks.count);
  const counts = new Float64Array(blocks.count);
  for (let row = 0; row < all.size; row++) {
    counts[blocks.of[row]!]! += 1;
    if (isCold?.[row] === 1) hits[blocks.of[row]!]! += 1;
  }
  const found = shareInterval(hits, counts);
  if (isCold === null) return { body: all, coldStart: null, coldStartProbability: found };
  const coldStartProbability = withThoseCutEarlier(found, all, residuals, isCold);
  const added = (row: number): number => Math.exp(all.lnMs[row]!) - Math.exp(all.lnMs[row]! - residuals[row]!);
  const places = Array.from(isCold.keys()).filter((row) => isCold[row] === 1);
  const cut = places.filter((row) => all.isCut[row] === 1);
  const seen = places.filter((row) => all.isCut[row] === 0);
  const spread = coldStartSpread(Float64Array.from(seen, added), Float64Array.from(cut, added));
  if (cut.length > 0) {
    notes.push(
      `${cut.length} of ${places.length} cold starts were cut before their first token: the longest, ${spread.maxMs} ms, is inferred from how many`,
    );
  }
  return {
    body: someFirstTokenRows(
      all,
      isCold.map((cold) => 1 - cold),
    ),
    coldStart: { probability: coldStartProbability.value, ...spread },
    coldStartProbability,
  };
}

/** Who leaves early sees no cold start: the share of the rows is what Kaplan and Meier leave above the least of them. */
function withThoseCutEarlier(
  found: Estimate,
  all: FirstTokenRows,
  residuals: Float64Array,
  isCold: Uint8Array,
): Estimate {
  const from = residuals.reduce(
    (least, residual, row) => (isCold[row] === 1 ? Math.min(least, residual) : least),
    Infinity,
  );
  const { values, upTo } = kaplanMeier(residuals, all.isCut);
  let below = 0;
  for (let index = 0; index < values.length && values[index]! < from; index++) below = upTo[index]!;
  const times = (1 - below) / found.value;
  const limit = (value: number | null): number | null => (value === null ? null : Math.min(1, value * times));
  return { value: 1 - below, low95: limit(found.low95), high95: limit(found.high95) };
}

function firstTokenNotes(
  table: AttemptTable,
  all: FirstTokenRows,
  fit: FirstTokenFit,
  distribution: ResidualDistribution,
  chosen: Family,
  blocks: TimeBlocks,
): string[] {
  const notes: string[] = [];
  const { form, n0, b1, load } = fit.curve;
  if (!form.hasInput)
    notes.push(
      'the uncached input hardly varies: how the first token grows with it is unknown and taken as not at all (b1 is 0)',
    );
  else if (b1 === 0) notes.push('the first token does not grow with the input (b1 is held at 0)');
  if (!form.hasLoad)
    notes.push(
      'never more in flight at one time than at another: how the first token grows with load is unknown and taken as not at all',
    );
  else if (load === 0) notes.push('the first token does not grow with what is in flight (load is held at 0)');
  if (form.hasInput && b1 > 0 && (n0 === 250 || n0 === 8_000)) {
    notes.push(
      `how the first token grows with inputs outside of those of the log is a guess (n0 ends at ${n0} tokens, where the search ends)`,
    );
  }
  const { hiddenTail } = distribution;
  if (hiddenTail !== null) {
    const share = (100 * hiddenTail.left).toPrecision(2);
    const above = Math.exp(hiddenTail.from).toPrecision(3);
    notes.push(
      `${share} % of first tokens would have taken more than ${above} times the usual, by when somebody's patience had ended them all: how long is a guess (a Pareto tail of index ${(1 / hiddenTail.scale).toPrecision(2)})`,
    );
  }
  if (chosen !== 'empirical') {
    notes.push(
      `${all.observed} first tokens, where ${FIRST_TOKENS_FOR_EMPIRICAL} are needed to take their spread as it was seen: it follows a formula (${chosen}), and the slowest are a guess`,
    );
  }
  if (table.startedAtMs === null) notes.push('the log does not say when it began: no factors by hour of the day');
  else if (fit.hourEffects !== null) {
    const last = fit.rows.sentAtMs.at(-1)! - fit.rows.sentAtMs[0]!;
    if (last < 1.8 * DAY_MS) notes.push('factors by hour of the day are of one day: its own ups and downs are in them');
    if (fit.hourEffects.some((effect) => effect === 0)) notes.push('hours of the day that the log lacks have factor 1');
  }
  if (blocks.count < 12) notes.push(`intervals rest on ${blocks.count} blocks of time: they are rough`);
  return notes;
}

/** What can be said with too few first tokens: from whole answers, from a median, or nothing. */
function withoutCurve(
  table: AttemptTable,
  rows: RowSubset,
  twin: number,
  isFair: Uint8Array | null,
  seed: number,
  few: FirstTokenRows,
): LatencyFit {
  const blank = (value: number): Estimate => ({ value, low95: null, high95: null });
  const notes = [`${few.observed} first tokens, ${FIRST_TOKENS_MIN} are needed for a curve`];
  const whole = fitWholeAnswers(table, rows, twin, isFair, seed);
  let pace: InterTokenFit;
  let firstTokenMedianMs: Estimate;
  let b1 = DEFAULT_B1;
  let residual: Residual = { kind: 'empirical', samples: HOSTED_LLM_RESIDUALS };
  if (whole !== null) {
    firstTokenMedianMs = whole.firstTokenMs;
    b1 = 0;
    const sigma = whole.sigma.value;
    residual = { kind: 'lognormal-mixture', components: [{ weight: 1, median: 1, sigma }] };
    pace = {
      interToken: { aMs: whole.interTokenMs.value, bMs: 0, sigma },
      interTokenMs: whole.interTokenMs,
      interTokenLoadMs: blank(0),
      interTokenSigma: whole.sigma,
      notes: [
        `first token and time per token are from ${whole.answers} whole answers, by how their time grows with the output; input and load are left out`,
        ...(whole.isPaceSeen ? [] : ['the output hardly varies: all the time is put before the first token']),
      ],
    };
  } else if (few.observed > 0) {
    const seen = kaplanMeier(few.lnMs, few.isCut);
    const lnMedian = kaplanMeierQuantile(seen, 0.5) ?? seen.values.at(-1)!;
    const tokens = Float64Array.from(few.uncachedTokens).sort()[few.size >> 1]!;
    const growth = DEFAULT_B1 * (Math.log1p(MEDIAN_AT_TOKENS / N0_DEFAULT) - Math.log1p(tokens / N0_DEFAULT));
    firstTokenMedianMs = blank(Math.exp(lnMedian + growth));
    notes.push('the median is theirs, all else about the first token is the default of a twin');
    pace = fitInterToken(table, rows, twin, isFair, seed);
  } else {
    firstTokenMedianMs = blank(DEFAULT_MEDIAN_MS);
    notes.push('the first token is the default of a twin and says nothing about this provider');
    pace = unfitted(INTER_TOKEN_DEFAULT, 'the time per token is the default of a twin');
  }
  const b0 = Math.log(firstTokenMedianMs.value) - b1 * Math.log1p(MEDIAN_AT_TOKENS / N0_DEFAULT);
  const shape = { n0: N0_DEFAULT, load: 0, loadReference: DEFAULT_LOAD_REFERENCE, drift: null, hourFactors: null };
  return {
    firstToken: { b0, b1, residual, ...shape },
    coldStart: null,
    interToken: pace.interToken,
    intervals: {
      firstTokenMedianMs,
      b1: blank(b1),
      load: blank(0),
      driftSigma: blank(0),
      coldStartProbability: blank(0),
      ...paceIntervals(pace),
    },
    families: familyTrials(new Map(), null),
    observed: few.observed,
    censored: few.size - few.observed,
    notes: [...notes, ...pace.notes],
  };
}
