/** A calibration for the terminal: what was learnt of each twin, how far it can be believed, and what to do about it. */
import Table from 'cli-table3';
import { summariseCalibration } from '../../reports/calibration/calibration-summary.ts';
import { groupNotes, namesIn } from '../../reports/calibration/grouped-notes.ts';
import { judgeGroup, type TargetVerdict, type Verdict } from '../../reports/calibration/judgement.ts';
import type { CalibratedTwin, Calibration } from '../../simulator/calibrate/calibration.ts';
import type { Estimate } from '../../simulator/calibrate/estimate.ts';
import type { QuantileFit } from '../../simulator/calibrate/goodness/goodness.ts';
import { calibrationAdvice } from './calibration-advice.ts';
import { milliseconds } from './milliseconds.ts';

const PLAIN = { style: { head: [], border: [] } };
/** Names in front of a note; the page has them all. */
const NAMED_MAX = 3;

/** @param calibration without the notes that were printed already */
export function calibrationText(calibration: Calibration): string {
  const { source, split, goodness } = calibration;
  const minutes = ((source.toMs - source.fromMs) / 60_000).toFixed(1);
  const verdicts = goodness.holdout.targets.map(judgeGroup);
  return [
    `${source.attempts} attempts over ${minutes} minutes: ${split.fit.rows + split.validate.rows} to learn from, the last ${split.holdout.rows} to be judged by`,
    'What was learnt (in parentheses, where the truth lies in 95 of 100 cases):',
    learntTable(calibration),
    ...troubleLines(calibration),
    `Can it be believed? The ${split.holdout.rows} attempts that nothing was learnt from, in the log → sent again to the twins (how far off):`,
    judgedTable(verdicts),
    summariseCalibration(calibration).headline,
    ...calibrationAdvice(verdicts),
    ...importantNotes(calibration).map((note) => `note: ${note}`),
    'Limits, prices, caches and errors have notes of their own: see --json, or give --result FILE and run: tokenpool report FILE',
  ].join('\n');
}

function learntTable({ twins }: Calibration): string {
  const table = new Table({
    head: [
      'twin',
      'attempts',
      'usual first token\n(1,000 new tokens)',
      'at 10,000,\ntimes as long',
      'each further\ntoken',
      'failures\nwhile up',
      'limit',
      'prices from',
      'input read\nfrom cache',
    ],
    ...PLAIN,
  });
  for (const twin of twins) {
    const { provider, model, attempts, latency, errors, prices, promptCache } = twin;
    const { serverError, connectTimeout, midStreamAbort } = errors.errors;
    table.push([
      `${provider} ${model}`,
      String(attempts),
      between(latency.intervals.firstTokenMedianMs, milliseconds),
      between(growthOf(twin), (factor) => `× ${factor.toFixed(1)}`),
      between(latency.intervals.interTokenMs, milliseconds),
      percent(serverError + connectTimeout + midStreamAbort),
      limitText(twin.rateLimit),
      PRICES_FROM[prices.source],
      percent(promptCache.readRatio),
    ]);
  }
  return table.toString();
}

const PRICES_FROM: Readonly<Record<CalibratedTwin['prices']['source'], string>> = {
  pool: 'the pool',
  'genai-prices': 'a price list',
  fitted: 'the bills',
};

/** How many times as long the first token takes at 10,000 new tokens as at 1,000. */
function growthOf({ latency }: CalibratedTwin): Estimate {
  const { n0 } = latency.firstToken;
  const ratio = (1 + 10_000 / n0) / (1 + 1_000 / n0);
  const { value, low95, high95 } = latency.intervals.b1;
  return {
    value: ratio ** value,
    low95: low95 === null ? null : ratio ** low95,
    high95: high95 === null ? null : ratio ** high95,
  };
}

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  within: 'yes',
  off: 'no',
  unclear: 'perhaps not',
  unseen: 'too few to say',
};

function judgedTable(verdicts: readonly TargetVerdict[]): string {
  const table = new Table({
    head: [
      'target',
      'attempts',
      'believe it?',
      'usual wait\n(p50)',
      'slowest in 10\n(p90)',
      'slowest in 100\n(p99)',
      'failures',
      'cost',
    ],
    ...PLAIN,
  });
  for (const { group, quantiles, verdict } of verdicts) {
    const { target, rows, failureRatio, costMicroUsd } = group;
    table.push([
      target ?? 'all',
      String(rows),
      VERDICT_WORDS[verdict],
      ...quantiles.map(({ fit }) => waitText(fit)),
      `${percent(failureRatio.observed)} → ${percent(failureRatio.simulated)}`,
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
          `${provider}: degraded ${between(intervals.degradedShare, percent, ' ')} of the time, down ${between(intervals.downShare, percent, ' ')}`,
        ],
  );
}

/** Those that tell what not to believe; the others tell where a figure is from. */
function importantNotes(calibration: Calibration): readonly string[] {
  const { notes, twins, troubles } = calibration;
  return groupNotes(
    [...notes, ...troubles.flatMap((each) => each.notes), ...twins.flatMap(({ latency }) => latency.notes)],
    { names: namesIn(calibration), namedMax: NAMED_MAX },
  );
}

function between({ value, low95, high95 }: Estimate, show: (value: number) => string, gap = '\n'): string {
  return low95 === null || high95 === null ? show(value) : `${show(value)}${gap}(${show(low95)} to ${show(high95)})`;
}

/** Log and twins, and how much longer or shorter the twins make it. */
function waitText(quantile: QuantileFit | null): string {
  if (quantile === null || quantile.relativeError === null) return '-';
  const { observed, simulated, relativeError } = quantile;
  return `${milliseconds(observed)} → ${milliseconds(simulated)}\n(${signed(relativeError)})`;
}

function costText(observed: number | null, simulated: number | null): string {
  if (observed === null || simulated === null || observed === 0) return '-';
  return signed(simulated / observed - 1);
}

function limitText({ rateLimit, limited, tooFew }: CalibratedTwin['rateLimit']): string {
  const { requestsPerMinute, tokensPerMinute } = rateLimit;
  const parts = [
    ...(requestsPerMinute === null ? [] : [`${Math.round(requestsPerMinute)} requests/min`]),
    ...(tokensPerMinute === null ? [] : [`${Math.round(tokensPerMinute)} tokens/min`]),
  ];
  if (parts.length > 0) return parts.join(', ');
  if (limited === 0) return 'none seen';
  const refusals = `${limited} ${limited === 1 ? 'refusal' : 'refusals'}`;
  return tooFew ? `none found: only ${refusals}` : `none fits ${refusals}`;
}

function percent(ratio: number | null): string {
  return ratio === null ? '-' : `${(100 * ratio).toFixed(2)} %`;
}

function signed(ratio: number): string {
  const text = `${(100 * Math.abs(ratio)).toFixed(1)} %`;
  return text === '0.0 %' ? text : `${ratio < 0 ? '-' : '+'}${text}`;
}
