import Table from 'cli-table3';
import type { Quantiles } from '../../simulator/traffic/traffic-figures.ts';
import type { Times, TrafficResult } from '../../simulator/traffic/traffic-result.ts';

/** What a run of traffic came to, for people. */
export function trafficText(result: TrafficResult): string {
  const { due, sent, heldBack, outcomes, tokens, drift, firstToken, duration } = result;
  const lines = [
    `${sent} of ${due} requests sent in ${(result.sendingMs / 1_000).toFixed(1)} s: ${result.requestsPerSecond.toFixed(0)} a second, at most ${result.openMax} open at once`,
    `${outcomes.success} answered, ${outcomes.failure} failed, ${outcomes.limited} limited (429), ${outcomes.left} left, ${outcomes.unfinished} unfinished`,
    `${tokens.input} tokens in (${tokens.cachedInput} of them cached), ${tokens.output} out`,
    timesTable([
      ['later than due', drift],
      ['first token', firstToken],
      ['duration', duration],
    ]),
    'later than due: how long after its time in the trace a request was sent; it tells how busy this machine was',
  ];
  const errors = Object.entries(result.errors).sort(([, a], [, b]) => b - a);
  if (errors.length > 0) lines.push(`errors: ${errors.map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
  if (heldBack > 0) {
    lines.push(`HELD BACK: ${heldBack} requests were never sent, too many were open; raise --concurrency-max`);
  }
  if (result.askedAsAuto > 0) lines.push(`${result.askedAsAuto} asked for a model that is not listed, sent as auto`);
  if (result.promptsCut > 0) lines.push(`${result.promptsCut} prompts were cut to a million tokens`);
  if (result.interrupted) lines.push('interrupted: these are the figures so far');
  return lines.join('\n');
}

function timesTable(rows: readonly (readonly [string, Times])[]): string {
  const table = new Table({
    head: ['ms', 'p50', 'p95', 'p99', 'max', "p50 in the trace's time", 'p99'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const [name, { wallMs, scenarioMs }] of rows) {
    const wall = (['p50', 'p95', 'p99', 'max'] as const).map((at) => cell(wallMs, at, 1));
    table.push([name, ...wall, cell(scenarioMs, 'p50', 0), cell(scenarioMs, 'p99', 0)]);
  }
  return table.toString();
}

function cell(quantiles: Quantiles, at: 'p50' | 'p95' | 'p99' | 'max', digits: number): string {
  return quantiles[at]?.toFixed(digits) ?? '';
}
