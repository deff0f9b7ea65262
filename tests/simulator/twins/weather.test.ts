import { describe, expect, it } from 'vitest';
import type { ProviderWeather } from '../../../simulator/scenario.ts';
import {
  createWeather,
  weatherShares,
  weatherSpans,
  weatherStateAt,
  type WeatherState,
} from '../../../simulator/twins/weather.ts';

const WEATHER: ProviderWeather = {
  provider: 'aurora',
  up: { medianMs: 3_600_000, sigma: 0.8 },
  degraded: { medianMs: 600_000, sigma: 0.6, failureProbability: 0.1, latencyFactor: 2 },
  down: { medianMs: 300_000, sigma: 1, failureProbability: 1 },
  upToDegraded: 0.7,
  degradedToDown: 0.2,
};

const YEAR_MS = 365 * 24 * 3_600_000;

function sharesOf(seed: number, untilMs: number): Record<WeatherState, number> {
  const shares = { up: 0, degraded: 0, down: 0 };
  for (const { state, startMs, endMs } of weatherSpans(WEATHER, seed, untilMs)) {
    shares[state] += (Math.min(endMs, untilMs) - startMs) / untilMs;
  }
  return shares;
}

describe('weather', () => {
  it('has the closed-form shares of time: visits x median x exp(sigma^2 / 2)', () => {
    const up = 3_600_000 * Math.exp(0.32);
    const degraded = 0.7 * 600_000 * Math.exp(0.18);
    const down = (0.3 + 0.7 * 0.2) * 300_000 * Math.exp(0.5);
    const shares = weatherShares(WEATHER);
    expect(shares.up).toBeCloseTo(up / (up + degraded + down), 12);
    expect(shares.degraded).toBeCloseTo(degraded / (up + degraded + down), 12);
    expect(shares.down).toBeCloseTo(down / (up + degraded + down), 12);
  });

  it('keeps to them over 50 years: each within 1 % or four standard errors', () => {
    const expected = weatherShares(WEATHER);
    const measured = sharesOf(4, 50 * YEAR_MS);
    expect(Math.abs(measured.up / expected.up - 1)).toBeLessThan(0.01);
    // Some 120,000 outages and 190,000 degradations whose lengths vary by 1.3 and 0.7 of their mean, in numbers
    // that vary too: standard errors of about 0.5 % and 0.3 %.
    expect(Math.abs(measured.down / expected.down - 1)).toBeLessThan(0.02);
    expect(Math.abs(measured.degraded / expected.degraded - 1)).toBeLessThan(0.012);
  });

  it('is in its long-run shares from the first moment on', () => {
    const expected = weatherShares(WEATHER);
    const seeds = 20_000;
    for (const atMs of [0, 1_800_000]) {
      const counts = { up: 0, degraded: 0, down: 0 };
      for (let seed = 0; seed < seeds; seed++) counts[weatherStateAt(WEATHER, seed, atMs)] += 1;
      for (const state of ['up', 'degraded', 'down'] as const) {
        const share = expected[state];
        expect(Math.abs(counts[state] / seeds - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / seeds));
      }
    }
  });

  it('moves only along the arrows', () => {
    const spans = weatherSpans(WEATHER, 8, YEAR_MS);
    expect(spans.length).toBeGreaterThan(1_000);
    const seen = new Set<string>();
    spans.slice(1).forEach((span, index) => {
      const before = spans[index]!;
      expect(span.startMs).toBe(before.endMs);
      expect(span.endMs).toBeGreaterThan(span.startMs);
      seen.add(`${before.state} > ${span.state}`);
    });
    expect([...seen].sort()).toEqual(['degraded > down', 'degraded > up', 'down > up', 'up > degraded', 'up > down']);
  });

  it('is the same whoever looks and when, and another one for another provider or seed', () => {
    const spans = weatherSpans(WEATHER, 5, YEAR_MS / 12);
    const often = createWeather(WEATHER, 5);
    const seldom = createWeather(WEATHER, 5);
    for (let atMs = 0, step = 0; atMs < YEAR_MS / 12; atMs += 60_000, step++) {
      const state = often(atMs);
      expect(state).toBe(spans.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)!.state);
      if (step % 500 === 0) expect(seldom(atMs)).toBe(state);
    }
    expect(weatherSpans({ ...WEATHER, provider: 'borealis' }, 5, YEAR_MS)).not.toEqual(
      weatherSpans(WEATHER, 5, YEAR_MS),
    );
    expect(weatherSpans(WEATHER, 6, YEAR_MS)).not.toEqual(weatherSpans(WEATHER, 5, YEAR_MS));
  });
});
