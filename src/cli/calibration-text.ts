/** A calibration for the terminal: what was learnt of each twin, and how far it can be believed. */
import Table from 'cli-table3';
import { summariseCalibration } from '../../reports/calibration/calibration-summary.ts';
import type { Calibration } from '../../simulator/calibrate/calibration.ts';
import type { Estimate } from '../../simulator/calibrate/estimate.ts';
import type { GroupFit, QuantileFit } from '../../simulator/calibrate/goodness/goodness.ts';
import { milliseconds } from './milliseconds.ts';

const PLAIN = { style: { head: [], border: [] } };

export function calibrationText(calibration: Calibration): string {
  const { source, split, goodness } = calibration;
  const minutes = ((source.toMs - source.fromMs) / 60_000).toFixed(1);
  return [
    `${source.attempts} attempts over ${minutes} minutes: ${split.fit.rows + split.validate.rows} to learn from, the last ${split.holdout.rows} to be judged by`,
    parameterTable(calibration),
    'How far the twins are from the attempts that they were not fitted to (error of the quantile; 95 % interval):',
    goodnessTable([...goodness.holdout.targets, goodness.holdout.all]),
    ...troubleLines(calibration),
    summariseCalibration(calibration).headline,
    ...importantNotes(calibration).map((note) => `note: ${note}`),
    'Limits, prices, caches and errors have notes of their own: see --json, or give --result FILE and run: tokenpool report FILE',
  ].join('\n');
}

function parameterTable({ twins }: Calibration): string {
  const table = new Table({
    head: ['twin', 'attempts', 'TTFT median', 'b1', 'per token', 'failures', 'limit', 'prices', 'cached'],
    ...PLAIN,
  });
  for (const { provider, model, attempts, latency, errors, rateLimit, prices, promptCache } of twins) {
    const { serverError, connectTimeout, midStreamAbort } = errors.errors;
    table.push([
      `${provider} ${model}`,
      String(attempts),
      between(latency.intervals.firstTokenMedianMs, milliseconds),
      between(latency.intervals.b1, (value) => value.toFixed(2)),
      between(latency.intervals.interTokenMs, milliseconds),
      percent(serverError + connectTimeout + midStreamAbort),
      limitText(rateLimit),
      prices.source,
      percent(promptCache.readRatio),
    ]);
  }
  return table.toString();
}

function goodnessTable(groups: readonly GroupFit[]): string {
  const table = new Table({
    head: [
      'target',
      'attempts',
      'TTFT p50',
      'p90',
      'p99',
      'distance (of log from itself)',
      'failures log / twin',
      'cost',
    ],
    ...PLAIN,
  });
  for (const { target, rows, metrics, failureRatio, costMicroUsd } of groups) {
    const firstToken = metrics.find(({ metric }) => metric === 'firstTokenMs');
    const at = (probability: number): string =>
      errorText(firstToken?.quantiles.find((quantile) => quantile.probability === probability));
    const distance = (value: number | null | undefined): string =>
      value === null || value === undefined ? '-' : value.toFixed(3);
    table.push([
      target ?? 'all',
      String(rows),
      at(0.5),
      at(0.9),
      at(0.99),
      `${distance(firstToken?.ks)} (${distance(firstToken?.splitHalfKs)})`,
      `${percent(failureRatio.observed)} / ${percent(failureRatio.simulated)}`,
      costText(costMicroUsd.observed, costMicroUsd.simulated),
    ]);
  }
  return table.toString();
}

function troubleLines({ troubles }: Calibration): string[] {
  return troubles.flatMap(({ provider, weather, intervals }) =>
    weather === null || intervals === null
      ? []
      : [
          `${provider}: degraded ${between(intervals.degradedShare, percent)} of the time, down ${between(intervals.downShare, percent)}`,
        ],
  );
}

/** Those that tell what not to believe; the others tell where a figure is from. */
function importantNotes({ notes, twins, troubles }: Calibration): readonly string[] {
  return [
    ...new Set([...notes, ...troubles.flatMap((each) => each.notes), ...twins.flatMap(({ latency }) => latency.notes)]),
  ];
}

function between({ value, low95, high95 }: Estimate, show: (value: number) => string): string {
  return low95 === null || high95 === null ? show(value) : `${show(value)} (${show(low95)} to ${show(high95)})`;
}

function errorText(quantile: QuantileFit | undefined): string {
  if (quantile === undefined || quantile.relativeError === null) return '-';
  const { relativeError, low95, high95 } = quantile;
  const range = low95 === null || high95 === null ? '' : ` (${signed(low95)} to ${signed(high95)})`;
  return `${signed(relativeError)}${range}`;
}

function costText(observed: number | null, simulated: number | null): string {
  return observed === null || simulated === null || observed === 0 ? '-' : signed(simulated / observed - 1);
}

function limitText({ rateLimit, limited }: Calibration['twins'][number]['rateLimit']): string {
  const { requestsPerMinute, tokensPerMinute } = rateLimit;
  const parts = [
    ...(requestsPerMinute === null ? [] : [`${Math.round(requestsPerMinute)} requests/min`]),
    ...(tokensPerMinute === null ? [] : [`${Math.round(tokensPerMinute)} tokens/min`]),
  ];
  if (parts.length > 0) return parts.join(', ');
  return limited === 0 ? 'none seen' : `none fits ${limited} 429s`;
}

function percent(ratio: number | null): string {
  return ratio === null ? '-' : `${(100 * ratio).toFixed(2)} %`;
}

function signed(ratio: number): string {
  return `${ratio < 0 ? '-' : '+'}${(100 * Math.abs(ratio)).toFixed(1)} %`;
}
