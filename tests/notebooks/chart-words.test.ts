import { describe, expect, test } from 'vitest';
import { plotOptions } from '../../notebooks/parts/chart-card.ts';
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
