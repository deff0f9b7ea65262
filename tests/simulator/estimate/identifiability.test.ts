import { describe, expect, test } from 'vitest';
import { gatesOf, whyNotIdentifiable } from '../../../simulator/estimate/identifiability.ts';
import {
  importanceWeights,
  weightDiagnostics,
  type WeightDiagnostics,
} from '../../../simulator/estimate/importance-weights.ts';
import { neededDecisions, neededExplorationRate } from '../../../simulator/estimate/needed-exploration.ts';
import { drawBandit, type BanditLaw } from './known-bandit.ts';

const GOOD: WeightDiagnostics = {
  rows: 10_000,
  effectiveSampleSize: 600,
  meanWeight: 1.01,
  largestWeight: 40,
  largestWeightShare: 0.004,
  choiceShare: 0.9,
  randomisedShare: 0.3,
  unsupportedShare: 0,
};

describe('the gates', () => {
  test.each<[string, Partial<WeightDiagnostics>, string | null]>([
    ['a good log', {}, null],
    ['499 effective rows', { effectiveSampleSize: 499.9 }, 'effectiveSampleSize'],
    ['500', { effectiveSampleSize: 500 }, null],
    ['1 % of many', { rows: 100_000, effectiveSampleSize: 999 }, 'effectiveSampleSize'],
    ['1 % of many, reached', { rows: 100_000, effectiveSampleSize: 1_000 }, null],
    ['weights too small', { meanWeight: 0.9499 }, 'meanWeight'],
    ['weights too large', { meanWeight: 1.0501 }, 'meanWeight'],
    ['weights at the edge', { meanWeight: 0.95 }, null],
    ['one heavy row', { largestWeightShare: 0.0101 }, 'largestWeightShare'],
    ['no chance at all', { randomisedShare: 0 }, 'randomisedShare'],
  ])('%s', (_, change, failing) => {
    const diagnostics = { ...GOOD, ...change };
    const gates = gatesOf(diagnostics);
    expect(gates.filter(({ pass }) => !pass).map(({ name }) => name)).toEqual(failing === null ? [] : [failing]);
    expect(whyNotIdentifiable(gates, diagnostics) === null).toBe(failing === null);
  });

  test('say why in words', () => {
    const why = (change: Partial<WeightDiagnostics>): string | null =>
      whyNotIdentifiable(gatesOf({ ...GOOD, ...change }), { ...GOOD, ...change });
    expect(why({ effectiveSampleSize: 2.1, largestWeightShare: 0.69 })).toBe(
      'the decisions say as much as 2 equally weighted ones, at least 500 are needed; one decision carries 69 % of all weight, at most 1 % is let pass',
    );
    expect(why({ meanWeight: 0.5, unsupportedShare: 0.5 })).toBe(
      "the weights average 0.500 instead of 1 (0.95 to 1.05 is let pass); with probability 50 % the policy does what the log's could never have done",
    );
    expect(why({ randomisedShare: 0, effectiveSampleSize: 0 })).toMatch(
      /left nothing to chance: each of its 10000 choices/,
    );
  });
});

/** Two actions; the log takes the first, the other policy the second in half of the contexts. */
const DETERMINISTIC: BanditLaw = {
  logging: [
    [1, 0],
    [1, 0],
  ],
  target: [
    [1, 0],
    [0, 1],
  ],
  reward: [
    [0.5, 0.5],
    [0.5, 0.5],
  ],
};

describe('the exploration that would have been needed', () => {
  test('solves the expected weights of a log without any', () => {
    const { table } = drawBandit(DETERMINISTIC, 10_000, 1);
    const share = table.context.reduce((sum, at) => sum + at, 0) / 10_000;
    const square = (rate: number): number => (1 - share) / (1 - rate / 2) + (share * 2) / rate;
    // The mean of the weights is the narrowest gate: 1.96 sqrt((E w^2 - 1) / n) <= 0.05.
    const passes = (rate: number): boolean => square(rate) - 1 <= 10_000 * (0.05 / 1.96) ** 2 && square(rate) <= 20;
    const rate = neededExplorationRate(table, 0)!;
    expect(passes(rate)).toBe(true);
    expect(passes(rate * 0.97)).toBe(false);
    const needed = neededDecisions(table, 0.02, 0)!;
    const bound = Math.max(500 * square(0.02), (square(0.02) - 1) * (1.96 / 0.05) ** 2, 100 * (2 / 0.02));
    expect(needed).toBe(Math.ceil(bound));
  });

  test('makes a log pass, most of the time', () => {
    const rate = neededExplorationRate(drawBandit(DETERMINISTIC, 10_000, 1).table, 0)!;
    const explored = [1 - rate / 2, rate / 2];
    const passed = [1, 2, 3, 4, 5, 6, 7, 8].filter((seed) => {
      const { table } = drawBandit({ ...DETERMINISTIC, logging: [explored, explored] }, 10_000, seed);
      return gatesOf(weightDiagnostics(table, importanceWeights(table))).every(({ pass }) => pass);
    });
    expect(passed.length).toBeGreaterThanOrEqual(6);
  });

  test('counts what the log explores already', () => {
    const explored = [0.95, 0.05];
    const bare = drawBandit(DETERMINISTIC, 10_000, 1).table;
    const { table } = drawBandit({ ...DETERMINISTIC, logging: [explored, explored] }, 10_000, 1);
    expect(neededDecisions(table, 0.3, 0.1)! / neededDecisions(bare, 0.3, 0)!).toBeCloseTo(1, 6);
    expect(neededDecisions(table, 0.1, 0.1)! / neededDecisions(bare, 0.1, 0)!).toBeCloseTo(1, 6);
  });

  test('cannot be had from rows that are never explored with', () => {
    const { table } = drawBandit(DETERMINISTIC, 10_000, 1);
    expect(neededExplorationRate({ ...table, explorable: new Float64Array(10_000) }, 0)).toBeNull();
    const rate = neededExplorationRate(table, 0)!;
    const halved = neededExplorationRate({ ...table, explorable: new Float64Array(10_000).fill(0.5) }, 0)!;
    expect(halved / rate).toBeGreaterThan(1.9);
    expect(halved / rate).toBeLessThan(2.1);
  });

  test('there is none for ten rows, nor where exploration never leads', () => {
    expect(neededExplorationRate(drawBandit(DETERMINISTIC, 10, 1).table, 0)).toBeNull();
    const { table } = drawBandit(DETERMINISTIC, 10_000, 1);
    const unreachable = { ...table, candidateLogged: table.candidateLogged.map((p) => (p === 0 ? NaN : p)) };
    expect(neededExplorationRate(unreachable, 0)).toBeNull();
    expect(neededDecisions(unreachable, 0.02, 0)).toBeNull();
    expect(weightDiagnostics(unreachable, importanceWeights(unreachable)).unsupportedShare).toBeCloseTo(0.5, 1);
  });

  test('is nothing for a log that explores enough', () => {
    const even: BanditLaw = {
      ...DETERMINISTIC,
      logging: [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    };
    expect(neededExplorationRate(drawBandit(even, 10_000, 1).table, 0)).toBe(0);
  });
});
