import { describe, expect, it } from 'vitest';
import { drawCharts } from '../../reports/charts/all-charts.ts';
import { comparisonSchema } from '../../reports/comparison-schema.ts';
import { buildReport } from '../../reports/report-model.ts';
import { tierTable } from '../../reports/tables/tiers.ts';
import type { Comparison, TierShares } from '../../simulator/result.ts';
import { fixtureComparison } from './fixture-comparison.ts';

const share = (attemptRatio: number, requestRatio: number): TierShares['T1'] => ({
  attempts: attemptRatio * 1_000,
  attemptRatio,
  requests: requestRatio * 800,
  requestRatio,
});

function recordedComparison(): Comparison {
  const comparison = fixtureComparison();
  const [first, ...others] = comparison.policies;
  return {
    ...comparison,
    outcomes: { mode: 'auto', recording: 'pool-log', attempts: 1_234 },
    policies: [
      { ...first!, tiers: { T1: share(1, 1), T2: share(0, 0), T3: share(0, 0) } },
      ...others.map((run) => ({ ...run, tiers: { T1: share(0.25, 0.2), T2: share(0.5, 0.5), T3: share(0.25, 0.3) } })),
    ],
  };
}

describe('a report of recorded outcomes', () => {
  it('shows the share of each tier by policy, and says who leans most on the twins', async () => {
    const comparison = recordedComparison();
    const report = buildReport(comparison, await drawCharts(comparison));
    const section = report.sections.find(({ id }) => id === 'tiers');
    expect(report.sections.map(({ id }) => id).slice(0, 3)).toEqual(['key-figures', 'tiers', 'differences']);
    expect(section?.intro).toMatch(
      /At most 25\.0\s% of the attempts of a policy \(\S+\) are the twins’ word alone\. Outcomes: auto, from pool-log\.$/,
    );
    const [first, second] = tierTable(comparison).rows;
    const percent = (text: string): string => text.replace(/\s/, ' ');
    expect(first!.map(percent)).toEqual([
      comparison.policies[0]!.name,
      ...[100, 0, 0, 100, 0, 0].map((n) => `${n}.0 %`),
    ]);
    expect(second!.slice(1).map(percent)).toEqual(['25.0 %', '50.0 %', '25.0 %', '20.0 %', '50.0 %', '30.0 %']);
  });

  it('keeps tiers when it is read from a file, and refuses shares that are none', () => {
    const comparison = recordedComparison();
    const read = comparisonSchema.parse(JSON.parse(JSON.stringify(comparison)));
    expect(read.policies[1]?.tiers).toEqual(comparison.policies[1]!.tiers);
    expect(read.outcomes).toEqual(comparison.outcomes);
    const wrong = structuredClone(comparison) as unknown as { policies: { tiers: { T1: { attemptRatio: number } } }[] };
    wrong.policies[0]!.tiers.T1.attemptRatio = 1.5;
    expect(comparisonSchema.safeParse(wrong).error?.issues[0]?.path).toEqual([
      'policies',
      0,
      'tiers',
      'T1',
      'attemptRatio',
    ]);
  });

  it('has no such section without a recording', async () => {
    const comparison = fixtureComparison();
    const report = buildReport(comparison, await drawCharts(comparison));
    expect(report.sections.map(({ id }) => id)).not.toContain('tiers');
  });
});
