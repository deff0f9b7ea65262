/** A tuning as a report, in reading order. */
import type { TuningResult } from '../../simulator/tune/tuning-result.ts';
import { formatCount, formatPercent, formatSpan, listWords, plural } from '../format.ts';
import { section, table, type Report } from '../report-model.ts';
import type { TuningCharts } from './charts/tuning-charts.ts';
import { objectiveWords } from './objective-metrics.ts';
import { comparedTable, frontTable, trialTable } from './tables/compared-table.ts';
import { tuningRepeatTable, tuningTierTable } from './tables/evidence-tables.ts';
import { changedTable, knobTable } from './tables/knob-table.ts';
import { partTable } from './tables/part-table.ts';
import { predictionTable } from './tables/prediction-table.ts';
import { TUNING_DEFINITIONS, TUNING_LIMITS } from './tuning-notes.ts';
import { summariseTuning } from './tuning-summary.ts';

/** Puts charts and tables of a tuning in their order. */
export function tuningReport(result: TuningResult, charts: TuningCharts): Report {
  const { trace, incumbent, scenarios } = result;
  return {
    eyebrow: result.isPartial ? 'tuning, interrupted' : 'tuning of a policy',
    title: `In place of ${incumbent.name}`,
    subtitle: `${plural(result.trials.length, 'policy', 'policies')} tried on ${formatCount(trace.requests)} requests over ${formatSpan(trace.spanMs)} · trace ${trace.name} · ${scenarios.length === 1 ? 'scenario' : 'scenarios'} ${listWords(scenarios.map(({ name }) => name))} · ${plural(result.seeds.length, 'seed')}`,
    summary: summariseTuning(result),
    sections: [
      section(
        'difference',
        'Incumbent against candidate',
        `Sought was ${objectiveWords(result.objective)}. The last ${formatPercent(result.holdoutShare, 0)} of the trace was kept from the search.`,
        [{ kind: 'charts', charts: [charts.predictedDifferences] }, table(predictionTable(result))],
      ),
      section('changes', 'What is different', 'Everything that the two policies do not have in common.', [
        table(changedTable(result)),
      ]),
      section('trade-off', 'What can be had', 'On the train part, where all of them were replayed.', [
        { kind: 'charts', charts: [charts.paretoFront] },
        table(comparedTable(result)),
        table(frontTable(result)),
      ]),
      section('knobs', 'Which knobs matter', 'Read from the trials of this search.', [
        { kind: 'charts', charts: [charts.knobImportance, charts.knobSlices] },
        table(knobTable(result)),
      ]),
      section('parts', 'By hour and by class', 'Where the difference comes from, and who pays for it.', [
        { kind: 'charts', charts: [charts.byHour, charts.byClass] },
        table(partTable('hours', 'hour', result.byHour)),
        table(partTable('classes', 'class', result.byClass)),
      ]),
      section(
        'evidence',
        'What it rests on',
        'Outcomes are those of the log where it has them, else of a like attempt, else of the twin.',
        [table(tuningTierTable(result)), table(trialTable(result))],
      ),
      section(
        'repeat',
        'How to repeat it',
        'The same command on the same files gives the same result, but for the time it took.',
        [{ kind: 'command', command: result.command }, table(tuningRepeatTable(result))],
      ),
      section('definitions', 'What the numbers mean', '', [{ kind: 'notes', notes: TUNING_DEFINITIONS }]),
      section('limits', 'What they do not say', '', [{ kind: 'list', items: TUNING_LIMITS }]),
    ],
    footer: 'Providers are simulated; see “What they do not say”.',
  };
}
