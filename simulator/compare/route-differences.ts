/** The differences between policies on the requests of one route, with block-bootstrap intervals. */
import type { RoutePairedDifference } from '../result.ts';
import type { BlockStatistic, Resampling } from '../statistics/block-bootstrap.ts';
import { pairedOfMetrics, type NamedRun } from './paired-differences.ts';
import { routeNames } from './route-figures.ts';
import { ROUTE_COUNTED, type RouteCounts } from './route-tally.ts';

const { ENDED, COMPLETED, COST_MICRO_USD, INPUT_TOKENS, CACHE_READ_TOKENS } = ROUTE_COUNTED;

/** Every route that any of the policies saw, every pair of policies in their order, every metric of routes. */
export function routeDifferences(runs: readonly NamedRun[], resampling: Resampling): RoutePairedDifference[] {
  return routeNames(runs.map(({ run }) => run.routes)).flatMap((route) => {
    const metrics = runs.map(({ name, run }) => ({ name, metrics: metricsOf(run.routes.countsOf(route), resampling) }));
    return pairedOfMetrics(metrics, resampling).map((difference) => ({ route, ...difference }));
  });
}

function metricsOf(route: RouteCounts | null, { blocks }: Resampling): Readonly<Record<string, BlockStatistic>> {
  const column = (index: number): ArrayLike<number> => route?.counts.column(index) ?? new Float64Array(blocks);
  const ratio = (above: ArrayLike<number>, below: number): BlockStatistic => ({
    kind: 'ratio',
    numerators: above,
    denominators: column(below),
  });
  return {
    cacheReadRatio: ratio(column(CACHE_READ_TOKENS), INPUT_TOKENS),
    costUsdPer1kRequests: ratio(
      Float64Array.from(column(COST_MICRO_USD), (microUsd) => microUsd / 1_000),
      ENDED,
    ),
    successRatio: ratio(column(COMPLETED), ENDED),
    effectiveTargets: {
      kind: 'effective-number',
      blocks,
      counts: Array.from({ length: route?.attempts.columns ?? 0 }, (_, target) => route!.attempts.column(target)),
    },
  };
}
