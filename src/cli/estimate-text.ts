/** An estimate for the terminal: a table of values, what they rest on, and what a person should know. */
import Table from 'cli-table3';
import { estimateVerdict } from '../../reports/estimate/estimate-verdict.ts';
import type { Gate } from '../../simulator/estimate/identifiability.ts';
import type { MetricEstimate, PolicyEstimate } from '../../simulator/estimate/policy-estimate.ts';
import type { Interval } from '../../simulator/statistics/block-bootstrap.ts';

const PLAIN = { style: { head: [], border: [] } };

/**
 * Values with 95 % intervals; in their place the reason and the advice when they are not identifiable. The last line says
 * what that means for the decision.
 */
export function estimateText(estimate: PolicyEstimate): string {
  const { log, policy, requests, decisions, identifiable, reason, advice, metrics, gates, notes } = estimate;
  return [
    `${log}: ${decisions} choices (${requests} requests), judged for policy ${policy}`,
    ...(identifiable ? [valueTable(metrics)] : [loggingTable(metrics)]),
    gateTable(gates),
    ...(reason === null ? [] : [`Not identifiable: ${reason}.`]),
    ...(advice === null ? [] : [`To make it so: ${advice.text}.`]),
    ...notes.map((note) => `note: ${note}`),
    estimateVerdict(estimate),
  ].join('\n');
}

function valueTable(metrics: readonly MetricEstimate[]): string {
  const table = new Table({
    head: ['metric', 'log’s policy', 'IPS', 'SNIPS', 'doubly robust', 'SWITCH-DR', 'difference', 'clear?'],
    ...PLAIN,
  });
  for (const metric of metrics) {
    const { logging, ips, snips, doublyRobust, difference } = metric;
    table.push([
      metric.metric,
      inWords(logging),
      inWords(ips),
      inWords(snips),
      inWords(doublyRobust),
      inWords(metric.switch),
      inWords(difference),
      isClear(difference) ? 'yes' : 'no',
    ]);
  }
  return table.toString();
}

function loggingTable(metrics: readonly MetricEstimate[]): string {
  const table = new Table({ head: ['metric', 'log’s policy', 'other policy'], ...PLAIN });
  for (const { metric, logging } of metrics) table.push([metric, inWords(logging), 'not identifiable']);
  return table.toString();
}

function gateTable(gates: readonly Gate[]): string {
  const table = new Table({ head: ['gate', 'value', 'limit', 'passed?'], ...PLAIN });
  for (const { name, value, limit, pass } of gates) {
    table.push([
      name,
      figure(value),
      typeof limit === 'number' ? figure(limit) : limit.join(' to '),
      pass ? 'yes' : 'no',
    ]);
  }
  return table.toString();
}

function inWords(interval: Interval | null): string {
  if (interval === null || interval.value === null) return '-';
  const { value, low95, high95 } = interval;
  return `${figure(value)}\n${figure(low95)} to ${figure(high95)}`;
}

function isClear(interval: Interval | null): boolean {
  if (interval === null || interval.low95 === null || interval.high95 === null) return false;
  return interval.low95 > 0 || interval.high95 < 0;
}

function figure(value: number | null): string {
  return value === null ? '-' : Number(value.toPrecision(4)).toString();
}
