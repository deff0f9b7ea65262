/** Everything that watches the live proxy, put together. */
import type { Logger } from 'pino';
import type { ProxyWatcher } from '../proxy-events.ts';
import { CostTotals, type CostReport } from './cost-totals.ts';
import { createMetricsPage, type MetricsPage } from './metrics.ts';
import type { ProxyView } from './proxy-view.ts';
import { RecentRequests, type RecentRequest } from './recent-requests.ts';
import { HitLines, type HitLineOptions } from './hit-line.ts';
import { RouteTotals, type RouteStatus } from './route-totals.ts';
import { StoryKeeper } from './request-story.ts';
import { TrafficCounters } from './traffic-counters.ts';
import { TrafficLog, type TrafficLogOptions } from './traffic-log.ts';

export type { CostBucket, CostReport, CostSum } from './cost-totals.ts';
export { LastFailures, type LastFailure } from './last-failures.ts';
export type { MetricsPage } from './metrics.ts';
export type { ProxyView } from './proxy-view.ts';
export { RECENT_REQUESTS_MAX, type RecentAttempt, type RecentRequest } from './recent-requests.ts';
export { LOG_LEVELS, type LogLevel } from './log-levels.ts';
export { createServiceLogger, type ServiceLoggerOptions } from './service-logger.ts';
export type { HitLineOptions } from './hit-line.ts';
export type { RouteStatus } from './route-totals.ts';
export { TargetTallies, type TargetUsage } from './target-usage.ts';
export { targetStatuses, type TargetStatus } from './target-status.ts';
export type { TrafficLogOptions } from './traffic-log.ts';

export interface ProxyWatchOptions extends TrafficLogOptions {
  readonly logger: Logger;
  /** Add the metrics of the process; default true. For one proxy of a process only. */
  readonly processMetrics?: boolean;
  /** Left out: no line for each hit of a route. */
  readonly hitLines?: HitLineOptions | undefined;
}

export interface ProxyWatch {
  /** For `watchTogether`, in this order. */
  readonly watchers: readonly ProxyWatcher[];
  readonly metrics: MetricsPage;
  /** The last 50 requests that ended, newest first. */
  recentRequests(): RecentRequest[];
  costs(): CostReport;
  /** Every configured route, and what went by it since the start. */
  routes(): RouteStatus[];
}

/** @param view is read at once and again with each event */
export function watchProxy(view: ProxyView, options: ProxyWatchOptions): ProxyWatch {
  const counters = new TrafficCounters(view);
  const recent = new RecentRequests(view);
  const costs = new CostTotals(view);
  const trafficLog = new TrafficLog(options.logger, view, options);
  const routes = new RouteTotals();
  const hitLines = options.hitLines === undefined ? [] : [new HitLines(view, options.hitLines)];
  const stories = new StoryKeeper(view, [counters, recent, trafficLog]);
  return {
    watchers: [stories, counters, costs, trafficLog, routes, ...hitLines],
    metrics: createMetricsPage(view, counters, options.processMetrics ?? true),
    recentRequests: () => recent.list(),
    costs: () => costs.report(),
    routes: () => routes.list(view.pool.routing?.routes.map(({ name }) => name) ?? []),
  };
}
