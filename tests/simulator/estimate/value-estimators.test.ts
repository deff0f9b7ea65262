import { describe, expect, test } from 'vitest';
import type { BanditTable, ModelledReward } from '../../../simulator/estimate/bandit-table.ts';
import { fitDirectModel } from '../../../simulator/estimate/direct-model.ts';
import { estimateMetric } from '../../../simulator/estimate/estimate-table.ts';
import { importanceWeights, weightDiagnostics } from '../../../simulator/estimate/importance-weights.ts';
import { switchThreshold } from '../../../simulator/estimate/switch-threshold.ts';
import { estimateValues, loggingValue } from '../../../simulator/estimate/value-estimators.ts';
import { drawBandit, tableOf, type BanditLaw } from './known-bandit.ts';

const UNEVEN: BanditLaw = {
  logging: [
    [0.8, 0.15, 0.05],
    [0.2, 0.2, 0.6],
  ],
  target: [
    [0.1, 0.1, 0.8],
    [0, 1, 0],
  ],
  reward: [
    [0.9, 0.5, 0.2],
    [0.3, 0.8, 0.6],
  ],
};

describe('on four rows', () => {
  // Weights 0.5/0.5, 0.5/0.25, 0/0.5, 1/0.25.
  const weights = Float64Array.of(1, 2, 0, 4);
  const reward: ModelledReward = {
    observed: Float64Array.of(1, 0, 1, 1),
    direct: Float64Array.of(0.5, 0.25, 0.5, 0.75),
    directValue: Float64Array.of(0.4, 0.6, 0.3, 0.9),
  };

  test('each estimator is its formula, worked out by hand', () => {
    const values = estimateValues(weights, { numerator: reward, denominator: null }, 2, 1);
    expect(values.logging.value).toBe(3 / 4);
    expect(values.ips.value).toBe((1 + 0 + 0 + 4) / 4);
    expect(values.snips.value).toBe(5 / 7);
    // v + w (r - q): 0.4 + 0.5, 0.6 - 0.5, 0.3 + 0, 0.9 + 1
    expect(values.doublyRobust.value).toBeCloseTo((0.9 + 0.1 + 0.3 + 1.9) / 4, 12);
    // The weight of 4 is beyond the threshold.
    expect(values.switch.value).toBeCloseTo((0.9 + 0.1 + 0.3 + 0.9) / 4, 12);
    expect(values.difference.value).toBeCloseTo(0.8 - 0.75, 12);
  });

  test('a metric with a denominator is the ratio of two', () => {
    const counted: ModelledReward = {
      observed: Float64Array.of(1, 1, 1, 0),
      direct: Float64Array.of(1, 1, 1, 0.5),
      directValue: Float64Array.of(1, 1, 1, 0.5),
    };
    const values = estimateValues(weights, { numerator: reward, denominator: counted }, Infinity, 1);
    expect(values.logging.value).toBe(3 / 3);
    expect(values.ips.value).toBe(5 / 3);
    expect(values.snips.value).toBe(5 / 3);
    expect(values.doublyRobust.value).toBeCloseTo(3.2 / (1 + 1 + 1 + 0.5 - 2), 12);
    expect(loggingValue({ numerator: reward, denominator: counted }, 1)).toEqual(values.logging);
  });

  test('Kish: (sum w)^2 / sum w^2, the mean, the largest and its share', () => {
    const table = tableOf(
      Uint8Array.of(0, 0, 1, 1),
      Uint16Array.of(0, 1, 0, 1),
      [
        [0.5, 0.25],
        [0.5, 0.25],
      ],
      [
        [0.5, 0.5],
        [0, 1],
      ],
      2,
    );
    expect(importanceWeights(table)).toEqual(weights);
    expect(weightDiagnostics(table, weights)).toEqual({
      rows: 4,
      effectiveSampleSize: 49 / 21,
      meanWeight: 7 / 4,
      largestWeight: 4,
      largestWeightShare: 4 / 7,
      choiceShare: 1,
      randomisedShare: 1,
      unsupportedShare: 0,
    });
  });
});

describe('the direct model', () => {
  test('is the shrunken mean of the other folds, worked out naively', () => {
    const { table, observed } = drawBandit(UNEVEN, 203, 5);
    const { direct, directValue } = fitDirectModel(table, observed);
    for (const row of [0, 1, 40, 41, 100, 202]) {
      const expected = naiveExpectation(table, observed, row);
      expect(direct[row]).toBeCloseTo(expected(table.action[row]!), 12);
      const target = UNEVEN.target[table.context[row]!]!;
      expect(directValue[row]).toBeCloseTo(
        target.reduce((sum, p, action) => sum + p * expected(action), 0),
        12,
      );
    }
  });

  test('a row has no say in what is expected of it', () => {
    const { table, observed } = drawBandit(UNEVEN, 100, 6);
    const changed = observed.slice();
    changed[37] = 1_000;
    const [before, after] = [fitDirectModel(table, observed), fitDirectModel(table, changed)];
    expect(after.direct[37]).toBe(before.direct[37]);
    expect(after.directValue[37]).toBe(before.directValue[37]);
    expect(after.direct[80]).not.toBe(before.direct[80]);
  });

  test('takes one row, of which nothing else is known', () => {
    const { table, observed } = drawBandit(UNEVEN, 1, 6);
    expect(fitDirectModel(table, observed).direct).toEqual(Float64Array.of(0));
  });
});

function naiveExpectation(table: BanditTable, observed: Float64Array, row: number): (action: number) => number {
  const fold = (one: number): number => Math.floor((one * 5) / table.rows);
  const others = Array.from(observed, (value, one) => ({ value, one })).filter(({ one }) => fold(one) !== fold(row));
  const mean = (rows: typeof others, prior: number, worth: number): number =>
    (rows.reduce((sum, { value }) => sum + value, 0) + worth * prior) / (rows.length + worth);
  const ofAll = mean(others, 0, 0);
  return (action) => {
    const ofAction = others.filter(({ one }) => table.action[one] === action);
    const ofCell = ofAction.filter(({ one }) => table.context[one] === table.context[row]);
    return mean(ofCell, mean(ofAction, ofAll, 20), 20);
  };
}

describe('when the truth is known', () => {
  const ROWS = 20_000;
  const zero = (rows: number): ModelledReward['direct'] => new Float64Array(rows);

  test('every estimator finds it, and most intervals cover it', () => {
    let covered = 0;
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    for (const seed of seeds) {
      const { table, observed, truth } = drawBandit(UNEVEN, 4_000, seed);
      const metric = { numerator: fitDirectModel(table, observed), denominator: null };
      const values = estimateMetric(table, importanceWeights(table), metric, 1);
      for (const interval of [values.ips, values.snips, values.doublyRobust, values.switch]) {
        expect(Math.abs(interval.value! - truth.target)).toBeLessThan(0.08);
        if (interval.low95! <= truth.target && truth.target <= interval.high95!) covered++;
      }
      expect(values.logging.value).toBeCloseTo(truth.logging, 1);
    }
    expect(covered / (seeds.length * 4)).toBeGreaterThan(0.8);
  });

  test('doubly robust: a wrong model alone does not mislead it', () => {
    const { table, observed, truth } = drawBandit(UNEVEN, ROWS, 3);
    const wrong = { observed, direct: zero(ROWS).fill(7), directValue: zero(ROWS).fill(7) };
    const { doublyRobust } = estimateMetric(
      table,
      importanceWeights(table),
      { numerator: wrong, denominator: null },
      1,
    );
    // The spread of 7 w: about 7 x 3.5 / sqrt(20,000).
    expect(Math.abs(doublyRobust.value! - truth.target)).toBeLessThan(0.5);
    const off = { observed, direct: zero(ROWS).fill(0.5), directValue: zero(ROWS).fill(0.5) };
    const better = estimateMetric(table, importanceWeights(table), { numerator: off, denominator: null }, 1);
    expect(Math.abs(better.doublyRobust.value! - truth.target)).toBeLessThan(0.03);
  });

  test('doubly robust: wrong propensities alone do not mislead it, and they do mislead IPS', () => {
    const third = [1 / 3, 1 / 3, 1 / 3];
    const { table, observed, truth } = drawBandit(UNEVEN, ROWS, 4, [third, third]);
    const right = {
      observed,
      direct: Float64Array.from(table.action, (action, row) => UNEVEN.reward[table.context[row]!]![action]!),
      directValue: Float64Array.from(table.context, (at) =>
        UNEVEN.target[at]!.reduce((sum, p, action) => sum + p * UNEVEN.reward[at]![action]!, 0),
      ),
    };
    const values = estimateMetric(table, importanceWeights(table), { numerator: right, denominator: null }, 1);
    expect(Math.abs(values.doublyRobust.value! - truth.target)).toBeLessThan(0.02);
    expect(Math.abs(values.ips.value! - truth.target)).toBeGreaterThan(0.1);
  });
});

describe('the threshold of SWITCH-DR', () => {
  /** Rare actions that the target loves: weights of 400. */
  const HEAVY: BanditLaw = {
    logging: [
      [0.9975, 0.0025],
      [0.5, 0.5],
    ],
    target: [
      [0.98, 0.02],
      [0.5, 0.5],
    ],
    reward: [
      [0.2, 0.9],
      [0.5, 0.5],
    ],
  };

  test.each([
    [UNEVEN, 500],
    [HEAVY, 500],
    [HEAVY, 5_000],
  ])('is the least estimated risk, worked out naively', (law, rows) => {
    const { table, observed } = drawBandit(law, rows, 8);
    const weights = importanceWeights(table);
    const metric = { numerator: fitDirectModel(table, observed), denominator: null };
    const { value } = estimateMetric(table, weights, metric, 1).doublyRobust;
    const found = switchThreshold(table, weights, metric, value!);
    const positive = [...weights].filter((weight) => weight > 0).sort((a, b) => a - b);
    const point = (p: number): number => {
      const place = (positive.length - 1) * p;
      const low = positive[Math.floor(place)]!;
      return low + (place % 1) * ((positive[Math.floor(place) + 1] ?? low) - low);
    };
    const steps = Array.from({ length: 21 }, (_, k) => point(0.05) * (point(0.95) / point(0.05)) ** (k / 20));
    const risks = [...steps, Infinity].map((step) => naiveRisk(table, weights, metric.numerator, value!, step));
    const least = Math.min(...risks);
    expect(naiveRisk(table, weights, metric.numerator, value!, found)).toBeCloseTo(least, 12);
  });

  test('cuts what is rare and heavy, and nothing where weights are even', () => {
    const thresholdOf = (table: BanditTable, observed: Float64Array): number => {
      const metric = { numerator: fitDirectModel(table, observed), denominator: null };
      return switchThreshold(table, importanceWeights(table), metric, 0.4);
    };
    const even = drawBandit({ ...UNEVEN, target: UNEVEN.logging }, 300, 8);
    expect(thresholdOf(even.table, even.observed)).toBe(Infinity);
    // One choice of 300 was one of 1 in 10,000; it weighs 20.
    const action = Uint16Array.from({ length: 300 }, (_, row) => (row === 150 ? 1 : 0));
    const rare = tableOf(new Uint8Array(300), action, [[0.9999, 0.0001]], [[0.998, 0.002]], 2);
    const threshold = thresholdOf(rare, Float64Array.from(action));
    expect(threshold).toBeGreaterThan(0.99);
    expect(threshold).toBeLessThan(20);
  });
});

function naiveRisk(
  table: BanditTable,
  weights: Float64Array,
  { observed, direct, directValue }: ModelledReward,
  ratio: number,
  threshold: number,
): number {
  const rows = table.rows;
  const terms = Array.from(weights, (w, row) => {
    const correction = w <= threshold ? w * (observed[row]! - direct[row]!) : 0;
    return directValue[row]! - ratio + correction;
  });
  const mean = terms.reduce((sum, term) => sum + term, 0) / rows;
  const variance = terms.reduce((sum, term) => sum + (term - mean) ** 2, 0) / rows ** 2;
  const beyond = table.candidateTarget.reduce(
    (sum, p, index) => sum + (p > 0 && p / table.candidateLogged[index]! > threshold ? p : 0),
    0,
  );
  const largest = Math.max(...Array.from(observed, (value) => Math.abs(value - ratio)));
  return variance + ((largest * beyond) / rows) ** 2;
}
