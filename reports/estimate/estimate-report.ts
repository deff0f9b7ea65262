/** An estimate as a report, in reading order. */
import type { MetricEstimate, PolicyEstimate } from '../../simulator/estimate/policy-estimate.ts';
import type { Chart } from '../charts/chart.ts';
import { createDraw } from '../charts/draw-panel.ts';
import { formatPercent, listWords, plural } from '../format.ts';
import { section, table, type Report } from '../report-model.ts';
import type { Answer, Summary } from '../summary/summary.ts';
import { ESTIMATE_DEFINITIONS, ESTIMATE_LIMITS } from './estimate-notes.ts';
import { gateTable, judgedTable, valueTable } from './estimate-tables.ts';
import { differenceText, estimateVerdict } from './estimate-verdict.ts';
import { disputed, effectOf, wordsOf, type Effect } from './estimated-metrics.ts';
import { estimatorIntervals } from './estimator-intervals.ts';

/** Draws the chart of an estimate. Same estimate, same bytes. */
export async function drawEstimateChart(estimate: PolicyEstimate): Promise<Chart> {
  const { draw, close } = createDraw();
  try {
    return estimatorIntervals(estimate, draw);
  } finally {
    await close();
  }
}

/** Puts the chart and the tables of an estimate in their order. */
export function estimateReport(estimate: PolicyEstimate, intervals: Chart): Report {
  const { log, policy, requests, decisions, advice, notes } = estimate;
  return {
    eyebrow: 'estimate from a log',
    title: `What ${policy} would have got`,
    subtitle: `${plural(requests, 'request')}, ${plural(decisions, 'first choice')} · log ${log}`,
    summary: summaryOf(estimate),
    sections: [
      section('values', 'Figures', 'From the choices of the log that were left to chance; no provider was simulated.', [
        { kind: 'charts', charts: [intervals] },
        table(valueTable(estimate)),
      ]),
      section(
        'gates',
        'Can the log tell at all?',
        'Where a condition is not met there is no figure, for it would be one of luck.',
        [
          table(gateTable(estimate)),
          ...(advice === null ? [] : [{ kind: 'list', items: [`What would make it so: ${advice.text}.`] } as const]),
        ],
      ),
      ...(notes.length === 0
        ? []
        : [section('notes', 'What to know of it', '', [{ kind: 'list', items: notes } as const])]),
      section('repeat', 'What was judged', 'The same log, policy and seed give the same figures.', [
        table(judgedTable(estimate)),
      ]),
      section('definitions', 'What the numbers mean', '', [{ kind: 'notes', notes: ESTIMATE_DEFINITIONS }]),
      section('limits', 'What they do not say', '', [{ kind: 'list', items: ESTIMATE_LIMITS }]),
    ],
    footer: 'Figures are estimated from logged choices; see “What they do not say”.',
  };
}

function summaryOf(estimate: PolicyEstimate): Summary {
  const verdict = estimateVerdict(estimate);
  return {
    headline: estimate.reason === null ? verdict : `${verdict} The reason: ${estimate.reason}.`,
    answers: estimate.metrics.map((metric) => answerOf(metric, estimate)),
    cautions: cautionsOf(estimate),
  };
}

const ANSWERS: Readonly<Record<Effect, string>> = { better: 'Yes', worse: 'No, worse', unclear: 'No clear difference' };

function answerOf(metric: MetricEstimate, { identifiable }: PolicyEstimate): Answer {
  const { question, label, format } = wordsOf(metric);
  const got = `${label}: ${format(metric.logging.value)} under the log’s policy`;
  if (!identifiable) return { question, answer: 'Cannot be told', evidence: [`${got}.`] };
  const value = metric.doublyRobust?.value ?? null;
  return {
    question,
    answer: ANSWERS[effectOf(metric)],
    evidence: [`${got}, ${format(value)} under the other.`, `Difference: ${differenceText(metric)}.`],
  };
}

function cautionsOf(estimate: PolicyEstimate): readonly string[] {
  const { identifiable, diagnostics, policy } = estimate;
  if (!identifiable) return [];
  const against = disputed(estimate).map((metric) => wordsOf(metric).noun);
  return [
    ...(against.length === 0
      ? []
      : [
          `The estimators contradict each other in ${listWords(against)}: their intervals have no value in common. Believe none of them before a longer log has settled it.`,
        ]),
    ...(diagnostics.unsupportedShare > 0
      ? [
          `In ${formatPercent(diagnostics.unsupportedShare)} of the choices ${policy} would do what the log’s policy could not have done; there the figures rest on a model, not on what was seen.`,
        ]
      : []),
  ];
}
