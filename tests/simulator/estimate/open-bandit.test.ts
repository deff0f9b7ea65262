/** The random policy's value from the logs of another one, on public data that has both; it lies beside the project or not. */
import { describe, expect, test } from 'vitest';
import { importanceWeights } from '../../../simulator/estimate/importance-weights.ts';
import { CLICKS_OF_RANDOM as TRUTH, hasOpenBandit, judgeRandom, readOpenBandit } from './open-bandit.ts';

describe.runIf(hasOpenBandit)('Open Bandit, Random judged by the logs of Bernoulli TS', () => {
  test('men: the intervals of IPS and SNIPS cover the truth', () => {
    const { diagnostics, values } = judgeRandom('men');
    expect(diagnostics.rows).toBe(10_000);
    expect(diagnostics.effectiveSampleSize).toBeCloseTo(655.7, 1);
    expect(values.logging.value).toBe(0.0069);
    expect(values.snips.value).toBeCloseTo(0.003189, 6);
    expect(values.ips.value).toBeCloseTo(0.003009, 6);
    for (const { low95, high95 } of [values.snips, values.ips]) {
      expect(low95).toBeLessThan(TRUTH);
      expect(high95).toBeGreaterThan(TRUTH);
    }
  });

  test('men: the doubly robust one ends just below, within the error of the truth itself, which rests on 46 clicks', () => {
    const { doublyRobust } = judgeRandom('men').values;
    expect(doublyRobust.value).toBeCloseTo(0.00263, 5);
    expect(doublyRobust.high95).toBeCloseTo(0.0044, 4);
    // Wilson's 95 % interval of 46 in 10,000 begins at 0.00345.
    expect(doublyRobust.high95).toBeGreaterThan(0.00345);
  });

  test('men: our gates are stricter than that; the sample is enough, but its weights average 0.943 and one is of 1.9 %', () => {
    const { diagnostics, failed } = judgeRandom('men');
    expect(diagnostics.meanWeight).toBeCloseTo(0.9433, 4);
    expect(diagnostics.largestWeightShare).toBeCloseTo(0.0189, 4);
    expect(failed).toEqual(['meanWeight', 'largestWeightShare']);
  });

  test('women: refused, two rows carry everything', () => {
    const { diagnostics, failed } = judgeRandom('women');
    expect(diagnostics.effectiveSampleSize).toBeCloseTo(2.08, 2);
    expect(diagnostics.largestWeight).toBeCloseTo(21_739.13, 2);
    expect(failed).toContain('effectiveSampleSize');
  });

  test('the random policy has one over the number of items, at whatever position', () => {
    for (const campaign of ['men', 'women'] as const) {
      const { table, clicks } = readOpenBandit('random', campaign);
      expect(new Set(importanceWeights(table))).toEqual(new Set([1]));
      expect(clicks.reduce((sum, click) => sum + click, 0) / clicks.length).toBe(TRUTH);
    }
  });
});
