import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spreadLabels } from '../../../reports/charts/spread-labels.ts';
import { differenceTicks, linearTicks, logTicks, timeAxis } from '../../../reports/charts/ticks.ts';

describe('ticks', () => {
  it('are round', () => {
    expect(linearTicks(4.1, 5)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(linearTicks(0.9, 4)).toEqual([0, 0.5, 1]);
    expect(linearTicks(0, 4)).toEqual([0, 1]);
    expect(logTicks(40, 6_000, 8)).toEqual([50, 100, 200, 500, 1_000, 2_000, 5_000]);
    expect(logTicks(0.0001, 90, 7)).toEqual([0.0001, 0.001, 0.01, 0.1, 1, 10]);
    expect(differenceTicks(-0.65, 0, 4)).toEqual([-0.6, -0.4, -0.2, 0]);
    expect(differenceTicks(0, 0, 4)).toEqual([0]);
  });

  it('cover what they label', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), fc.integer({ min: 2, max: 8 }), (max, count) => {
        const ticks = linearTicks(max, count);
        expect(ticks[0]).toBe(0);
        expect(ticks[ticks.length - 1]).toBeGreaterThanOrEqual(max * (1 - 1e-8));
        expect(ticks.length).toBeLessThanOrEqual(count + 2);
      }),
    );
  });

  it('keep to the bounds and the number on a logarithmic axis', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.double({ min: 1.2, max: 1e6, noNaN: true }),
        (low, ratio) => {
          const ticks = logTicks(low, low * ratio, 7);
          expect(ticks.length).toBeGreaterThan(0);
          expect(ticks.length).toBeLessThanOrEqual(7);
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(low);
            expect(tick).toBeLessThanOrEqual(low * ratio);
          }
        },
      ),
    );
  });

  it.each([
    [3_540_000, 8, [0, 10, 20, 30, 40, 50], 'minutes'],
    [86_400_000, 6, [0, 6, 12, 18, 24], 'hours'],
    [45_000, 5, [0, 10, 20, 30, 40], 'seconds'],
    [900, 5, [0, 200, 400, 600, 800], 'milliseconds'],
    [604_800_000, 8, [0, 1, 2, 3, 4, 5, 6, 7], 'days'],
  ])('of %s ms in at most %s steps stand at %s %s', (spanMs, count, labels, unit) => {
    const axis = timeAxis(spanMs, count);
    expect(axis.ticks.map((tick) => Number(axis.format(tick)))).toEqual(labels);
    expect(axis.name.startsWith(unit)).toBe(true);
  });
});

describe('labels pushed apart', () => {
  it('keep their order, their distance and, where they fit, the bounds', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 10 }), (wanted) => {
        const placed = spreadLabels(wanted, 15, 0, 200);
        const order = wanted.map((_value, index) => index).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0) || a - b);
        const sorted = order.map((index) => placed[index] ?? NaN);
        sorted
          .slice(1)
          .forEach((place, index) => expect(place - (sorted[index] ?? NaN)).toBeGreaterThanOrEqual(15 - 1e-9));
        for (const place of sorted) {
          expect(place).toBeGreaterThanOrEqual(0);
          expect(place).toBeLessThanOrEqual(200);
        }
      }),
    );
  });

  it('stay where they are when there is room', () => {
    expect(spreadLabels([100, 20, 60], 15, 0, 200)).toEqual([100, 20, 60]);
  });
});
