import { describe, expect, it } from 'vitest';
import { drawCharts } from '../../reports/charts/all-charts.ts';
import { markdownDocument } from '../../reports/markdown/document.ts';
import { htmlPage } from '../../reports/page/page.ts';
import { parseComparison } from '../../reports/read-comparison.ts';
import { buildReport } from '../../reports/report-model.ts';
import { routePairedTable, routeTable } from '../../reports/tables/routes.ts';
import type { Comparison, PolicyRun, RouteUse } from '../../simulator/result.ts';
import { emptyPolicy } from './degenerate-comparisons.ts';
import { fixtureComparison, MANY, RANKED, WEIGHTED } from './fixture-comparison.ts';

const ROUTES = ['(all)', 'coding', 'longcontext', 'search', 'thinking', 'tools', '(model)'];

function routeUse(run: PolicyRun, route: string, index: number, sticks: boolean): RouteUse {
  return {
    route,
    requests: Math.round(run.arrivals / (index + 1)),
    successRatio: run.successRatio,
    firstTokenMs: run.firstTokenMs,
    costUsd: run.costUsd / (index + 1),
    costUsdPer1kRequests: run.costUsdPer1kRequests * (1 + index / 10),
    cacheReadRatio: (sticks ? 0.5 : 0.2) / (1 + index / 5),
    attempts: Math.round(run.attempts / (index + 1)),
    largestTargetShare: sticks ? 0.6 : 0.3,
    effectiveTargets: (sticks ? 3 : 6) - index / 4,
    otherRouteRatio: 0.1,
    instructedRatio: index === 0 ? 0.02 : 0,
  };
}

/** The fixture, had its requests taken routes; the second policy sticks to targets. */
function routedComparison(comparison = fixtureComparison([RANKED, WEIGHTED])): Comparison {
  return {
    ...comparison,
    policies: comparison.policies.map((run, index) => ({
      ...run,
      stick: index === 1 ? 'target' : 'none',
      routes: ROUTES.map((route, place) => routeUse(run, route, place, index === 1)),
    })),
    routePaired: ROUTES.flatMap((route) =>
      ['cacheReadRatio', 'costUsdPer1kRequests', 'successRatio', 'effectiveTargets'].map((metric) => ({
        route,
        metric,
        a: 'ranked',
        b: 'weighted',
        difference: -0.3,
        low95: -0.4,
        high95: metric === 'costUsdPer1kRequests' ? 0.1 : -0.2,
        blocks: 50,
      })),
    ),
  };
}

const reportOf = async (comparison: Comparison) => buildReport(comparison, await drawCharts(comparison));

describe('a report with routes', () => {
  it('has a section of them: caches beside balance, by policy', async () => {
    const report = await reportOf(routedComparison());
    expect(report.sections.map(({ id }) => id)).toEqual([
      'key-figures',
      'differences',
      'cost-and-waiting',
      'over-time',
      'failures',
      'routes',
      'breakdown',
      'repeat',
      'definitions',
      'limits',
    ]);
    const { routeUse: chart } = await drawCharts(routedComparison());
    expect(chart?.title).toBe(
      'weighted reads 50.0\u00a0% of its input from caches over 3.00 targets; ranked 20.0\u00a0% over 6.00',
    );
    expect(chart?.legend.map(({ label }) => label)).toEqual(['ranked', 'weighted (sticks to the target)']);
    expect(chart?.panels.map(({ label }) => label.split(',', 1)[0])).toEqual([
      'Input read from caches: (all) with ranked 20.0\u00a0%',
      'Targets used: (all) with ranked 6.00',
    ]);
    // A bar for each route and policy.
    for (const panel of chart?.panels ?? []) expect(panel.body.match(/<rect/g)).toHaveLength(ROUTES.length * 2);
  });

  it('sets the policies of a route under each other, and their differences in a table', () => {
    const { rows, columns } = routeTable(routedComparison());
    expect(rows).toHaveLength(ROUTES.length * 2);
    expect(rows.slice(0, 3).map((cells) => cells.slice(0, 3))).toEqual([
      ['ranked', '(all)', 'none'],
      ['weighted', '(all)', 'target'],
      ['ranked', 'coding', 'none'],
    ]);
    expect(rows.every((cells) => cells.length === columns.length)).toBe(true);
    expect(routePairedTable(routedComparison()).rows.slice(0, 4)).toEqual([
      [
        '(all)',
        'Input read from caches',
        'ranked − weighted',
        '−30.0\u00a0points',
        '−40.0\u00a0points to −20.0\u00a0points',
        'clearly worse',
      ],
      ['(all)', 'Cost per 1,000 requests', 'ranked − weighted', '−$0.300', '−$0.400 to +$0.100', 'no clear difference'],
      [
        '(all)',
        'Requests answered',
        'ranked − weighted',
        '−30.0\u00a0points',
        '−40.0\u00a0points to −20.0\u00a0points',
        'clearly worse',
      ],
      ['(all)', 'Targets used', 'ranked − weighted', '−0.300', '−0.400 to −0.200', 'clearly different'],
    ]);
  });

  it('comes back from the file of a comparison, and explains its words', async () => {
    const comparison = parseComparison(JSON.stringify(routedComparison()), 'result.json');
    expect(comparison).toEqual(routedComparison());
    const html = htmlPage(await reportOf(comparison));
    expect(html).toContain('id="route-use"');
    expect(html).toContain('exp of the entropy');
    expect(markdownDocument(await reportOf(comparison))).toContain('charts/route-use.png');
    const broken = JSON.stringify(routedComparison()).replace('"cacheReadRatio":0.5', '"cacheReadRatio":5');
    expect(() => parseComparison(broken, 'result.json')).toThrow(/policies\[1\]\.routes\[0\]\.cacheReadRatio/);
  });

  it.each<[string, Comparison]>([
    ['one policy', { ...routedComparison(fixtureComparison([RANKED])), routePaired: [] }],
    ['eight policies', routedComparison(fixtureComparison(MANY))],
    [
      'a policy that sent nothing',
      {
        ...routedComparison(),
        policies: routedComparison().policies.map((run) => ({
          ...emptyPolicy(run),
          routes: run.routes!.map((use) => ({
            ...use,
            attempts: 0,
            costUsd: 0,
            cacheReadRatio: 0,
            effectiveTargets: 0,
            largestTargetShare: 0,
            firstTokenMs: { p50: null, p90: null, p95: null, p99: null },
          })),
        })),
      },
    ],
    [
      'a route that one policy never met',
      {
        ...routedComparison(),
        policies: routedComparison().policies.map((run, index) =>
          index === 0 ? { ...run, routes: run.routes!.slice(0, 2) } : run,
        ),
      },
    ],
    ['a route without end', routedWith('a-route-with-a-name-that-is-longer-than-any-margin-could-hold-<b>')],
  ])('can be written for %s', async (_name, comparison) => {
    const html = htmlPage(await reportOf(comparison));
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object|<b>/);
    expect(html).toContain('id="routes"');
  });

  it('has no such section without routes', async () => {
    expect(await drawCharts(fixtureComparison())).not.toHaveProperty('routeUse');
  });
});

function routedWith(route: string): Comparison {
  const comparison = routedComparison();
  return {
    ...comparison,
    policies: comparison.policies.map((run) => ({ ...run, routes: run.routes!.map((use) => ({ ...use, route })) })),
  };
}
