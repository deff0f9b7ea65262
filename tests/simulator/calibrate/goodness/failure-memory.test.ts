import { describe, expect, it } from 'vitest';
import { autocorrelation } from '../../../../simulator/calibrate/goodness/failure-memory.ts';

describe('autocorrelation', () => {
  const ramp = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

  it('agrees with R, but for the number of pairs', () => {
    // R: acf(1:10, plot = FALSE)$acf[2:3] is 0.7000000 0.4121212, with 10 in the denominator where there are 9 and 8 pairs.
    expect(autocorrelation(ramp, 1)).toBeCloseTo((0.7 * 10) / 9, 7);
    expect(autocorrelation(ramp, 2)).toBeCloseTo((0.4121212 * 10) / 8, 6);
  });

  it('steps over what is missing', () => {
    const gaps = Float64Array.from({ length: 40 }, (_unused, place) => (place % 5 === 0 ? NaN : place % 2));
    expect(autocorrelation(gaps, 1)).toBeCloseTo(-1, 9);
    expect(autocorrelation(gaps, 2)).toBeCloseTo(1, 9);
  });

  it('is null without pairs enough or without anything that varies', () => {
    expect(autocorrelation(ramp, 3)).toBeNull();
    expect(autocorrelation(new Float64Array(30).fill(0.2), 1)).toBeNull();
    expect(autocorrelation(new Float64Array(30).fill(NaN), 1)).toBeNull();
    expect(autocorrelation(new Float64Array(), 1)).toBeNull();
  });
});
