/** Twins whose errors, limits, prices and weather are known, their attempts by the real fleet, and what the fits make of them. */
import type { Estimate } from '../../calibrate/estimate.ts';
import { fitPrices } from '../../calibrate/prices/fit-prices.ts';
import { fitRateLimit } from '../../calibrate/rate-limit/fit-rate-limit.ts';
import { mergeRateLimits } from '../../calibrate/rate-limit/merge-rate-limits.ts';
import { isFairRows } from '../../calibrate/trouble/fair-rows.ts';
import { fitErrors } from '../../calibrate/trouble/fit-errors.ts';
import { fitTrouble } from '../../calibrate/trouble/fit-trouble.ts';
import { timeIn } from '../../calibrate/trouble/weather-spans.ts';
import type { ProviderWeather, TwinDefinition } from '../../scenario.ts';
import { weatherSpans } from '../../twins/weather.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';
import { smallScenario, STEADY_TWIN, TARGET_IDS } from '../small/small-scenario.ts';
import type { Recovered } from './coverage.ts';
import { allRowsOf, fleetAttempts, STEADY_LOAD, type OpenLoop } from './fleet-attempts.ts';

const TARGETS = TARGET_IDS.slice(0, 2);
/** Five hours at two keys. */
const LOAD: OpenLoop = { ...STEADY_LOAD, attempts: 12_000, gapMs: 1_500, sessions: 60 };
const MINUTE_MS = 60_000;
const PURPOSE = 9_200;

/**
 * Fits a log of twins and weather that are drawn anew for each run. Trouble is held against what there was in the time of the
 * log: in five hours that is not yet what there is in the long run.
 */
export function recoverTrouble(seed: number, run: number): readonly Recovered[] {
  const twin = drawnTwin(seed, run);
  const weather = drawnWeather(seed, run);
  const runSeed = seed + run;
  const table = fleetAttempts(smallScenario({ twin, weather: [weather] }), TARGETS, LOAD, runSeed);
  const rows = allRowsOf(table);
  const trouble = fitTrouble(table, rows, 'aurora', runSeed);
  const { intervals: errors } = fitErrors(table, rows, 0, isFairRows(table, [trouble]));
  const limits = mergeRateLimits(TARGETS.map((_, target) => fitRateLimit(table, rows, target))).intervals;
  const prices = fitPrices(table, rows, 0, null, () => null).intervals;
  const fromMs = table.sentAtMs[0]!;
  const untilMs = table.sentAtMs[table.rows - 1]!;
  const truth = weatherSpans(weather, runSeed, untilMs);
  const seen = (state: 'degraded' | 'down'): number => timeIn(truth, state, fromMs, untilMs) / (untilMs - fromMs);
  const nothing: Estimate = { value: 0, low95: 0, high95: 0 };
  const { degradedShare, downShare } = trouble.intervals ?? { degradedShare: nothing, downShare: nothing };
  const { requestsPerMinute, tokensPerMinute } = twin.rateLimit;
  return [
    { parameter: 'serverError', truth: twin.errors.serverError, estimate: errors.serverError },
    { parameter: 'connectTimeout', truth: twin.errors.connectTimeout, estimate: errors.connectTimeout },
    { parameter: 'midStreamAbort', truth: twin.errors.midStreamAbort, estimate: errors.midStreamAbort },
    ...(requestsPerMinute === null
      ? []
      : [{ parameter: 'requestsPerMinute', truth: requestsPerMinute, estimate: limits.requestsPerMinute }]),
    ...(tokensPerMinute === null
      ? []
      : [{ parameter: 'tokensPerMinute', truth: tokensPerMinute, estimate: limits.tokensPerMinute }]),
    { parameter: 'inputPrice', truth: twin.prices.inputMicroUsdPerToken, estimate: prices?.input ?? null },
    { parameter: 'outputPrice', truth: twin.prices.outputMicroUsdPerToken, estimate: prices?.output ?? null },
    { parameter: 'cacheReadPrice', truth: twin.prices.cacheReadMicroUsdPerToken, estimate: prices?.cacheRead ?? null },
    { parameter: 'degradedShare', truth: seen('degraded'), estimate: degradedShare },
    { parameter: 'downShare', truth: seen('down'), estimate: downShare },
  ];
}

function drawnTwin(seed: number, run: number): Omit<TwinDefinition, 'provider' | 'model'> {
  const between = (what: number, from: number, to: number): number =>
    from * (to / from) ** drawUniform(seed, run, what, PURPOSE);
  const requestsOffered = MINUTE_MS / LOAD.gapMs / TARGETS.length;
  const isByRequests = drawUniform(seed, run, 0, PURPOSE) < 0.5;
  return {
    ...STEADY_TWIN,
    firstToken: {
      ...STEADY_TWIN.firstToken,
      b0: Math.log(600),
      b1: 0.2,
      residual: {
        kind: 'lognormal-mixture',
        components: [
          { weight: 0.8, median: 0.95, sigma: 0.3 },
          { weight: 0.2, median: 1.3, sigma: 0.6 },
        ],
      },
      drift: { sigma: 0.2, halfLifeMs: 600_000 },
    },
    errors: {
      serverError: between(1, 0.002, 0.03),
      connectTimeout: between(2, 0.002, 0.02),
      midStreamAbort: between(3, 0.002, 0.02),
    },
    rateLimit: {
      requestsPerMinute: isByRequests ? Math.round(requestsOffered * between(4, 0.8, 1)) : null,
      tokensPerMinute: isByRequests ? null : Math.round(requestsOffered * between(5, 1_000, 1_350)),
      retryAfter: drawUniform(seed, run, 6, PURPOSE) < 0.5,
    },
    prices: {
      inputMicroUsdPerToken: between(7, 0.1, 5),
      outputMicroUsdPerToken: between(8, 0.4, 20),
      cacheReadMicroUsdPerToken: between(9, 0.02, 1),
      cacheWriteMicroUsdPerToken: between(10, 0.1, 6),
      billsAborted: true,
    },
    promptCache: { ttlMs: 300_000, minTokens: 256, blockTokens: 64 },
  };
}

function drawnWeather(seed: number, run: number): ProviderWeather {
  const between = (what: number, from: number, to: number): number =>
    from + (to - from) * drawUniform(seed, run, what, PURPOSE);
  return {
    provider: 'aurora',
    up: { medianMs: 40 * MINUTE_MS, sigma: 0.8 },
    degraded: {
      medianMs: 8 * MINUTE_MS,
      sigma: 0.6,
      failureProbability: between(11, 0.12, 0.35),
      latencyFactor: between(12, 1.5, 3),
    },
    down: { medianMs: 5 * MINUTE_MS, sigma: 0.6, failureProbability: between(13, 0.9, 1) },
    upToDegraded: 0.6,
    degradedToDown: 0.25,
  };
}
