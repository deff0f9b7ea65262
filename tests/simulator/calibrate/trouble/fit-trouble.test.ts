import { describe, expect, it } from 'vitest';
import { blankAttemptTable } from '../../../../simulator/calibrate/blank-attempt-table.ts';
import { faultsOf, isFairRows } from '../../../../simulator/calibrate/trouble/fair-rows.ts';
import { fitTrouble } from '../../../../simulator/calibrate/trouble/fit-trouble.ts';
import { timeIn } from '../../../../simulator/calibrate/trouble/weather-spans.ts';
import type { Fault, ProviderWeather, TwinDefinition } from '../../../../simulator/scenario.ts';
import { weatherShares, weatherSpans } from '../../../../simulator/twins/weather.ts';
import { smallScenario, STEADY_TWIN, TARGET_IDS } from '../../../../simulator/validate/small/small-scenario.ts';
import { allRowsOf, fleetAttempts, STEADY_LOAD } from '../../../../simulator/validate/recovery/fleet-attempts.ts';

const MINUTE = 60_000;
const errors = { serverError: 0.01, connectTimeout: 0.005, midStreamAbort: 0.005 };
const during = (startMinute: number, endMinute: number) => ({
  scope: 'aurora',
  startMs: startMinute * MINUTE,
  endMs: endMinute * MINUTE,
});

function tableWith(changes: {
  readonly faults?: readonly Fault[];
  readonly weather?: readonly ProviderWeather[];
  readonly twin?: Partial<TwinDefinition>;
  readonly attempts?: number;
  readonly seed?: number;
}) {
  const { attempts = 8_000, seed = 1, twin, ...trouble } = changes;
  const scenario = smallScenario({ twin: { ...STEADY_TWIN, errors, ...twin }, ...trouble });
  return fleetAttempts(scenario, TARGET_IDS, { ...STEADY_LOAD, attempts }, seed);
}

function fitOf(table: ReturnType<typeof tableWith>, provider = 'aurora') {
  return fitTrouble(table, allRowsOf(table), provider, 1);
}

describe('the trouble of a provider', () => {
  const table = tableWith({
    faults: [
      { ...during(30.4, 37.6), kind: 'down' },
      { ...during(70, 85), kind: 'failures', probability: 0.25 },
      { ...during(70, 85), kind: 'latency', factor: 2 },
    ],
  });
  const fit = fitOf(table);

  it('is found to the second where nothing gets through, and to the minute where much does', () => {
    expect(fit.spans.map(({ state }) => state)).toEqual(['up', 'down', 'up', 'degraded', 'up']);
    const [, down, , degraded] = fit.spans;
    expect(Math.abs(down!.startMs - 30.4 * MINUTE)).toBeLessThan(10_000);
    expect(Math.abs(down!.endMs - 37.6 * MINUTE)).toBeLessThan(10_000);
    expect(Math.abs(degraded!.startMs - 70 * MINUTE)).toBeLessThan(MINUTE);
    expect(Math.abs(degraded!.endMs - 85 * MINUTE)).toBeLessThan(MINUTE);
  });

  it('has the failures and the slowness that it had', () => {
    const { weather } = fit;
    expect(weather!.down.failureProbability).toBeGreaterThan(0.98);
    expect(weather!.degraded.failureProbability).toBeGreaterThan(0.2);
    expect(weather!.degraded.failureProbability).toBeLessThan(0.3);
    expect(weather!.degraded.latencyFactor).toBeCloseTo(2, 1);
    expect(weather!.upToDegraded).toBe(0.5);
    expect(weather!.degradedToDown).toBe(0);
  });

  it('comes with shares of time that the fitted chain has in the long run', () => {
    const spanMs = table.sentAtMs[table.rows - 1]! - table.sentAtMs[0]!;
    const { degradedShare, downShare } = fit.intervals!;
    expect(degradedShare.value).toBeCloseTo((15 * MINUTE) / spanMs, 2);
    expect(downShare.value).toBeCloseTo((7.2 * MINUTE) / spanMs, 2);
    expect(degradedShare.low95!).toBeLessThan(degradedShare.value);
    expect(degradedShare.high95!).toBeGreaterThan(degradedShare.value);
    expect(weatherShares(fit.weather!).up).toBeCloseTo(1 - degradedShare.value - downShare.value, 6);
    expect(fit.notes.join()).toMatch(/2 spells of trouble/);
  });

  it('leaves other providers alone', () => {
    expect(fitOf(table, 'borealis')).toMatchObject({ weather: null, intervals: null, notes: [] });
    expect(fitOf(table, 'cumulus').notes[0]).toMatch(/no attempts/);
  });

  it('covers the time of all rows without a gap', () => {
    for (const provider of ['aurora', 'borealis', 'cumulus']) {
      const { spans } = fitOf(table, provider);
      expect(spans[0]!.startMs).toBe(table.sentAtMs[0]);
      expect(spans.at(-1)!.endMs).toBeGreaterThan(table.sentAtMs[table.rows - 1]!);
      for (let index = 1; index < spans.length; index++) expect(spans[index]!.startMs).toBe(spans[index - 1]!.endMs);
    }
  });

  it('marks the rows that were sent in fair weather, of the providers that were fitted', () => {
    const isFair = isFairRows(table, [fit]);
    for (let row = 0; row < table.rows; row++) {
      const at = table.sentAtMs[row]!;
      const span = fit.spans.find(({ startMs, endMs }) => startMs <= at && at < endMs)!;
      const isOfAurora = table.targets[table.target[row]!]!.provider === 'aurora';
      expect(isFair[row]).toBe(isOfAurora && span.state === 'up' ? 1 : 0);
    }
  });

  it('becomes faults of the same period', () => {
    const [, down, , degraded] = fit.spans;
    const of = (span: typeof down) => ({ scope: 'aurora', startMs: span!.startMs, endMs: span!.endMs });
    const { failureProbability, latencyFactor } = fit.weather!.degraded;
    expect(faultsOf(fit)).toEqual([
      { ...of(down), kind: 'down' },
      { ...of(degraded), kind: 'failures', probability: failureProbability },
      { ...of(degraded), kind: 'latency', factor: latencyFactor },
    ]);
    expect(faultsOf({ ...fit, weather: null })).toEqual([]);
  });
});

describe('no trouble', () => {
  it.each([0, 0.01, 0.05, 0.1])('is made up from independent errors of %d', (serverError) => {
    for (const seed of [1, 2, 3]) {
      const table = tableWith({ twin: { errors: { ...errors, serverError } }, seed });
      expect(fitOf(table).spans).toHaveLength(1);
    }
  });

  it('is made up from limits, or from clients that leave', () => {
    const limited = tableWith({
      twin: { rateLimit: { requestsPerMinute: 10, tokensPerMinute: null, retryAfter: true } },
    });
    expect(fitOf(limited).weather).toBeNull();
    const left = tableWith({});
    left.kind.fill(4, 1_000, 1_500);
    left.outputTokens.fill(0, 1_000, 1_500);
    left.firstTokenMs.fill(NaN, 1_000, 1_500);
    expect(fitOf(left).weather).toBeNull();
  });

  it('may be overlooked where attempts are rare, which is said', () => {
    const scenario = smallScenario({ twin: { ...STEADY_TWIN, errors } });
    const table = fleetAttempts(scenario, TARGET_IDS, { ...STEADY_LOAD, gapMs: 60_000 }, 1);
    const fit = fitOf(table);
    expect(fit.weather).toBeNull();
    expect(fit.notes.join()).toMatch(/attempts are so rare that degraded spells of up to \d+ min may be overlooked/);
  });

  it('is made up from tables of no or few rows', () => {
    const empty = blankAttemptTable('empty', TARGET_IDS, 0);
    expect(fitTrouble(empty, new Uint32Array(0), 'aurora', 1)).toMatchObject({ weather: null });
    const table = tableWith({ attempts: 3 });
    expect(fitOf(table).spans).toHaveLength(1);
  });
});

describe('weather by chance', () => {
  const weather: ProviderWeather = {
    provider: 'aurora',
    up: { medianMs: 60 * MINUTE, sigma: 0.8 },
    degraded: { medianMs: 10 * MINUTE, sigma: 0.6, failureProbability: 0.2, latencyFactor: 2 },
    down: { medianMs: 6 * MINUTE, sigma: 0.6, failureProbability: 1 },
    upToDegraded: 0.6,
    degradedToDown: 0.3,
  };

  it('is found again from a few days of attempts', () => {
    const table = tableWith({ weather: [weather], attempts: 120_000, seed: 4 });
    const fit = fitOf(table);
    const untilMs = table.sentAtMs[table.rows - 1]!;
    const truth = weatherSpans(weather, 4, untilMs);
    for (const state of ['degraded', 'down'] as const) {
      const wanted = timeIn(truth, state, 0, untilMs) / untilMs;
      expect(timeIn(fit.spans, state, 0, untilMs) / untilMs).toBeCloseTo(wanted, 2);
      expect(fit.weather![state].medianMs / weather[state].medianMs).toBeGreaterThan(0.6);
      expect(fit.weather![state].medianMs / weather[state].medianMs).toBeLessThan(1.7);
      expect(Math.abs(fit.weather![state].failureProbability - weather[state].failureProbability)).toBeLessThan(0.03);
    }
    expect(fit.weather!.degraded.latencyFactor).toBeCloseTo(2, 1);
    expect(Math.abs(fit.weather!.upToDegraded - 0.6)).toBeLessThan(0.25);
  });
});
