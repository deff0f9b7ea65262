import type { Comparison, RoutePairedDifference } from '../../simulator/result.ts';
import { formatCount, formatMs, formatPercent, formatPlain, formatSigned, formatUsd } from '../format.ts';
import { metricOf } from '../metrics.ts';
import { policyPaint } from '../palette.ts';
import { verdictOf } from '../summary/pair-verdict.ts';
import { verdictWords } from './paired.ts';
import { leftColumn, rightColumn, type Table } from './table.ts';

/** With more differences than this, those with the first policy stand for all. */
const ROWS_MAX = 120;

/** Routes of all policies, in the order of the first that has them; empty where no run has figures of routes. */
export function routeNames({ policies }: Comparison): readonly string[] {
  return [...new Set(policies.flatMap(({ routes = [] }) => routes.map(({ route }) => route)))];
}

/** One row a route and policy: what it cost, how soon it answered, and how it used caches and targets. */
export function routeTable(comparison: Comparison): Table {
  const entries = routeNames(comparison).flatMap((name) =>
    comparison.policies.flatMap((run, index) =>
      (run.routes ?? []).filter(({ route }) => route === name).map((use) => ({ run, use, paint: policyPaint(index) })),
    ),
  );
  return {
    id: 'routes',
    caption: 'By route: the one that a request asked for, whatever pool served it',
    columns: [
      leftColumn('Policy'),
      leftColumn('Route'),
      leftColumn('Sticks to'),
      rightColumn('Requests'),
      rightColumn('Answered'),
      rightColumn('Cost per 1,000'),
      rightColumn('First token p95'),
      rightColumn('Input from caches'),
      rightColumn('Targets used'),
      rightColumn('Largest target'),
      rightColumn('By other routes'),
      rightColumn('By instruction'),
    ],
    rows: entries.map(({ run, use }) => [
      run.name,
      use.route,
      run.stick ?? 'none',
      formatCount(use.requests),
      formatPercent(use.successRatio, 2),
      formatUsd(use.costUsdPer1kRequests),
      formatMs(use.firstTokenMs.p95),
      formatPercent(use.cacheReadRatio, 1),
      formatPlain(use.effectiveTargets),
      formatPercent(use.largestTargetShare, 1),
      formatPercent(use.otherRouteRatio, 1),
      formatPercent(use.instructedRatio, 1),
    ]),
    paints: entries.map((entry) => entry.paint),
  };
}

/** One row a paired difference within a route. */
export function routePairedTable(comparison: Comparison): Table {
  const all = comparison.routePaired ?? [];
  const first = comparison.policies[0]?.name;
  const shown = all.length <= ROWS_MAX ? all : all.filter((pair) => pair.a === first || pair.b === first);
  const rest = shown.length === all.length ? '' : ` (${shown.length} of ${all.length}; report.json has all)`;
  return {
    id: 'routes-paired',
    caption: `Paired differences by route: the first policy minus the second, on the same requests${rest}`,
    columns: [
      leftColumn('Route'),
      leftColumn('Metric'),
      leftColumn('Policies'),
      rightColumn('Difference'),
      rightColumn('95\u00a0% interval'),
      leftColumn('The first is'),
    ],
    rows: shown.map(pairCells),
    paints: [],
  };
}

function pairCells(pair: RoutePairedDifference): readonly string[] {
  const metric = metricOf(pair.metric);
  const signed = (value: number | null): string => formatSigned(value, metric.formatDifference);
  return [
    pair.route,
    metric.label,
    `${pair.a} − ${pair.b}`,
    signed(pair.difference),
    pair.low95 === null || pair.high95 === null ? '–' : `${signed(pair.low95)} to ${signed(pair.high95)}`,
    verdictWords(verdictOf(pair, metric)),
  ];
}
