import { describe, expect, it } from 'vitest';
import { fitHourEffects, hourOfDay } from '../../../../simulator/calibrate/latency/hour-factors.ts';
import { normalFromUniform } from '../../../../simulator/statistics/normal-quantile.ts';
import { drawUniform } from '../../../../src/router/keyed-draw.ts';

const HOUR_MS = 3_600_000;
const STARTED_AT_MS = Date.UTC(2026, 2, 2, 5, 20);
const ROWS_PER_HOUR = 40;

const wave = (hour: number): number => 0.3 * Math.sin((2 * Math.PI * hour) / 24);

/** Effects found in so many hours of rows with the given effect by hour of the day and noise. */
function effectsOf(hours: number, effect: (hour: number) => number, noise: number): Float64Array | null {
  const sentAtMs = Float64Array.from(
    { length: hours * ROWS_PER_HOUR },
    (_unused, row) => (row * HOUR_MS) / ROWS_PER_HOUR,
  );
  const residuals = sentAtMs.map(
    (atMs, row) => effect(hourOfDay(STARTED_AT_MS, atMs)) + noise * normalFromUniform(drawUniform(3, row, 0, 9_203)),
  );
  return fitHourEffects(STARTED_AT_MS, sentAtMs, residuals);
}

describe('effects of the hour', () => {
  it('are exactly what they were where there is no noise', () => {
    const effects = effectsOf(96, wave, 0)!;
    expect(effects).toHaveLength(24);
    effects.forEach((effect, hour) => expect(effect).toBeCloseTo(wave(hour), 10));
  });

  it('are found through noise, in days and in a single one', () => {
    // With 160 rows an hour of the day, one effect is off by 0.024, with 40 by 0.047.
    for (const [hours, allowed] of [
      [96, 0.1],
      [24, 0.2],
    ] as const) {
      const effects = effectsOf(hours, wave, 0.3)!;
      effects.forEach((effect, hour) => expect(Math.abs(effect - wave(hour))).toBeLessThan(allowed));
    }
  });

  it('are none where the hours do not differ, or are not all there', () => {
    expect(effectsOf(96, () => 0, 0.3)).toBeNull();
    expect(effectsOf(12, wave, 0.3)).toBeNull();
    expect(fitHourEffects(STARTED_AT_MS, new Float64Array(0), new Float64Array(0))).toBeNull();
  });
});

describe('the hour of the day', () => {
  it('is that of UTC, before 1970 too', () => {
    expect(hourOfDay(STARTED_AT_MS, 0)).toBe(5);
    expect(hourOfDay(STARTED_AT_MS, 40 * 60_000)).toBe(6);
    expect(hourOfDay(STARTED_AT_MS, 19 * HOUR_MS)).toBe(0);
    expect(hourOfDay(-HOUR_MS, 0)).toBe(23);
    expect(hourOfDay(0, -1)).toBe(23);
  });
});
