/** The charts of `why-this-target`: what the router saw, ruled out, weighed and chose, as the log has it. */
import * as Plot from '@observablehq/plot';
import { square } from '../../reports/charts/chart.ts';
import { linearTicks } from '../../reports/charts/ticks.ts';
import { formatCount, formatPercent, formatPlain, formatTick, nameWords } from '../../reports/format.ts';
import { CARD, GRID, INK, MUTED, rolePaint, statePaint, targetPaints } from '../../reports/palette.ts';
import { leftColumn, rightColumn, type Table } from '../../reports/tables/table.ts';
import type { ChartCard, PanelOptions } from './chart-card.ts';
import { rowNames } from './row-names.ts';
import { countTicks } from './telling-ticks.ts';

const WIDTH = 1_060;
const NAMES = 210;

export interface FateRow {
  readonly target: string;
  /** `chosen`, `not chosen`, or the reason of its rejection. */
  readonly fate: string;
  readonly decisions: number;
}

export interface TermRow {
  readonly target: string;
  readonly term: string;
  readonly chosen: number | null;
  readonly eligible: number | null;
}

export interface MarginRow {
  /** Lower end of the bin of score differences. */
  readonly margin: number;
  readonly decisions: number;
}

export interface HonestyRow {
  readonly target: string;
  /** Sum of the probabilities with which it was going to be chosen. */
  readonly expected: number;
  readonly chosen: number;
  /** Standard deviation of the number of choices, if the probabilities are right. */
  readonly deviation: number;
}

export interface PropensityRow {
  /** Lower end of the bin. */
  readonly propensity: number;
  readonly decisions: number;
}

export interface CandidateView {
  readonly decision: string;
  readonly target: string;
  readonly state: string;
  readonly rejection: string | null;
  readonly score: number;
  readonly propensity: number;
  readonly chosen: boolean;
  readonly success: number;
  readonly first_token: number;
  readonly speed: number;
  readonly cache: number;
  readonly cost: number;
  readonly load: number;
}

/** Paints of what becomes of a candidate; reasons take the colours of the states and limits behind them. */
const FATE_PAINTS: Readonly<Record<string, string>> = {
  chosen: rolePaint('better'),
  'not chosen': rolePaint('load'),
  disabled: statePaint('disabled'),
  not_capable: rolePaint('target-other'),
  excluded: rolePaint('attempts-0'),
  cooldown: statePaint('cooldown'),
  unhealthy: statePaint('unhealthy'),
  rate_limited: rolePaint('limited'),
  budget_exhausted: rolePaint('use-4'),
  busy: rolePaint('use-2'),
  queue_full: rolePaint('use-3'),
  outranked: rolePaint('use-1'),
};
const FATES = Object.keys(FATE_PAINTS);

/** What became of each target, over all decisions that had it as a candidate. */
export function fateCard(rows: readonly FateRow[]): ChartCard {
  const targets = [...new Set(rows.map(({ target }) => target))].sort();
  const fates = FATES.filter((fate) => rows.some((row) => row.fate === fate));
  const ofFate = (fate: string): number => sumOf(rows.filter((row) => row.fate === fate));
  const reasons = fates.filter((fate) => fate !== 'chosen' && fate !== 'not chosen');
  const most = reasons.reduce<string | null>((a, b) => (a === null || ofFate(b) > ofFate(a) ? b : a), null);
  const max = Math.max(1, ...targets.map((target) => sumOf(rows.filter((row) => row.target === target))));
  const painted = [...rows]
    .sort((x, y) => FATES.indexOf(x.fate) - FATES.indexOf(y.fate))
    .map((row) => ({ ...row, paint: FATE_PAINTS[row.fate] ?? MUTED }));
  return {
    title:
      most === null
        ? 'Nothing was ever ruled out'
        : `What rules targets out most often: ${nameWords(most)}, ${formatPercent(ofFate(most) / Math.max(1, sumOf(rows)))} of all candidates`,
    sentence:
      'One bar a target, one unit a decision. Green: chosen. Pale: could have been chosen. The rest could not, for the reason that the colour says.',
    legend: fates.map((fate) => square(nameWords(fate), FATE_PAINTS[fate] ?? MUTED)),
    panels: [
      rowsPanel(targets, {
        max,
        label: `Fates of candidates: ${targets.join(', ')}`,
        marks: [Plot.barX(painted, Plot.stackX({ x: 'decisions', y: 'target', fill: 'paint', order: null }))],
      }),
    ],
  };
}

/** Which terms speak for a target: the mean of each, when it was chosen and whenever it could have been. */
export function termsCard(rows: readonly TermRow[]): ChartCard {
  const terms = [...new Set(rows.map(({ term }) => term))];
  const targets = [...new Set(rows.map(({ target }) => target))].sort();
  const paints = targetPaints(targets);
  return {
    title: `What speaks for a target, and what against it`,
    sentence:
      'Each term of the score runs from 0 to 1, larger is better. Dot: its mean when the target was chosen. Line: its mean whenever the target could have been. A dot right of its line means that the target is taken when this is good.',
    panels: terms.map((term) => {
      const ofTerm = rows.filter((row) => row.term === term);
      return {
        width: 400,
        plotHeight: targets.length * 19,
        marginLeft: 178,
        marginRight: 12,
        title: nameWords(term),
        label: `Mean of ${term}: ${ofTerm.map((row) => `${row.target} ${formatPlain(row.chosen)}`).join('; ')}`,
        x: { domain: [0, 1] },
        y: { type: 'band', domain: targets, padding: 0.3 },
        ticks: { at: [0, 0.5, 1], format: String, name: '' },
        marks: [
          Plot.gridX([0, 0.5, 1], { stroke: GRID, strokeOpacity: 1 }),
          Plot.ruleY(targets, { y: (target: string) => target, stroke: GRID }),
          Plot.tickX(
            ofTerm.filter((row) => row.eligible !== null),
            { x: 'eligible', y: 'target', stroke: INK, strokeWidth: 2 },
          ),
          Plot.dot(
            ofTerm.filter((row) => row.chosen !== null),
            { x: 'chosen', y: 'target', r: 5, fill: (row: TermRow) => paints.get(row.target) ?? MUTED, stroke: CARD },
          ),
          rowNames(targets, 6),
        ],
      } satisfies PanelOptions;
    }),
  };
}

/** How clear the choices were: best score minus the next best. */
export function marginCard(rows: readonly MarginRow[], close: number): ChartCard {
  const total = rows.reduce((sum, { decisions }) => sum + decisions, 0);
  return {
    title: `${formatPercent(close / Math.max(1, total), 0)} of the choices were close: the two best scores differ by less than 0.05`,
    sentence:
      'Score of the best candidate minus that of the next best. Far left are choices that a small change of the policy turns round; far right are those that nothing turns.',
    panels: [histogram(rows, (row) => row.margin, 0.025, 'best score minus next best')],
  };
}

/** Below this share a reader has to hear how little was left to chance. */
const MUCH_CHANCE = 0.05;

/**
 * With what probability was the chosen one going to be chosen?
 *
 * @param sure choices that were certain
 * @param chance what the others left to chance on average, 0 to 1: one minus the likeliest candidate's probability;
 *   null when there are none
 */
export function propensityCard(rows: readonly PropensityRow[], sure: number, chance: number | null): ChartCard {
  const total = rows.reduce((sum, { decisions }) => sum + decisions, 0);
  const left = chance !== null && chance < MUCH_CHANCE ? `on average ${smallShare(chance)}` : 'something';
  return {
    title:
      sure === 0
        ? `Every choice left ${left} to chance`
        : sure >= total
          ? 'Every choice was certain; nothing was left to chance'
          : `${roundedShare(sure / total)} of the choices were certain; the rest left ${left} to chance`,
    sentence:
      'The probability with which the chosen target was going to be chosen. A choice with probability 1 teaches nothing of the other targets; one with 0.2 stands for five like it.',
    panels: [histogram(rows, (row) => row.propensity, 0.05, 'probability of what was chosen')],
  };
}

/** A share in whole percent that is neither none nor all. */
function roundedShare(ratio: number): string {
  const isNearlyAll = ratio > 0.995;
  return ratio < 0.005 || isNearlyAll
    ? `${isNearlyAll ? 'More' : 'Less'} than ${formatPercent(isNearlyAll ? 0.99 : 0.01, 0)}`
    : formatPercent(ratio, 0);
}

function smallShare(ratio: number): string {
  return ratio < 0.00005 ? `less than ${formatPercent(0.0001, 2)}` : formatPercent(ratio, ratio < 0.01 ? 2 : 1);
}

/** Are the probabilities true? As many choices as they promise, for each target. */
export function honestyCard(rows: readonly HonestyRow[]): ChartCard {
  const off = rows.filter((row) => Math.abs(row.chosen - row.expected) > 3 * row.deviation);
  const names = rows.map(({ target }) => target);
  const max = Math.max(1, ...rows.flatMap((row) => [row.chosen, row.expected + 3 * row.deviation]));
  const paints = targetPaints(names);
  return {
    title:
      off.length === 0
        ? 'The probabilities are true: every target was chosen as often as they say'
        : `${off.length} of ${rows.length} targets were chosen more or less often than the probabilities say`,
    sentence:
      'Dot: how often a target was chosen. Bar: how often it should have been if the logged probabilities are right, give or take three standard deviations. This is what all estimates from the log rest on.',
    panels: [
      rowsPanel(names, {
        max,
        label: rows
          .map((row) => `${row.target} chosen ${row.chosen}, expected ${formatPlain(row.expected)}`)
          .join('; '),
        marks: [
          Plot.ruleY(rows, {
            x1: (row: HonestyRow) => Math.max(0, row.expected - 3 * row.deviation),
            x2: (row: HonestyRow) => row.expected + 3 * row.deviation,
            y: 'target',
            stroke: rolePaint('load'),
            strokeWidth: 11,
          }),
          Plot.dot(rows, {
            x: 'chosen',
            y: 'target',
            r: 4.5,
            fill: (row: HonestyRow) => paints.get(row.target) ?? MUTED,
            stroke: INK,
          }),
        ],
      }),
    ],
  };
}

/** One decision: its candidates as a table, the chosen one first, the rejected ones last. */
export function candidateTable(candidates: readonly CandidateView[]): Table {
  const paints = targetPaints(candidates.map(({ target }) => target));
  const term = (value: number, isOut: boolean): string => (isOut ? '–' : value.toFixed(2));
  return {
    id: 'candidates',
    caption: 'What the router saw: every candidate, with its terms and its probability',
    columns: [
      leftColumn('Target'),
      leftColumn('Said of it'),
      rightColumn('Score'),
      rightColumn('Probability'),
      ...['Success', 'First token', 'Speed', 'Cache', 'Cost', 'Load'].map(rightColumn),
    ],
    rows: candidates.map((candidate) => {
      const isOut = candidate.rejection !== null;
      return [
        candidate.target,
        candidate.chosen ? 'chosen' : isOut ? `out: ${nameWords(candidate.rejection)}` : `possible, ${candidate.state}`,
        term(candidate.score, isOut),
        isOut ? '0' : formatPercent(candidate.propensity),
        term(candidate.success, isOut),
        term(candidate.first_token, isOut),
        term(candidate.speed, isOut),
        term(candidate.cache, isOut),
        term(candidate.cost, isOut),
        term(candidate.load, isOut),
      ];
    }),
    paints: candidates.map(({ target }) => paints.get(target) ?? null),
  };
}

function sumOf(rows: readonly FateRow[]): number {
  return rows.reduce((sum, { decisions }) => sum + decisions, 0);
}

function rowsPanel(
  names: readonly string[],
  spec: {
    /** Most decisions of a row, at least 1. */
    readonly max: number;
    readonly label: string;
    readonly marks: readonly Plot.Markish[];
  },
): PanelOptions {
  const ticks = countTicks(spec.max, 6);
  return {
    width: WIDTH,
    plotHeight: names.length * 26,
    marginLeft: NAMES,
    marginRight: 24,
    label: spec.label,
    x: { domain: [0, spec.max] },
    y: { type: 'band', domain: names, padding: 0.25 },
    ticks: { at: ticks, format: (value) => formatTick(value, formatCount), name: 'decisions' },
    marks: [Plot.gridX(ticks, { stroke: GRID, strokeOpacity: 1 }), ...spec.marks, rowNames(names)],
  };
}

function histogram<Row extends { readonly decisions: number }>(
  rows: readonly Row[],
  from: (row: Row) => number,
  step: number,
  axis: string,
): PanelOptions {
  const max = Math.max(1, ...rows.map(({ decisions }) => decisions));
  const end = Math.max(step, ...rows.map((row) => from(row) + step));
  const ticks = linearTicks(end, 10).filter((tick) => tick <= end + 1e-9);
  const counts = countTicks(max, 4);
  return {
    width: WIDTH,
    plotHeight: 150,
    marginLeft: 60,
    marginRight: 20,
    unit: 'decisions',
    label: `${axis}: ${rows.map((row) => `from ${from(row).toFixed(3)} ${row.decisions}`).join('; ')}`,
    x: { domain: [0, end] },
    y: { domain: [0, max] },
    ticks: { at: ticks, format: (value) => formatTick(value, formatPlain), name: axis },
    marks: [
      Plot.gridY(counts, { stroke: GRID, strokeOpacity: 1 }),
      Plot.text(counts, {
        frameAnchor: 'left',
        y: (count: number) => count,
        text: (count: number) => formatTick(count, formatCount),
        textAnchor: 'end',
        dx: -8,
        fill: MUTED,
      }),
      Plot.rectY(rows, {
        x1: from,
        x2: (row: Row) => from(row) + step,
        y: 'decisions',
        fill: rolePaint('accent'),
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
    ],
  };
}
