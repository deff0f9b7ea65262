import { describe, expect, test } from 'vitest';
import { compare } from '../../simulator/compare/compare.ts';
import type { PolicyRun } from '../../simulator/result.ts';
import { memoryTrace } from '../../datasets/index.ts';
import { comparisonText, runText, withoutSeries } from '../../src/cli/comparison-text.ts';
import { routeText } from '../../src/cli/route-text.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/router/policy.ts';
import { evenly, rowsAt } from '../simulator/replay/rows-in-time.ts';
import { scenarioOf } from '../../simulator/validate/small/pool-in-small.ts';

const withStick = (stick: Policy['affinity']['stick']): Policy => ({
  ...DEFAULT_POLICY,
  affinity: { ...DEFAULT_POLICY.affinity, stick },
});

async function compared(...sticks: readonly Policy['affinity']['stick'][]) {
  const result = await compare({
    trace: memoryTrace(rowsAt(evenly(200, 2_000)), 'test'),
    scenario: scenarioOf([{ id: 'aurora.main.large' }, { id: 'borealis.main.large' }]),
    scenarioHash: '',
    policies: sticks.map((stick, index) => ({ name: `p${index}`, policy: withStick(stick), hash: '' })),
    seed: 1,
  });
  return { ...result, command: '', wallMs: 1, requestsPerSecond: 1 };
}

describe('the text of a comparison', () => {
  test('has figures by route when policies stick to different things', async () => {
    const comparison = await compared('none', 'target');
    const text = comparisonText(comparison);
    expect(text).toMatch(
      /│ route +│ policy │ sticks to │ requests │ success +│ USD \/ 1k │ TTFT p95 │ cached │ targets used │ largest │/,
    );
    expect(text).toMatch(/│ \(model\) │ p0 +│ none +│ 200 +│ 100\.00 % │/);
    expect(text).toMatch(/│ \(model\) │ p1 +│ target +│ 200 +│ 100\.00 % │/);
    expect(text).toMatch(/Differences by route on the same requests[\s\S]*│ \(model\) │ p0 - p1 │ -?\d/);
    expect(withoutSeries(comparison)).toMatchObject({
      policies: [{ stick: 'none', routes: [{ route: '(model)' }] }, { stick: 'target' }],
      routePaired: [{ route: '(model)', metric: 'cacheReadRatio' }, {}, {}, {}],
    });
  });

  test('is without them otherwise', async () => {
    const comparison = await compared('key', 'key');
    expect(comparisonText(comparison)).not.toContain('By route');
    expect(routeText(comparison)).toEqual([]);
    expect(runText(comparison.policies[0]!)).not.toContain('By route');
  });

  test('of one run has them too', async () => {
    const { policies } = await compared('none', 'key');
    expect(runText(policies[1] as PolicyRun)).toMatch(/By route[\s\S]*│ \(model\) │ p1 +│ key +│/);
  });
});
