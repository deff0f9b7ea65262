import { describe, expect, it } from 'vitest';
import { kaplanMeier, kaplanMeierQuantile } from '../../../../simulator/calibrate/latency/kaplan-meier.ts';
import { createCutScore, scoreOfCut, slopeOfCut } from '../../../../simulator/calibrate/latency/huber-score.ts';

describe('the Kaplan-Meier distribution', () => {
  it('gives the survival of the maintained group of the leukaemia trial', () => {
    // R: survfit(Surv(time, status) ~ 1, data = aml[aml$x == "Maintained", ])
    const weeks = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161];
    const isCut = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1];
    const { values, upTo, left } = kaplanMeier(weeks, isCut);
    expect([...values]).toEqual([9, 13, 18, 23, 31, 34, 48]);
    const survival = [0.909, 0.818, 0.716, 0.614, 0.491, 0.368, 0.184];
    survival.forEach((expected, index) => expect(1 - upTo[index]!).toBeCloseTo(expected, 3));
    expect(left).toBeCloseTo(0.184, 3);
    expect(kaplanMeierQuantile({ values, upTo, left }, 0.9)).toBeNull();
  });

  it('is the empirical distribution when nothing is cut', () => {
    const distribution = kaplanMeier([3, 1, 2, 10, 7], [0, 0, 0, 0, 0]);
    expect(distribution.left).toBeCloseTo(0, 12);
    // R: quantile(c(1, 2, 3, 7, 10), c(0.05, 0.25, 0.5, 0.8, 0.99), type = 5)
    const expected = [1, 1.75, 3, 8.5, 10];
    [0.05, 0.25, 0.5, 0.8, 0.99].forEach((p, index) =>
      expect(kaplanMeierQuantile(distribution, p)).toBeCloseTo(expected[index]!, 10),
    );
  });

  it('knows nothing of no values', () => {
    expect(kaplanMeierQuantile(kaplanMeier([], []), 0.5)).toBeNull();
    expect(kaplanMeierQuantile(kaplanMeier([4], [1]), 0.5)).toBeNull();
  });
});

describe('the score of a bound', () => {
  it('is the mean score of what lies above it', () => {
    const values = Array.from({ length: 4_001 }, (_, index) => (index - 2_000) / 500);
    const table = createCutScore(kaplanMeier(values, new Uint8Array(values.length)), 1);
    for (const bound of [-3, -1, 0, 0.5, 1.5]) {
      const above = values.filter((value) => value > bound).map((value) => Math.max(-2, Math.min(2, value)));
      expect(scoreOfCut(table, bound)).toBeCloseTo(above.reduce((sum, value) => sum + value, 0) / above.length, 2);
    }
    expect(scoreOfCut(table, 9)).toBe(2);
    expect(slopeOfCut(table, 9)).toBe(0);
    expect(slopeOfCut(table, 0)).toBeGreaterThan(0);
  });
});
