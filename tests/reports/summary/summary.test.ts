import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricOf } from '../../../reports/metrics.ts';
import { findPair, verdictOf } from '../../../reports/summary/pair-verdict.ts';
import { rankingTitle } from '../../../reports/summary/ranking-words.ts';
import { rankingOf } from '../../../reports/summary/ranking.ts';
import { summarise } from '../../../reports/summary/summary.ts';
import type { Comparison, PairedDifference } from '../../../simulator/result.ts';
import { emptyPolicy } from '../degenerate-comparisons.ts';
import { fixtureComparison, LOWEST_COST, RANKED, WEIGHTED } from '../fixture-comparison.ts';

const COST = metricOf('costUsdPer1kRequests');
const SUCCESS = metricOf('successRatio');

function pair(low95: number | null, high95: number | null): PairedDifference {
  const difference = low95 === null || high95 === null ? null : (low95 + high95) / 2;
  return { metric: 'costUsdPer1kRequests', a: 'x', b: 'y', difference, low95, high95, blocks: 40 };
}

function withPairs(comparison: Comparison, change: (pair: PairedDifference) => PairedDifference): Comparison {
  return { ...comparison, paired: comparison.paired.map(change) };
}

/** Everything that the summary says, in one string with plain spaces. */
function wordsOf(comparison: Comparison): string {
  const { headline, answers, cautions } = summarise(comparison);
  return [headline, ...answers.flatMap((entry) => [entry.answer, ...entry.evidence]), ...cautions]
    .join(' ')
    .replaceAll('\u00a0', ' ');
}

describe('the verdict on a pair', () => {
  it.each([
    [-2, -1, 'better', 'worse'],
    [1, 2, 'worse', 'better'],
    [-1, 1, 'unclear', 'unclear'],
    [0, 1, 'unclear', 'unclear'],
    [-1, 0, 'unclear', 'unclear'],
    [0, 0, 'unclear', 'unclear'],
    [null, null, 'untested', 'untested'],
  ] as const)('%s to %s is %s where less is better, %s where more is', (low, high, less, more) => {
    expect(verdictOf(pair(low, high), COST)).toBe(less);
    expect(verdictOf(pair(low, high), SUCCESS)).toBe(more);
  });

  it('takes no side in a metric that has none', () => {
    expect(verdictOf(pair(1, 2), metricOf('somethingNew'))).toBe('neutral');
  });

  it('is the opposite from the other side', () => {
    const comparison = { ...fixtureComparison(), paired: [pair(-3, -1)] };
    expect(findPair(comparison, COST.key, 'x', 'y')).toEqual(pair(-3, -1));
    expect(findPair(comparison, COST.key, 'y', 'x')).toMatchObject({
      a: 'y',
      b: 'x',
      difference: 2,
      low95: 1,
      high95: 3,
    });
    expect(findPair(comparison, COST.key, 'x', 'z')).toBeNull();
  });
});

describe('the summary', () => {
  it('names who is cheaper and who is faster, by how much, and leaves open what is open', () => {
    const { headline, answers } = summarise(fixtureComparison([RANKED, WEIGHTED]));
    expect(headline.replaceAll('\u00a0', ' ')).toBe(
      'weighted costs 12.0 % less; ranked answers 20.6 % sooner (first token, p95); no clear winner in the share of requests answered.',
    );
    expect(answers.map((entry) => entry.answer)).toEqual(['weighted', 'ranked', 'No clear difference']);
  });

  it('never claims anything when every interval contains zero', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (below, above) => {
          const comparison = withPairs(fixtureComparison([RANKED, WEIGHTED, LOWEST_COST]), (entry) => ({
            ...entry,
            low95: -below,
            high95: above,
          }));
          const words = wordsOf(comparison);
          expect(words).not.toContain('clearly better');
          expect(words).toContain(
            'No clear winner in cost, the time to the first token or the share of requests answered',
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it('says what was not compared', () => {
    const comparison = { ...fixtureComparison([RANKED, WEIGHTED, LOWEST_COST]) };
    const words = wordsOf(comparison);
    expect(words).toContain('lowest-cost costs least, clearly so only against ranked');
    expect(words).toContain('Not compared pair by pair: lowest-cost ($2.74) and weighted ($3.95).');
    expect(wordsOf({ ...comparison, paired: [] })).not.toContain('clearly better');
    expect(rankingTitle(rankingOf({ ...comparison, paired: [] }, COST))).toContain('not tested');
  });

  it('warns when the cheapest does less work', () => {
    const comparison = withPairs(fixtureComparison([RANKED, LOWEST_COST]), (entry) =>
      entry.metric === 'successRatio' ? { ...entry, low95: -0.02, high95: -0.001 } : entry,
    );
    expect(wordsOf(comparison)).toContain('lowest-cost is cheapest but answers clearly fewer requests than ranked');
  });

  it('says when requests were not asked for as recorded', () => {
    const comparison = fixtureComparison();
    const words = wordsOf({ ...comparison, trace: { ...comparison.trace, askedAsAuto: 1_200 } });
    expect(words).toContain('1,200 requests of 16,323 named models that the scenario’s pool does not have');
    expect(wordsOf(comparison)).not.toContain('auto');
  });

  it('warns of few blocks and of many tests', () => {
    const few = withPairs(fixtureComparison(), (entry) => ({ ...entry, blocks: 6 }));
    expect(wordsOf(few)).toContain('rest on 6 blocks of requests only');
    const base = fixtureComparison();
    expect(wordsOf({ ...base, paired: [...base.paired, ...base.paired, ...base.paired, ...base.paired] })).toContain(
      '20 differences were tested',
    );
    expect(wordsOf(base)).not.toContain('differences were tested');
  });

  it('describes a single policy without comparing it', () => {
    const words = wordsOf(fixtureComparison([RANKED]));
    expect(words).toContain('One policy was run, so nothing is compared.');
    expect(words).not.toContain('clear');
  });

  it('does not rank a policy that answered nothing by its times', () => {
    const comparison = fixtureComparison([RANKED, WEIGHTED]);
    const words = wordsOf({
      ...comparison,
      policies: [comparison.policies[0]!, emptyPolicy(comparison.policies[1]!)],
      paired: [],
    });
    expect(words).toContain('Only ranked answered');
    expect(words).toContain('weighted answered no request');
  });
});
