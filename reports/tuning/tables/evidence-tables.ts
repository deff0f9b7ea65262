/** What a tuning rests on, and what repeats it. */
import type { TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { formatCount, formatMs, formatPercent, formatSpan } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';

export function tuningTierTable({ tiers, candidate }: TuningResult): Table {
  const { T1, T2, T3 } = tiers;
  return {
    id: 'tiers',
    caption: 'Share of each tier among the candidate’s requests on the hold-out; a request counts as its worst attempt',
    columns: [
      leftColumn('Policy'),
      rightColumn('T1: as logged'),
      rightColumn('T2: of a like attempt'),
      rightColumn('T3: of the twin'),
    ],
    rows: candidate === null ? [] : [[candidate.name, ...[T1, T2, T3].map((share) => formatPercent(share, 1))]],
    paints: [],
  };
}

export function tuningRepeatTable(result: TuningResult): Table {
  const { trace, scenarios, seeds, incumbent, candidate } = result;
  return {
    // The id under which the page lets long values wrap.
    id: 'repeat',
    caption: 'What fixes this result',
    columns: [leftColumn('What'), leftColumn('Value')],
    rows: [
      ['Seeds', seeds.join(', ')],
      ['Trace', `${trace.name} (${formatCount(trace.requests)} requests over ${formatSpan(trace.spanMs)})`],
      ['Trace SHA-256', trace.sha256],
      ...scenarios.map(({ name, sha256 }) => [`Scenario ${name}`, sha256]),
      [`Incumbent ${incumbent.name}`, incumbent.policyHash],
      ...(candidate === null ? [] : [[`Candidate ${candidate.name}`, candidate.policyHash]]),
      ['Hold-out', `the last ${formatPercent(result.holdoutShare, 0)} of the trace`],
      ['Core version', result.coreVersion],
      ['Requests replayed', formatCount(result.replayedRequests)],
      ['Searched for', `${formatMs(result.wallMs)} (the one line that differs from run to run)`],
    ],
    paints: [],
  };
}
