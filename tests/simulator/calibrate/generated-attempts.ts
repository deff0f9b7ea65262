/** A log as the real fleet would have it: attempts that arrive by chance, played once. */
import { KIND_CODE, type AttemptTable, type RowSubset } from '../../../simulator/calibrate/attempt-table.ts';
import { blankAttemptTable } from '../../../simulator/calibrate/blank-attempt-table.ts';
import { replayAttempts } from '../../../simulator/calibrate/replay-attempts.ts';
import type { ProviderWeather, Scenario, TwinDefinition } from '../../../simulator/scenario.ts';
import { DEFAULT_POLICY } from '../../../src/router/policy.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';
import { smallScenario, STEADY_TWIN, TARGET_IDS } from '../../../simulator/validate/small/small-scenario.ts';

export const { timeouts: TIMEOUTS } = DEFAULT_POLICY;

/** A twin with every kind of noise that the steady one lacks. */
export const NOISY_TWIN: Partial<TwinDefinition> = {
  firstToken: {
    ...STEADY_TWIN.firstToken,
    b0: Math.log(300),
    b1: 0.3,
    load: 0.4,
    loadReference: 8,
    residual: {
      kind: 'lognormal-mixture',
      components: [
        { weight: 0.9, median: 1, sigma: 0.25 },
        { weight: 0.1, median: 2, sigma: 0.5 },
      ],
    },
  },
  interToken: { aMs: 12, bMs: 0.3, sigma: 0.2 },
  errors: { serverError: 0.03, connectTimeout: 0.005, midStreamAbort: 0.01 },
};

/** Trouble of some minutes, a few times an hour. */
export const SHOWERS: ProviderWeather = {
  provider: 'aurora',
  up: { medianMs: 480_000, sigma: 0.5 },
  degraded: { medianMs: 240_000, sigma: 0.4, failureProbability: 0.3, latencyFactor: 1.6 },
  down: { medianMs: 120_000, sigma: 0.4, failureProbability: 0.9 },
  upToDegraded: 0.7,
  degradedToDown: 0.2,
};

export function noisyScenario(changes: Parameters<typeof smallScenario>[0] = {}): Scenario {
  return smallScenario({ ...changes, twin: { ...NOISY_TWIN, ...changes.twin } });
}

/** What was sent, before anything has come of it: Poisson arrivals, lognormal-like sizes, a third not streamed. */
export function sentAttempts(count: number, meanGapMs: number, seed = 7): AttemptTable {
  const draw = (row: number, what: number): number => drawUniform(seed, row, what, 9_999);
  const sentAtMs = new Float64Array(count);
  for (let row = 1; row < count; row++) sentAtMs[row] = sentAtMs[row - 1]! - meanGapMs * Math.log(1 - draw(row, 0));
  const column = (value: (row: number) => number): Float64Array =>
    Float64Array.from({ length: count }, (_unused, row) => value(row));
  const inputTokens = column((row) => Math.round(200 * Math.exp(3 * draw(row, 1))));
  return {
    ...blankAttemptTable('generated', TARGET_IDS, count),
    target: Uint16Array.from({ length: count }, (_unused, row) => Math.floor(3 * draw(row, 2))),
    sentAtMs,
    kind: new Uint8Array(count).fill(KIND_CODE.success),
    status: new Uint16Array(count).fill(200),
    stream: Uint8Array.from({ length: count }, (_unused, row) => (draw(row, 3) < 0.7 ? 1 : 0)),
    inputTokens,
    outputTokens: column((row) => Math.round(20 * Math.exp(2 * draw(row, 4)))),
    askedInputTokens: inputTokens,
  };
}

export function everyRow({ rows }: AttemptTable): RowSubset {
  return Uint32Array.from({ length: rows }, (_unused, row) => row);
}

/** Those attempts with what came of them in a scenario. */
export function loggedAttempts(scenario: Scenario, count: number, meanGapMs: number, seed = 1): AttemptTable {
  const sent = sentAttempts(count, meanGapMs, seed);
  return replayAttempts(sent, everyRow(sent), scenario, seed + 10_000, TIMEOUTS);
}
