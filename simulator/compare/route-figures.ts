/** The figures of each route in one run. */
import type { RouteUse } from '../result.ts';
import { effectiveNumber } from '../statistics/effective-number.ts';
import { quantilesOf } from './quantiles-of.ts';
import { ALL_ROUTES, ROUTE_COUNTED, type RouteCounts, type RouteTally } from './route-tally.ts';

const { ENDED, COMPLETED, COST_MICRO_USD, INPUT_TOKENS, CACHE_READ_TOKENS } = ROUTE_COUNTED;

/** All together first, where there are several; then each route, and last what takes none. */
export function routeNames(tallies: readonly RouteTally[]): readonly string[] {
  const isNone = (name: string): number => (name.startsWith('(') ? 1 : 0);
  const names = [...new Set(tallies.flatMap((tally) => tally.names))].sort(
    (a, b) => isNone(a) - isNone(b) || (a < b ? -1 : 1),
  );
  return names.length > 1 ? [ALL_ROUTES, ...names] : names;
}

/** One entry for each of {@link routeNames}. */
export function routeUses(tally: RouteTally): RouteUse[] {
  return routeNames([tally]).map((name) => routeUse(name, tally.countsOf(name)!));
}

function routeUse(route: string, { counts, attempts, firstToken, otherRoute, instructed }: RouteCounts): RouteUse {
  const requests = counts.total(ENDED);
  const costUsd = counts.total(COST_MICRO_USD) * 1e-6;
  const byTarget = Array.from({ length: attempts.columns }, (_, target) => attempts.total(target));
  const sent = byTarget.reduce((sum, count) => sum + count, 0);
  return {
    route,
    requests,
    successRatio: ratio(counts.total(COMPLETED), requests, 1),
    firstTokenMs: quantilesOf(firstToken),
    costUsd,
    costUsdPer1kRequests: ratio(costUsd * 1_000, requests, 0),
    cacheReadRatio: ratio(counts.total(CACHE_READ_TOKENS), counts.total(INPUT_TOKENS), 0),
    attempts: sent,
    largestTargetShare: ratio(Math.max(0, ...byTarget), sent, 0),
    effectiveTargets: effectiveNumber(byTarget) ?? 0,
    otherRouteRatio: ratio(otherRoute, sent, 0),
    instructedRatio: ratio(instructed, sent, 0),
  };
}

function ratio(above: number, below: number, otherwise: number): number {
  return below === 0 ? otherwise : above / below;
}
