/** A calibration as a report, in reading order. */
import type { Calibration } from '../../simulator/calibrate/calibration.ts';
import { formatCount, formatSpan, plural } from '../format.ts';
import { section, table, type Part, type Report } from '../report-model.ts';
import { CALIBRATION_DEFINITIONS, CALIBRATION_LIMITS } from './calibration-notes.ts';
import { summariseCalibration } from './calibration-summary.ts';
import { groupNotes, namesIn } from './grouped-notes.ts';
import type { CalibrationCharts } from './charts/calibration-charts.ts';
import { distributionTable } from './tables/distribution-table.ts';
import { familyTable } from './tables/family-table.ts';
import { limitTable } from './tables/limit-table.ts';
import { outcomeTable } from './tables/outcome-table.ts';
import { parameterTable } from './tables/parameter-table.ts';
import { sourceTable, splitTable } from './tables/source-table.ts';
import { strataTable } from './tables/strata-table.ts';
import { troubleTable } from './tables/trouble-table.ts';
import { verdictTable } from './tables/verdict-table.ts';

/** Puts charts and tables of a calibration in their order. */
export function calibrationReport(calibration: Calibration, charts: CalibrationCharts): Report {
  const { source, goodness } = calibration;
  const { holdout, validate } = goodness;
  const notes = groupNotes(notesOf(calibration), { names: namesIn(calibration), namedMax: Infinity });
  return {
    eyebrow: 'calibration of twins',
    title: `Twins fitted from ${source.name}`,
    subtitle: `${plural(source.attempts, 'attempt')} over ${formatSpan(Math.max(0, source.toMs - source.fromMs))} · ${plural(calibration.twins.length, 'twin')} · judged on ${formatCount(holdout.rows)} attempts kept back`,
    summary: summariseCalibration(calibration),
    sections: [
      section('verdict', 'Target by target', 'Judged on the hold-out, which the fit has not seen.', [
        table(verdictTable(holdout)),
        { kind: 'charts', charts: [charts.quantileErrors] },
      ]),
      section('waits', 'Waits', 'How long attempts took, in the log and in the simulation.', [
        { kind: 'charts', charts: [charts.firstTokenCurves, charts.quantilePairs, charts.rankHistograms] },
        table(distributionTable(holdout, 'firstTokenMs')),
        table(distributionTable(holdout, 'durationMs')),
        table(distributionTable(holdout, 'msPerToken')),
        table(strataTable(holdout)),
      ]),
      section('failures', 'Failures, limits and cost', 'How often attempts failed, and how long trouble lasted.', [
        table(outcomeTable(holdout)),
        { kind: 'charts', charts: [charts.failureMemory, charts.reliability] },
      ]),
      section('trouble', 'Trouble that was found', 'States of each provider, read from the rows that were fitted on.', [
        { kind: 'charts', charts: [charts.providerStates] },
        table(troubleTable(calibration)),
      ]),
      section('parameters', 'What was fitted', 'Each parameter with its 95 % interval.', [
        table(parameterTable(calibration)),
        table(familyTable(calibration)),
        table(limitTable(calibration)),
      ]),
      section('validation', 'The same on the validation rows', 'Choices were made on these, so they flatter the fit.', [
        table(verdictTable(validate, 'validation')),
      ]),
      ...(notes.length === 0
        ? []
        : [section('notes', 'What the fit has to say', '', [{ kind: 'list', items: notes }])]),
      section(
        'repeat',
        'How to repeat it',
        'The same command on the same log gives the same result, but for the time it took.',
        [command(calibration.command), table(sourceTable(calibration)), table(splitTable(calibration))],
      ),
      section('definitions', 'What the numbers mean', '', [{ kind: 'notes', notes: CALIBRATION_DEFINITIONS }]),
      section('limits', 'What they do not say', '', [{ kind: 'list', items: CALIBRATION_LIMITS }]),
    ],
    footer: 'Observed figures come from the log, simulated ones from the twins; see “What they do not say”.',
  };
}

/** Notes on the whole first, then those of twins and providers, which begin with their names. */
function notesOf({ notes, twins, troubles }: Calibration): readonly string[] {
  const ofTwins = twins.flatMap(({ latency, errors, rateLimit, prices, promptCache }) =>
    [latency, errors, rateLimit, prices, promptCache].flatMap((fit) => fit.notes),
  );
  return [...notes, ...ofTwins, ...troubles.flatMap((trouble) => trouble.notes)];
}

function command(text: string): Part {
  return { kind: 'command', command: text };
}
