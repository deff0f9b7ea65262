import type { Calibration, LogPart } from '../../../simulator/calibrate/calibration.ts';
import { formatCount, formatMs, formatSpan, plural } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';

/** Everything that fixes the result beside the command. */
export function sourceTable({ source, scenarioPath, coreVersion, wallMs, goodness }: Calibration): Table {
  const { holdout } = goodness;
  return {
    // The id under which the page lets long values wrap.
    id: 'repeat',
    caption: 'What fixes this result',
    columns: [leftColumn('What'), leftColumn('Value')],
    rows: [
      ['Log', source.name],
      ['Attempts', formatCount(source.attempts)],
      ['Requests', source.requests === null ? 'the log does not say' : formatCount(source.requests)],
      ['Begins', source.startedAtMs === null ? 'the log does not say' : timeText(source.startedAtMs + source.fromMs)],
      ['Scenario written', scenarioPath ?? 'none'],
      [
        'Replicates',
        `${holdout.replicates}, intervals from ${plural(holdout.blocks, 'block')} of ${formatSpan(holdout.blockMs)}`,
      ],
      ['Core version', coreVersion],
      ['Fitted in', `${formatMs(wallMs)} (the one line that differs from run to run)`],
    ],
    paints: [],
  };
}

/** The parts of the log in time. */
export function splitTable({ split }: Calibration): Table {
  const row = (name: string, use: string, { rows, fromMs, toMs }: LogPart): readonly string[] => [
    name,
    use,
    formatCount(rows),
    formatMs(fromMs),
    formatMs(toMs),
  ];
  return {
    id: 'split',
    caption: 'Parts of the log; times from its start',
    columns: [
      leftColumn('Part'),
      leftColumn('Used for'),
      rightColumn('Attempts'),
      rightColumn('From'),
      rightColumn('To'),
    ],
    rows: [
      row('fit', 'parameters', split.fit),
      row('validation', 'choices between families', split.validate),
      row('hold-out', 'this judgement, once', split.holdout),
    ],
    paints: [],
  };
}

function timeText(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
