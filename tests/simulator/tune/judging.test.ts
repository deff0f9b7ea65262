import { describe, expect, it } from 'vitest';
import type { Objective } from '../../../src/config/objective.ts';
import { addedFigures, metricsOf, type BlockFigures } from '../../../simulator/tune/block-figures.ts';
import {
  createResampling,
  predictionsOf,
  resampled,
  type Resampled,
} from '../../../simulator/tune/metric-bootstrap.ts';
import { betterFirst, missOf, utilityOf, violationOf } from '../../../simulator/tune/objective-value.ts';
import { sparseHistogram } from '../../../simulator/tune/sparse-histogram.ts';
import { verdictOf } from '../../../simulator/tune/verdict.ts';
import { addValue, createLogHistogram } from '../../../simulator/statistics/log-histogram.ts';
import { drawUniform } from '../../../src/router/keyed-draw.ts';

const CHEAP: Objective = {
  utility: { cost: -1 },
  subjectTo: [{ metric: 'p95_first_token_ms', comparison: '<=', limit: 1_000 }],
};
const BLOCKS = 30;

interface Made {
  readonly usd?: number;
  readonly firstTokenMs?: number;
  readonly failed?: number;
  readonly use?: number;
  readonly luck?: number;
}

/** Blocks of 100 requests with some noise of their own. */
function blocksOf({ usd = 1, firstTokenMs = 500, failed = 0, use = 0, luck = 1 }: Made): BlockFigures[] {
  return Array.from({ length: BLOCKS }, (_, block) => {
    const histogram = createLogHistogram();
    const noise = 1 + 0.2 * (drawUniform(luck, block, 0, 9_999) - 0.5);
    for (let request = 0; request < 100 - failed; request++) addValue(histogram, firstTokenMs * noise + request);
    const sparse = sparseHistogram(histogram);
    return {
      arrivals: 100,
      completed: 100 - failed,
      ended: 100,
      costMicroUsd: usd * noise * 100_000,
      budgetUseMax: use,
      firstTokenMs: sparse,
      durationMs: sparse,
    };
  });
}

function runOf(made: Made): Resampled {
  const blocks = blocksOf(made);
  return resampled(blocks, [blocks], createResampling(BLOCKS, 1));
}

const pair = (incumbent: Made, candidate: Made) => ({ incumbent: runOf(incumbent), candidate: runOf(candidate) });

describe('predictions', () => {
  it('tell where one run may end, though the difference is that of the mean', () => {
    const runs = [blocksOf({ usd: 1 }), blocksOf({ usd: 3 })];
    const summed = addedFigures(
      runs.map((blocks) => ({ blocks, classes: [], tiers: [0, 0, 0] as const, replayed: 0 })),
    ).blocks;
    const apart = resampled(summed, runs, createResampling(BLOCKS, 1));
    const cost = predictionsOf(runOf({ usd: 2 }), apart).find(({ metric }) => metric === 'cost')!;
    expect(cost.candidate.value).toBeCloseTo(2, 0);
    expect(cost.candidate.low95).toBeLessThan(1.2);
    expect(cost.candidate.high95).toBeGreaterThan(2.8);
    expect(cost.difference.low95).toBeGreaterThan(-0.5);
    expect(cost.difference.high95).toBeLessThan(0.5);
  });
});

describe('metrics over blocks', () => {
  it('are those of all requests together', () => {
    const metrics = metricsOf(blocksOf({ usd: 2, failed: 10, use: 1.25 }));
    expect(metrics.success).toBeCloseTo(0.9, 12);
    expect(metrics.cost).toBeGreaterThan(1.8);
    expect(metrics.cost).toBeLessThan(2.2);
    expect(metrics.budget_overshoot).toBeCloseTo(0.25, 12);
    expect(metrics.p95_first_token_ms).toBeGreaterThan(metrics.p50_first_token_ms!);
  });

  it('are null where there is nothing', () => {
    expect(metricsOf([])).toMatchObject({ cost: null, success: null, p95_first_token_ms: null, budget_overshoot: 0 });
    expect(utilityOf(metricsOf([]), CHEAP)).toBe(-Infinity);
    expect(violationOf(metricsOf([]), CHEAP)).toBe(1);
  });
});

describe('the order of policies', () => {
  const standing = (violation: number, merit: number) => ({ violation, utility: merit, merit });

  it('puts those that keep the constraints first, and the best of them before the rest', () => {
    const [a, b, c, d] = [standing(0, -2), standing(0, -1), standing(0.1, 0), standing(0.5, 9)];
    expect([d, c, a, b].toSorted(betterFirst)).toEqual([b, a, c, d]);
    expect(betterFirst(standing(0, -Infinity), standing(0, -Infinity))).toBe(0);
  });

  it('measures a miss in the room that the limit leaves', () => {
    const success = { metric: 'success', comparison: '>=', limit: 0.99 } as const;
    expect(missOf(0.98, success)).toBeCloseTo(1, 12);
    expect(missOf(0.995, success)).toBe(0);
    expect(missOf(0.9901, success, 0.03)).toBeCloseTo(0.02, 12);
    expect(missOf(1, { ...success, limit: 1 }, 0.03)).toBe(0);
    expect(missOf(1_100, CHEAP.subjectTo[0]!)).toBeCloseTo(0.1, 12);
  });
});

describe('the verdict', () => {
  it('is better where the whole interval is, on both parts', () => {
    const clear = pair({ usd: 1 }, { usd: 0.8 });
    expect(verdictOf(clear, clear, CHEAP)).toMatchObject({ verdict: 'better' });
  });

  it.each([
    ['the same policy', pair({}, {}), pair({}, {}), /may be luck/],
    [
      'a gain on the train part alone',
      pair({}, { usd: 0.8 }),
      pair({}, { usd: 1, luck: 2 }),
      /on the holdout the utility is better by .* may be luck/,
    ],
    [
      'a gain on the holdout alone',
      pair({}, { luck: 2 }),
      pair({}, { usd: 0.8 }),
      /on the train part the utility is better by .* may be luck/,
    ],
    ['a gain that nobody would notice', pair({}, { usd: 0.9995 }), pair({}, { usd: 0.9995 }), /too small to matter/],
    [
      'a constraint that is broken',
      pair({}, { usd: 0.8 }),
      pair({}, { usd: 0.8, firstTokenMs: 1_200 }),
      /on the holdout p95_first_token_ms is \d+ and not <= 1000/,
    ],
    ['a guardrail', pair({}, { usd: 0.8 }), pair({}, { usd: 0.8, failed: 3 }), /success, which nobody wants to lose/],
    ['a budget', pair({}, { usd: 0.8 }), pair({ use: 1 }, { usd: 0.8, use: 1.2 }), /budget_overshoot, which/],
  ])('is no better for %s', (_, train, holdout, why) => {
    const { verdict, why: said } = verdictOf(train, holdout, CHEAP);
    expect(verdict).toBe('no-better');
    expect(said).toMatch(/^No better policy was found: /);
    expect(said).toMatch(why);
  });

  it('lets a dearer policy win that keeps what the incumbent breaks', () => {
    const repair = pair({ firstTokenMs: 1_500 }, { usd: 1.4, firstTokenMs: 700 });
    expect(verdictOf(repair, repair, CHEAP)).toMatchObject({ verdict: 'better' });
  });

  it('does not hold against a candidate what the incumbent misses as much', () => {
    const both = pair({ firstTokenMs: 1_500 }, { usd: 0.7, firstTokenMs: 1_400 });
    expect(verdictOf(both, both, CHEAP)).toMatchObject({ verdict: 'better' });
  });
});
