/** The metrics page: what is counted on the hot path, and gauges that are read while the page is made. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { CORE_VERSION, OUTCOME_KINDS, TARGET_STATES } from '../../router/index.ts';
import type { ProxyView } from './proxy-view.ts';
import { registerScraped, type ScrapedMetric, type Series } from './scraped-metric.ts';
import { targetStatuses, type TargetStatus } from './target-status.ts';
import {
  CLIENT_COLUMNS,
  ENDINGS,
  REQUEST_HISTOGRAMS,
  TARGET_COLUMNS,
  TOKEN_DIRECTIONS,
  type TrafficCounters,
} from './traffic-counters.ts';

const USD_PER_MICRO_USD = 1e-6;

export interface MetricsPage {
  readonly contentType: string;
  /** The page in Prometheus' text format. */
  text(): Promise<string>;
}

/** @param withProcess add the metrics of the process (CPU, memory, event loop), of which a process has one set */
export function createMetricsPage(view: ProxyView, counters: TrafficCounters, withProcess: boolean): MetricsPage {
  const registry = new Registry();
  let statuses: readonly TargetStatus[] = [];
  const metrics = [
    ...requestMetrics(counters),
    ...targetMetrics(counters),
    ...clientMetrics(counters),
    ...targetGauges(view, () => statuses),
    ...proxyGauges(view),
  ];
  for (const metric of metrics) registerScraped(registry, metric);
  if (withProcess) collectDefaultMetrics({ register: registry });
  return {
    contentType: registry.contentType,
    text() {
      // Once for all the gauges of a page.
      statuses = targetStatuses(view).filter(({ isLeaving }) => !isLeaving);
      return registry.metrics();
    },
  };
}

function requestMetrics(counters: TrafficCounters): ScrapedMetric[] {
  const { DURATION, QUEUE } = REQUEST_HISTOGRAMS;
  return [
    counter('tokenpool_requests_total', 'Requests that ended, by how', () =>
      [...counters.requestsByCode()].map(([code, ending, value]) => ({ labels: { ending, code }, value })),
    ),
    histogram('tokenpool_request_duration_seconds', 'From the arrival of a request to its end', () =>
      [...counters.durations].flatMap(([ending, row]) => DURATION.series(counters.durations, row, { ending })),
    ),
    histogram('tokenpool_queue_seconds', 'Time queued before the first attempt; 0 for requests sent at once', () =>
      QUEUE.series(counters.queue, 0, {}),
    ),
    counter('tokenpool_waits_total', 'Waits for room at a key (queued) or before a retry (backoff)', () => [
      { labels: { reason: 'queued' }, value: counters.queued },
      { labels: { reason: 'backoff' }, value: counters.backedOff },
    ]),
    counter('tokenpool_retries_total', 'Attempts beyond the first of a request', () => single(counters.retries)),
    counter('tokenpool_refused_calls_total', 'Calls refused before they reached the router, by reason', () =>
      [...counters.refusalsByCode].map(([code, value]) => ({ labels: { code }, value })),
    ),
  ];
}

function targetMetrics(counters: TrafficCounters): ScrapedMetric[] {
  const { targets } = counters;
  const { KINDS, INPUT, COST_MICRO_USD, FIRST_TOKEN, DURATION } = TARGET_COLUMNS;
  return [
    counter('tokenpool_attempts_total', 'Attempts at providers that ended, by target and outcome', () =>
      [...targets].flatMap(([target, row]) =>
        OUTCOME_KINDS.slice(0, KINDS).map((kind, column) => ({
          labels: { target, kind },
          value: targets.cells[row + column]!,
        })),
      ),
    ),
    histogram('tokenpool_first_token_seconds', 'From sending an attempt to its first token', () =>
      [...targets].flatMap(([target, row]) => FIRST_TOKEN.series(targets, row, { target })),
    ),
    histogram('tokenpool_attempt_duration_seconds', 'From sending an attempt to its end', () =>
      [...targets].flatMap(([target, row]) => DURATION.series(targets, row, { target })),
    ),
    counter('tokenpool_tokens_total', 'Tokens of attempts; cache_read and cache_write are parts of input', () =>
      [...targets].flatMap(([target, row]) =>
        TOKEN_DIRECTIONS.map((direction, position) => ({
          labels: { target, direction },
          value: targets.cells[row + INPUT + position]!,
        })),
      ),
    ),
    counter('tokenpool_cost_usd_total', 'What attempts cost at the prices of the pool', () =>
      [...targets].map(([target, row]) => ({
        labels: { target },
        value: targets.cells[row + COST_MICRO_USD]! * USD_PER_MICRO_USD,
      })),
    ),
  ];
}

function clientMetrics(counters: TrafficCounters): ScrapedMetric[] {
  const { clientKeys } = counters;
  const { INPUT, OUTPUT, COST_MICRO_USD } = CLIENT_COLUMNS;
  return [
    counter('tokenpool_client_requests_total', 'Requests that ended, by client key', () =>
      [...clientKeys].flatMap(([client_key, row]) =>
        ENDINGS.map((ending, column) => ({ labels: { client_key, ending }, value: clientKeys.cells[row + column]! })),
      ),
    ),
    counter('tokenpool_client_tokens_total', 'Tokens of attempts, by client key', () =>
      [...clientKeys].flatMap(([client_key, row]) => [
        { labels: { client_key, direction: 'input' }, value: clientKeys.cells[row + INPUT]! },
        { labels: { client_key, direction: 'output' }, value: clientKeys.cells[row + OUTPUT]! },
      ]),
    ),
    counter('tokenpool_client_cost_usd_total', 'What attempts cost, by client key', () =>
      [...clientKeys].map(([client_key, row]) => ({
        labels: { client_key },
        value: clientKeys.cells[row + COST_MICRO_USD]! * USD_PER_MICRO_USD,
      })),
    ),
  ];
}

function targetGauges(view: ProxyView, statuses: () => readonly TargetStatus[]): ScrapedMetric[] {
  const each = (value: (status: TargetStatus) => number) => () =>
    statuses().map((status) => ({ labels: { target: status.target }, value: value(status) }));
  return [
    gauge(
      'tokenpool_target_in_flight',
      'Attempts in flight',
      each(({ inFlight }) => inFlight),
    ),
    gauge(
      'tokenpool_target_available',
      '1 when the target can be sent to',
      each((status) => flag(status.isAvailable)),
    ),
    gauge(
      'tokenpool_target_cooldown_seconds',
      'Until the rest or the rate limit of the target is over',
      each(({ cooldownLeftMs }) => cooldownLeftMs / 1_000),
    ),
    gauge('tokenpool_target_state', '1 for the state that the target is in, 0 for the others', () =>
      statuses().flatMap(({ target, state: present }) =>
        TARGET_STATES.map((state) => ({ labels: { target, state }, value: flag(state === present) })),
      ),
    ),
    gauge('tokenpool_budget_use_ratio', 'Use of a budget rule, 1 is its limit', () => {
      const nowMs = view.nowMs();
      return view.router.budgetLabels.map((rule, index) => {
        const { used, limit } = view.router.viewBudget(index, nowMs);
        return { labels: { rule }, value: used / limit };
      });
    }),
  ];
}

function proxyGauges(view: ProxyView): ScrapedMetric[] {
  const log = (value: (health: ReturnType<ProxyView['logHealth']>) => number) => () => single(value(view.logHealth()));
  return [
    gauge('tokenpool_requests_open', 'Requests whose clients wait', () => single(view.openRequests)),
    gauge('tokenpool_requests_waiting', 'Requests in a queue', () => single(view.router.waitingRequests)),
    gauge('tokenpool_draining', '1 while the proxy shuts down', () => single(flag(view.isDraining))),
    gauge(
      'tokenpool_log_ok',
      '1 while the decision log can be written',
      log(({ state }) => flag(state === 'ok')),
    ),
    gauge(
      'tokenpool_log_database_ok',
      '1 while the database takes rows; the spool keeps them otherwise',
      log(({ databaseTrouble }) => flag(databaseTrouble === null)),
    ),
    gauge(
      'tokenpool_log_pending_bytes',
      'Log in memory, not on disk yet',
      log(({ pendingBytes }) => pendingBytes),
    ),
    gauge(
      'tokenpool_log_behind_bytes',
      'Log on disk, not in the database yet',
      log(({ behindBytes }) => behindBytes),
    ),
    gauge(
      'tokenpool_log_last_flush_seconds',
      'Length of the last write',
      log((health) => health.lastFlushMs / 1_000),
    ),
    counter(
      'tokenpool_log_dropped_records_total',
      'Records lost',
      log(({ droppedRecords }) => droppedRecords),
    ),
    gauge('tokenpool_upstream_connections', 'Connections to providers', () => {
      const { open, idle } = view.upstreamCounts();
      return [
        { labels: { state: 'busy' }, value: open - idle },
        { labels: { state: 'idle' }, value: idle },
      ];
    }),
    gauge('tokenpool_upstream_attempts', 'Attempts under way', () => single(view.upstreamCounts().attempts)),
    gauge('tokenpool_upstream_waiting', 'Attempts that wait for a connection', () =>
      single(view.upstreamCounts().waiting),
    ),
    gauge('tokenpool_build_info', 'What is running; always 1', () => {
      const { version, policy } = view;
      const labels = { version, core_version: CORE_VERSION, policy: policy.name, policy_hash: policy.hash };
      return [{ labels: { ...labels, mode: policy.policy.mode }, value: 1 }];
    }),
    gauge('tokenpool_policy_stage', '1 for the policy in force, and for the one on its way to be the next', () => {
      const { name, hash, candidate } = view.policyStanding();
      const standing = [{ name, hash, stage: 'active' }, ...(candidate === null ? [] : [candidate])];
      return standing.map((each) => ({
        labels: { policy: each.name, policy_hash: each.hash, stage: each.stage },
        value: 1,
      }));
    }),
    gauge('tokenpool_canary_share', 'Share of the sessions that a canary serves', () =>
      single(view.canary?.share ?? 0),
    ),
  ];
}

type SeriesMaker = () => readonly Series[];

function counter(name: string, help: string, series: SeriesMaker): ScrapedMetric {
  return { name, help, type: 'counter', series };
}

function gauge(name: string, help: string, series: SeriesMaker): ScrapedMetric {
  return { name, help, type: 'gauge', series };
}

function histogram(name: string, help: string, series: SeriesMaker): ScrapedMetric {
  return { name, help, type: 'histogram', series };
}

function single(value: number): Series[] {
  return [{ labels: {}, value }];
}

function flag(isTrue: boolean): number {
  return isTrue ? 1 : 0;
}
