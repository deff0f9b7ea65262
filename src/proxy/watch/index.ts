/** Everything that watches the live proxy, put together. */
import type { Logger } from 'pino';
import type { ProxyWatcher, RequestEnding } from '../proxy-events.ts';
import { CostTotals, type CostReport } from './cost-totals.ts';
import { createMetricsPage, type MetricsPage } from './metrics.ts';
import type { ProxyView } from './proxy-view.ts';
import { RecentRequests, type RecentRequest } from './recent-requests.ts';
import { HitLines, type HitLineOptions } from './hit-line.ts';
import { RouteTotals, type RouteStatus } from './route-totals.ts';
import { StoryKeeper } from './request-story.ts';
import { TrafficCounters } from './traffic-counters.ts';
import { TrafficLog, type TrafficLogOptions } from './traffic-log.ts';
import { TrafficTimeline, type TimelinePage, type TrafficRates } from './traffic-timeline.ts';

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
export type { TimelinePage, TimelineSpan, TrafficRates } from './traffic-timeline.ts';

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
  /** The last requests that ended, newest first: 50, or `limit` of them. */
  recentRequests(limit?: number): RecentRequest[];
  /** Requests that have ended since the start. */
  readonly endedRequests: number;
  costs(): CostReport;
  /** Every configured route, and what went by it since the start. */
  routes(): RouteStatus[];
  timeline(): TimelinePage;
  rates(): TrafficRates;
  /** Requests of a client key of the configuration since the start. */
  endingsOf(clientKey: string): Readonly<Record<RequestEnding, number>>;
}

/** @param view is read at once and again with each event */
export function watchProxy(view: ProxyView, options: ProxyWatchOptions): ProxyWatch {
  const counters = new TrafficCounters(view);
  const recent = new RecentRequests(view);
  const costs = new CostTotals(view);
  const trafficLog = new TrafficLog(options.logger, view, options);
  const routes = new RouteTotals();
  const hitLines = options.hitLines === undefined ? [] : [new HitLines(view, options.hitLines)];
  const timeline = new TrafficTimeline(view);
  const stories = new StoryKeeper(view, [counters, recent, trafficLog, timeline]);
  return {
    watchers: [stories, counters, costs, trafficLog, routes, timeline, ...hitLines],
    metrics: createMetricsPage(view, counters, options.processMetrics ?? true),
    recentRequests: (limit) => recent.list(limit),
    get endedRequests() {
      return recent.ended;
    },
    costs: () => costs.report(),
    routes: () => routes.list(view.pool.routing?.routes.map(({ name }) => name) ?? []),
    timeline: () => timeline.page(),
    rates: () => timeline.rates(),
    endingsOf: (clientKey) => counters.endingsOf(clientKey),
  };
}
