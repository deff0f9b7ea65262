import { describe, expect, it } from 'vitest';
import { scaledEstimate, shareInterval } from '../../../simulator/calibrate/share-interval.ts';

describe('the interval of a share', () => {
  it('has Wilson limits: the shares from which the one seen is 1.96 standard errors away', () => {
    for (const [successes, trials] of [
      [15, 50],
      [3, 400],
      [99, 100],
    ] as const) {
      const { value, low95, high95 } = shareInterval(successes, trials);
      expect(value).toBe(successes / trials);
      // qnorm(0.975) of R, to all its digits.
      for (const limit of [low95!, high95!]) {
        const error = Math.sqrt((limit * (1 - limit)) / trials);
        expect(Math.abs(value - limit) / error).toBeCloseTo(1.959963984540054, 9);
      }
    }
  });

  it('stays within 0 and 1, and is not empty at either', () => {
    const none = shareInterval(0, 100);
    expect(none.low95).toBe(0);
    // 1.96^2 / (100 + 1.96^2)
    expect(none.high95).toBeCloseTo(0.0369935, 6);
    const all = shareInterval(100, 100);
    expect(all.high95).toBe(1);
    expect(all.low95).toBeCloseTo(1 - 0.0369935, 6);
  });

  it('is unknown without trials', () => {
    expect(shareInterval(0, 0)).toEqual({ value: 0, low95: null, high95: null });
    expect(scaledEstimate(shareInterval(0, 0), 0.5)).toEqual({ value: 0, low95: null, high95: null });
  });
});
