import type { Knob, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { formatPercent, formatPlain } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { changedKnobs, knobText, valueAt } from '../changed-knobs.ts';

/** One row a number that the candidate has otherwise, from what to what. */
export function changedTable(result: TuningResult): Table {
  return {
    id: 'changed',
    caption: `What ${result.candidate?.name ?? 'the candidate'} has otherwise than ${result.incumbent.name}`,
    columns: [leftColumn('In the policy'), rightColumn('From'), rightColumn('To'), leftColumn('Was it searched?')],
    rows: changedKnobs(result).map(({ path, from, to }) => [
      path,
      knobText(from),
      knobText(to),
      result.knobs.some((knob) => knob.path === path) ? 'yes' : 'no',
    ]),
    paints: [],
  };
}

/** One row a knob: its range, both policies' values, how much it matters. */
export function knobTable(result: TuningResult): Table {
  const { knobs, incumbent, candidate, importance, importanceMethod } = result;
  const shareOf = (path: string): number | null => importance.find((entry) => entry.path === path)?.importance ?? null;
  const order = knobs.toSorted((a, b) => (shareOf(b.path) ?? -1) - (shareOf(a.path) ?? -1));
  return {
    id: 'knobs',
    caption: `Knobs of the search; importance by ${importanceMethod}`,
    columns: [
      leftColumn('Knob'),
      leftColumn('Range'),
      leftColumn('Scale'),
      rightColumn('Incumbent'),
      rightColumn('Candidate'),
      rightColumn('Importance'),
    ],
    rows: order.map((knob) => [
      knob.path,
      rangeText(knob),
      knob.scale,
      knobText(valueAt(incumbent.policy, knob.path)),
      candidate === null ? '–' : knobText(valueAt(candidate.policy, knob.path)),
      formatPercent(shareOf(knob.path), 1),
    ]),
    paints: [],
  };
}

function rangeText({ range, choices }: Knob): string {
  if (choices !== null) return choices.join(', ');
  return range === null ? '–' : `${formatPlain(range[0])} to ${formatPlain(range[1])}`;
}
