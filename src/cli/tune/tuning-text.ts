/** What a search found, for the terminal. */
import Table from 'cli-table3';
import { namedMetrics } from '../../../simulator/tune/objective-value.ts';
import type { TuneProgress } from '../../../simulator/tune/tune.ts';
import type { Estimated, KnobValue, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { objectiveText } from '../../config/objective-text.ts';
import type { Objective } from '../../config/objective.ts';
import { knobValue } from '../../config/policy-knobs.ts';

const PLAIN = { style: { head: [], border: [] } };
const IMPORTANT_MAX = 6;

/** The metrics of the objective of the best policy so far, for a progress bar. */
export function bestText(best: NonNullable<TuneProgress['best']>, objective: Objective): string {
  const metrics = namedMetrics(objective).map((metric) => `${metric} ${figure(best.metrics[metric] ?? null)}`);
  return `best ${metrics.join(', ')}${best.isFeasible ? '' : ' (misses a constraint)'}`;
}

/** What was searched, what came out, how sure that is. */
export function tuningText(result: TuningResult): string {
  const { trace, scenarios, objective, trials, replayedRequests, wallMs, isPartial } = result;
  const train = Math.round((1 - result.holdoutShare) * 100);
  return [
    `${trace.requests} requests over ${(trace.spanMs / 60_000).toFixed(1)} minutes, the first ${train} % to search on; scenario ${scenarios.map(({ name }) => name).join(', ')}`,
    objectiveText(objective),
    `${trials.length} policies tried, ${replayedRequests} requests replayed in ${(wallMs / 1_000).toFixed(1)} s${isPartial ? ' (interrupted)' : ''}`,
    ...changedText(result),
    ...predictedText('train part', result.predicted.train),
    ...predictedText('holdout', result.predicted.holdout),
    ...importanceText(result),
    result.why,
  ].join('\n');
}

function changedText({ knobs, incumbent, candidate }: TuningResult): string[] {
  if (candidate === null) return ['No policy came near the incumbent.'];
  const table = new Table({ head: ['knob', incumbent.name, candidate.name], ...PLAIN });
  // A baseline differs in its mode, which may not have been a knob.
  const paths = [...new Set([...knobs.map(({ path }) => path), 'mode'])];
  for (const path of paths) {
    const [before, after] = [knobValue(incumbent.policy, path), knobValue(candidate.policy, path)];
    if (before !== after) table.push([path, written(before), written(after)]);
  }
  return [table.toString()];
}

function predictedText(part: string, predictions: TuningResult['predicted']['train']): string[] {
  if (predictions.length === 0) return [];
  const table = new Table({ head: [part, 'incumbent', 'candidate', 'difference', '95 % interval'], ...PLAIN });
  for (const { metric, incumbent, candidate, difference } of predictions) {
    table.push([
      metric,
      figure(incumbent.value),
      figure(candidate.value),
      figure(difference.value),
      interval(difference),
    ]);
  }
  return [table.toString()];
}

function importanceText({ importance }: TuningResult): string[] {
  const important = importance.filter((knob) => knob.importance > 0).slice(0, IMPORTANT_MAX);
  if (important.length === 0) return [];
  return [
    `What decides most, as the share of the differences that each explains by itself: ${important.map(({ path, importance: share }) => `${path} ${(share * 100).toFixed(0)} %`).join(', ')}`,
  ];
}

function interval({ low95, high95 }: Estimated): string {
  return `${figure(low95)} to ${figure(high95)}`;
}

function written(value: KnobValue): string {
  return typeof value === 'number' ? figure(value) : value;
}

function figure(value: number | null): string {
  return value === null ? '-' : Number(value.toPrecision(4)).toString();
}
