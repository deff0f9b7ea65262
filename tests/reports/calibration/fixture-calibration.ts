/**
 * A calibration whose judgement is real: attempts through the fleet of one scenario, judged against another that is right
 * about aurora and wrong about borealis. The fits around it are written by hand.
 */
import type { CalibratedTwin, Calibration } from '../../../simulator/calibrate/calibration.ts';
import type { Estimate } from '../../../simulator/calibrate/estimate.ts';
import type { TroubleFit } from '../../../simulator/calibrate/fitted-twin.ts';
import { judgeFit } from '../../../simulator/calibrate/goodness/judge-fit.ts';
import type { Scenario, TwinDefinition } from '../../../simulator/scenario.ts';
import { weatherSpans } from '../../../simulator/twins/weather.ts';
import {
  loggedAttempts,
  NOISY_TWIN,
  noisyScenario,
  SHOWERS,
  TIMEOUTS,
} from '../../simulator/calibrate/generated-attempts.ts';

const ROWS = 6_000;
/** Without the heavy tail of the noisy twin, whose p99 is a matter of luck at this size. */
const { firstToken } = NOISY_TWIN as Required<typeof NOISY_TWIN>;
const components = [{ weight: 1, median: 1, sigma: 0.3 }];
const truth = noisyScenario({
  twin: { firstToken: { ...firstToken, residual: { kind: 'lognormal-mixture', components } } },
  weather: [{ ...SHOWERS, degraded: { ...SHOWERS.degraded, latencyFactor: 1 } }],
});

/** Borealis takes a quarter longer and never fails. */
function wrongAboutBorealis(): Scenario {
  const twins = truth.twins.map((twin) =>
    twin.provider === 'aurora'
      ? twin
      : {
          ...twin,
          firstToken: { ...twin.firstToken, b0: twin.firstToken.b0 + Math.log(1.25) },
          errors: { serverError: 0, connectTimeout: 0, midStreamAbort: 0 },
        },
  );
  return { ...truth, twins };
}

function about(value: number): Estimate {
  return { value, low95: value * 0.95, high95: value * 1.06 };
}

function twinOf(twin: TwinDefinition): CalibratedTwin {
  const { provider, model, firstToken, coldStart, interToken, errors, rateLimit, prices, promptCache } = twin;
  return {
    provider,
    model,
    attempts: ROWS / 2,
    latency: {
      firstToken,
      coldStart,
      interToken,
      intervals: {
        firstTokenMedianMs: about(370),
        b1: about(firstToken.b1),
        load: about(firstToken.load),
        driftSigma: { value: 0, low95: null, high95: null },
        coldStartProbability: { value: 0, low95: 0, high95: 0.002 },
        interTokenMs: about(interToken.aMs),
        interTokenLoadMs: { value: 0.1, low95: -0.2, high95: 0.4 },
        interTokenSigma: about(interToken.sigma),
      },
      families: [
        { family: 'empirical', ks: 0.021, isChosen: true },
        { family: 'lognormal-mixture', ks: 0.034, isChosen: false },
        { family: 'lognormal', ks: 0.152, isChosen: false },
        { family: 'gamma', ks: 0.171, isChosen: false },
        { family: 'exponential', ks: null, isChosen: false },
      ],
      observed: 1_200,
      censored: 14,
      notes: [`${provider} ${model}: no first token took longer than 20 s`],
    },
    errors: {
      errors,
      intervals: { serverError: about(0.03), connectTimeout: about(0.005), midStreamAbort: about(0.01) },
      notes: [],
    },
    rateLimit: {
      rateLimit,
      intervals: { requestsPerMinute: about(600), tokensPerMinute: null },
      limited: 12,
      tooFew: false,
      notes: [],
    },
    prices: { prices, source: 'fitted', intervals: null, relativeError: 0.0004, notes: [] },
    promptCache: { promptCache, readRatio: 0.21, notes: [] },
  };
}

function troubleOf(provider: string, untilMs: number): TroubleFit {
  if (provider !== 'aurora') {
    return {
      provider,
      weather: null,
      spans: [{ state: 'up', startMs: 0, endMs: untilMs }],
      intervals: null,
      notes: [`${provider}: no failures came in spells`],
    };
  }
  return {
    provider,
    weather: SHOWERS,
    spans: weatherSpans(SHOWERS, 4, untilMs).map((span) => ({ ...span, endMs: Math.min(span.endMs, untilMs) })),
    intervals: { degradedShare: about(0.24), downShare: about(0.09) },
    notes: [],
  };
}

let made: Calibration | undefined;

/** The same on every machine and every time; made once, in about a second. */
export function fixtureCalibration(): Calibration {
  made ??= makeCalibration();
  return made;
}

function makeCalibration(): Calibration {
  const log = loggedAttempts(truth, ROWS, 1_200, 5);
  const rows = (from: number, to: number): Uint32Array =>
    Uint32Array.from({ length: to - from }, (_unused, i) => from + i);
  const scenario = wrongAboutBorealis();
  const holdout = judgeFit(log, rows(ROWS / 2, ROWS), scenario, TIMEOUTS, 3);
  const validate = judgeFit(log, rows(ROWS / 4, ROWS / 2), truth, TIMEOUTS, 3);
  const at = (row: number): number => log.sentAtMs[row]!;
  return {
    kind: 'calibration',
    formatVersion: 1,
    coreVersion: '1.2.3',
    source: {
      name: 'logs/may.duckdb',
      attempts: ROWS,
      requests: 3_700,
      fromMs: 0,
      toMs: at(ROWS - 1),
      startedAtMs: Date.UTC(2026, 4, 1, 6),
    },
    split: {
      fit: { rows: ROWS / 4, fromMs: 0, toMs: at(ROWS / 4 - 1) },
      validate: { rows: validate.rows, fromMs: validate.fromMs, toMs: validate.toMs },
      holdout: { rows: holdout.rows, fromMs: holdout.fromMs, toMs: holdout.toMs },
    },
    twins: truth.twins.map(twinOf),
    troubles: ['aurora', 'borealis'].map((provider) => troubleOf(provider, at(ROWS / 2))),
    goodness: { validate, holdout },
    notes: ['12 attempts in flight when the log ended were left out'],
    scenarioPath: 'may.scenario.yaml',
    command: 'tokenpool calibrate logs/may.duckdb --out may.json',
    wallMs: 2_345,
  };
}
