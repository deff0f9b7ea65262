/** Known twins, their attempts by the real fleet, and how often the intervals of the fits hold what is known. */
import type { Estimate } from '../../../../simulator/calibrate/estimate.ts';
import { fitPrices } from '../../../../simulator/calibrate/prices/fit-prices.ts';
import { fitRateLimit } from '../../../../simulator/calibrate/rate-limit/fit-rate-limit.ts';
import { mergeRateLimits } from '../../../../simulator/calibrate/rate-limit/merge-rate-limits.ts';
import { isFairRows } from '../../../../simulator/calibrate/trouble/fair-rows.ts';
import { fitErrors } from '../../../../simulator/calibrate/trouble/fit-errors.ts';
import { fitTrouble } from '../../../../simulator/calibrate/trouble/fit-trouble.ts';
import { timeIn } from '../../../../simulator/calibrate/trouble/weather-spans.ts';
import type { ProviderWeather, TwinDefinition } from '../../../../simulator/scenario.ts';
import { weatherShares, weatherSpans } from '../../../../simulator/twins/weather.ts';
import { drawUniform } from '../../../../src/router/keyed-draw.ts';
import { smallScenario, STEADY_TWIN, TARGET_IDS } from '../../twins/small-scenario.ts';
import { allRowsOf, fleetAttempts, STEADY_LOAD, type OpenLoop } from '../fleet-attempts.ts';

/** How often an interval held the truth, of how many. */
export interface Coverage {
  held: number;
  runs: number;
}

const TARGETS = TARGET_IDS.slice(0, 2);
/** Five hours at two keys. */
const LOAD: OpenLoop = { ...STEADY_LOAD, attempts: 12_000, gapMs: 1_500, sessions: 60 };
const MINUTE_MS = 60_000;
const PURPOSE = 9_200;

/**
 * Coverage of the 95 % intervals by parameter, over runs of twins that are drawn anew for each.
 *
 * The shares of trouble are held against those of the log and against those of the long run: a few hours hold a few
 * spells, so the latter are covered less often than 95 times in 100, and no interval made of one log can help it.
 */
export function recoveryCoverage(runs: number, seed: number): Readonly<Record<string, Coverage>> {
  const coverage: Record<string, Coverage> = {};
  for (let run = 0; run < runs; run++) {
    for (const [name, isHeld] of recoveryOf(drawnTwin(seed, run), drawnWeather(seed, run), seed + run)) {
      coverage[name] ??= { held: 0, runs: 0 };
      coverage[name].runs += 1;
      if (isHeld) coverage[name].held += 1;
    }
  }
  return coverage;
}

type Held = readonly [parameter: string, isHeld: boolean];

function recoveryOf(twin: Omit<TwinDefinition, 'provider' | 'model'>, weather: ProviderWeather, seed: number): Held[] {
  const table = fleetAttempts(smallScenario({ twin, weather: [weather] }), TARGETS, LOAD, seed);
  const rows = allRowsOf(table);
  const trouble = fitTrouble(table, rows, 'aurora', seed);
  const { intervals: errors } = fitErrors(table, rows, 0, isFairRows(table, [trouble]));
  const limits = mergeRateLimits(TARGETS.map((_, target) => fitRateLimit(table, rows, target))).intervals;
  const prices = fitPrices(table, rows, 0, null, () => null).intervals;
  const fromMs = table.sentAtMs[0]!;
  const untilMs = table.sentAtMs[table.rows - 1]!;
  const truth = weatherSpans(weather, seed, untilMs);
  const longRun = weatherShares(weather);
  const seen = (state: 'degraded' | 'down'): number => timeIn(truth, state, fromMs, untilMs) / (untilMs - fromMs);
  const nothing: Estimate = { value: 0, low95: 0, high95: 0 };
  const { degradedShare, downShare } = trouble.intervals ?? { degradedShare: nothing, downShare: nothing };
  const { rateLimit } = twin;
  return [
    ['serverError', holds(errors.serverError, twin.errors.serverError)],
    ['connectTimeout', holds(errors.connectTimeout, twin.errors.connectTimeout)],
    ['midStreamAbort', holds(errors.midStreamAbort, twin.errors.midStreamAbort)],
    ...(rateLimit.requestsPerMinute === null
      ? []
      : [['requestsPerMinute', holds(limits.requestsPerMinute, rateLimit.requestsPerMinute)] as const]),
    ...(rateLimit.tokensPerMinute === null
      ? []
      : [['tokensPerMinute', holds(limits.tokensPerMinute, rateLimit.tokensPerMinute)] as const]),
    ['inputPrice', holds(prices?.input ?? null, twin.prices.inputMicroUsdPerToken)],
    ['outputPrice', holds(prices?.output ?? null, twin.prices.outputMicroUsdPerToken)],
    ['cacheReadPrice', holds(prices?.cacheRead ?? null, twin.prices.cacheReadMicroUsdPerToken)],
    ['degradedShare of the log', holds(degradedShare, seen('degraded'))],
    ['downShare of the log', holds(downShare, seen('down'))],
    ['degradedShare in the long run', holds(degradedShare, longRun.degraded)],
    ['downShare in the long run', holds(downShare, longRun.down)],
  ];
}

/** Rounding apart. */
function holds(estimate: Estimate | null, truth: number): boolean {
  if (estimate === null || estimate.low95 === null || estimate.high95 === null) return false;
  const slack = 1e-6 * truth;
  return estimate.low95 - slack <= truth && truth <= estimate.high95 + slack;
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
