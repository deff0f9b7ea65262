import { describe, expect, test } from 'vitest';
import { plotOptions } from '../../notebooks/parts/chart-card.ts';
import { closingWords, disagreementWords, measuredWords } from '../../notebooks/parts/evidence-charts.ts';
import { reliabilityCard } from '../../notebooks/parts/fit-charts.ts';
import { fateCard, propensityCard } from '../../notebooks/parts/log-charts.ts';
import { classCard } from '../../notebooks/parts/pair-charts.ts';
import { countTicks, percentLabels, tellingTicks } from '../../notebooks/parts/telling-ticks.ts';
import { formatPercent } from '../../reports/format.ts';

describe('ticks', () => {
  test.each([
    [
      [0, 0.005, 0.01, 0.015, 0.02],
      ['0', '0.5\u00a0%', '1\u00a0%', '1.5\u00a0%', '2\u00a0%'],
    ],
    [
      [0, 0.2, 0.4],
      ['0', '20\u00a0%', '40\u00a0%'],
    ],
    [
      [0, 0.0002, 0.0004],
      ['0', '0.02\u00a0%', '0.04\u00a0%'],
    ],
  ])('of %j in percent can be told apart', (ticks, labels) => {
    const label = percentLabels(ticks);
    expect(ticks.map((tick) => label(tick))).toEqual(labels);
  });

  test.each([
    [1, 4, [0, 1]],
    [2, 6, [0, 1, 2]],
    [9, 4, [0, 5]],
    [2_100, 6, [0, 500, 1_000, 1_500, 2_000]],
  ])('that count to %i are whole', (max, count, ticks) => {
    expect(countTicks(max, count)).toEqual(ticks);
  });

  test('that would read alike are left out', () => {
    expect(tellingTicks([0.01, 0.012, 0.02], (value) => formatPercent(value, 0))).toEqual([0.01, 0.02]);
  });

  test('of the charts are these', () => {
    const reliability = { attempts: 9, simulated: 0.01, observed: 0.02, low95: null, high95: null };
    const cards = [reliabilityCard([reliability]), fateCard([{ target: 'a', fate: 'chosen', decisions: 1 }])];
    const labels = cards.map(({ panels: [panel] }) => panel?.ticks?.at.map(panel.ticks.format));
    expect(labels).toEqual([
      ['0', '0.5\u00a0%', '1\u00a0%', '1.5\u00a0%', '2\u00a0%'],
      ['0', '1'],
    ]);
    expect(cards.every(({ panels }) => panels.every((panel) => plotOptions(panel).height! > 0))).toBe(true);
  });
});

describe('the class that makes the difference', () => {
  const title = (parts: Readonly<Record<string, number>>): string =>
    classCard(
      { a: 'one', b: 'two' },
      Object.entries(parts).map(([name, difference]) => ({
        class: name,
        arrivals: 1,
        a_cost_usd: 10,
        b_cost_usd: 10 + difference,
        a_first_token_p95_ms: null,
        b_first_token_p95_ms: null,
        a_success_ratio: 1,
        b_success_ratio: 1,
      })),
    ).title;

  test.each([
    [{ long: 4.9, chat: 3, code: 2.1 }, /^long makes the largest part of the difference: \+\$4\.90 of \+\$10\.00$/],
    [{ long: -6, chat: -3 }, /^long makes most of the difference/],
    [{ long: -5, chat: 4, code: 3 }, /^chat makes most of the difference/],
    [{ long: 0, chat: 0 }, /^Both cost the same$/],
  ])('of %j', (parts, words) => {
    expect(title(parts)).toMatch(words);
  });
});

test.each([
  [0, 0.3, 'Every choice left something to chance'],
  [72, 0.00028, '72\u00a0% of the choices were certain; the rest left on average 0.03\u00a0% to chance'],
  [72, 0.00001, '72\u00a0% of the choices were certain; the rest left on average less than 0.01\u00a0% to chance'],
  [72, 0.2, '72\u00a0% of the choices were certain; the rest left something to chance'],
  [100, null, 'Every choice was certain; nothing was left to chance'],
])('of 100 choices %i certain, %s left to chance by the others', (sure, chance, words) => {
  expect(propensityCard([{ propensity: 0.95, decisions: 100 }], sure, chance).title).toBe(words);
});

test.each([
  [1, /^Less than 1\u00a0% of the choices were certain/],
  [999, /^More than 99\u00a0% of the choices were certain/],
])('of 1,000 choices %i certain is neither none nor all', (sure, words) => {
  expect(propensityCard([{ propensity: 0.95, decisions: 1_000 }], sure, 0.2).title).toMatch(words);
});

describe('the estimators and the replay', () => {
  const metric = 'costUsdPer1kRequests';
  const estimates = [
    { metric, estimator: 'the log itself', value: 1.7, low95: 1.6, high95: 1.8 },
    { metric, estimator: 'IPS', value: 2.26, low95: 1.97, high95: 2.58 },
    { metric, estimator: 'SNIPS', value: 2.25, low95: 1.9, high95: 2.52 },
  ];

  test.each([
    [
      1.72,
      /^They disagree: the replay lies outside the intervals of all estimators for cost per 1,000 requests \(\$1\.72 by the replay, \$2\.25 to \$2\.26 by the estimators\)\.$/,
    ],
    [3, /^They disagree/],
  ])('disagree on %f', (replayed, words) => {
    expect(disagreementWords(estimates, { [metric]: replayed })).toMatch(words);
  });

  test('agree where one interval holds it, and where there is none', () => {
    expect(disagreementWords(estimates, { [metric]: 1.95 })).toBeNull();
    expect(disagreementWords(estimates, {})).toBeNull();
    expect(disagreementWords(estimates, { successRatio: 0.5 })).toBeNull();
  });
});

describe('what came', () => {
  test('is of the very log that was replayed, or of another', () => {
    const run = { policy: 'ranked', requests: 3_199 };
    expect(measuredWords({ ...run, isReplayedLog: true })).toMatch(
      /^ranked was replayed over this very log, which has 3,199 requests that ranked served\./,
    );
    expect(measuredWords({ ...run, isReplayedLog: false })).toBe(
      'ranked was replayed in fitted providers. The measured log has 3,199 requests that ranked served.',
    );
  });

  test.each([
    [[1.04, 0.9], /^For a choice between two policies that differ much, most likely: .* \u221210\u00a0% off\.$/],
    [[1.04, 1.62], /^For a choice between two policies that differ by more than the miss above: .* \+62\u00a0% off\.$/],
    [[1.04, 6.65], /^Not as it stands: .* \+565\u00a0% off\. /],
    [[], /^No forecast was held against what came/],
  ])('%j times as much foretold, ends the page', (predicted, words) => {
    const rows = predicted.map((times) => ({
      metric: 'costUsdPer1kRequests',
      predicted: times,
      measured: 1,
      part_min: null,
      part_max: null,
    }));
    expect(closingWords(rows, null)).toMatch(words);
    expect(closingWords(rows, 'They disagree.')).toMatch(/The estimators do not bear the replay out/);
  });
});
