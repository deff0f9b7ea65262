import * as Plot from '@observablehq/plot';
import type { Knob, KnobSlice, KnobValue, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { multiples, type Chart, type LegendItem, type Panel } from '../../charts/chart.ts';
import { axisX, axisY, headingHeight, LETTER_WIDTH, type Draw, type Mark } from '../../charts/draw-panel.ts';
import { formatPlain, formatTick, shorten } from '../../format.ts';
import { CARD, INK, policyDash } from '../../palette.ts';
import { valueAt } from '../changed-knobs.ts';
import { CANDIDATE_DASH, CANDIDATE_PAINT, INCUMBENT_PAINT } from '../tuning-paints.ts';
import { rangeAxis, type RangeAxis } from './range-axis.ts';

const PLOT_HEIGHT = 150;
const SLICES_MAX = 12;

const LEGEND: readonly LegendItem[] = [
  { label: 'incumbent has', paint: INCUMBENT_PAINT, mark: 'line', dash: policyDash(0) },
  { label: 'candidate has', paint: CANDIDATE_PAINT, mark: 'line', dash: CANDIDATE_DASH },
];

interface SlicePoint {
  /** Place on the axis: the value itself, or the position of a choice. */
  readonly at: number;
  readonly utility: number;
}

/** How does the utility change along each knob that matters? */
export function knobSlices(result: TuningResult, draw: Draw): Chart {
  const slices = result.slices.filter(({ points }) => usable(points).length > 0).slice(0, SLICES_MAX);
  const { width, columns } = multiples(slices.length);
  const utilities = slices.flatMap(({ points }) => usable(points).map(({ utility }) => utility));
  const axis = rangeAxis(utilities);
  return {
    id: 'knob-slices',
    title: titleOf(slices),
    sentence:
      'One knob is turned, everything else is as in the candidate; up is better. All panels have one scale, so a flat line is a knob that does not matter here.',
    legend: slices.length === 0 ? [] : LEGEND,
    panels: slices.map((slice) => panelOf(result, slice, axis, width, draw)),
    narrowPanels: [],
    columns,
  };
}

function usable(points: KnobSlice['points']): KnobSlice['points'] {
  // JSON has null for a utility that is none.
  return points.filter(({ utility }) => Number.isFinite(utility ?? NaN));
}

function panelOf(
  result: TuningResult,
  { path, points }: KnobSlice,
  axisOfY: RangeAxis,
  width: number,
  draw: Draw,
): Panel {
  const knob = result.knobs.find((entry) => entry.path === path);
  const scale = placing(knob, points);
  const drawn: readonly SlicePoint[] = usable(points)
    .map(({ value, utility }) => ({ at: scale.placeOf(value), utility }))
    .toSorted((a, b) => a.at - b.at);
  const title = shorten(path, Math.floor(width / LETTER_WIDTH) - 6);
  const marginTop = headingHeight({ title, unit: 'utility' });
  return draw({
    width,
    height: marginTop + PLOT_HEIGHT + 42,
    marginLeft: 62,
    marginRight: 14,
    marginTop,
    marginBottom: 42,
    title,
    titlePaint: null,
    unit: 'utility',
    label: `Utility along ${path}: ${usable(points)
      .map(
        ({ value, utility }) =>
          `${typeof value === 'number' ? formatPlain(value) : value} gives ${formatPlain(utility)}`,
      )
      .join(', ')}`,
    x: { type: scale.type, domain: [...scale.domain] },
    y: { type: axisOfY.type, domain: [...axisOfY.domain] },
    marks: [
      ...axisY(axisOfY.ticks, formatPlain),
      ...axisX(scale.ticks, scale.format, 'value of the knob'),
      ...valueMark(valueAt(result.incumbent.policy, path), scale, INCUMBENT_PAINT, policyDash(0)),
      ...valueMark(valueAt(result.candidate?.policy, path), scale, CANDIDATE_PAINT, CANDIDATE_DASH),
      ...(scale.isChoice ? [] : [Plot.line(drawn, { x: 'at', y: 'utility', stroke: INK, strokeWidth: 1.5 })]),
      Plot.dot(drawn, { x: 'at', y: 'utility', r: 3.5, fill: INK, stroke: CARD }),
    ],
  });
}

function valueMark(value: unknown, scale: Placing, paint: string, dash: string): Mark[] {
  if (typeof value !== 'number' && typeof value !== 'string') return [];
  const at = scale.placeOf(value);
  if (!(at >= scale.domain[0] && at <= scale.domain[1])) return [];
  return [Plot.ruleX([at], { stroke: paint, strokeWidth: 2, strokeDasharray: dash })];
}

interface Placing {
  readonly type: 'linear' | 'log';
  readonly isChoice: boolean;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly format: (at: number) => string;
  readonly placeOf: (value: KnobValue) => number;
}

function placing(knob: Knob | undefined, points: KnobSlice['points']): Placing {
  const words = points.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  if (words.length > 0) {
    const choices = [...new Set([...(knob?.choices ?? []), ...words])];
    return {
      type: 'linear',
      isChoice: true,
      domain: [-0.5, choices.length - 0.5],
      ticks: choices.map((_choice, index) => index),
      format: (at) => shorten(choices[at] ?? '', 12),
      placeOf: (value) => (typeof value === 'string' ? choices.indexOf(value) : NaN),
    };
  }
  const axis = rangeAxis(points.flatMap(({ value }) => (typeof value === 'number' ? [value] : [])));
  return {
    ...axis,
    isChoice: false,
    format: (at) => formatTick(at, formatPlain),
    placeOf: (value) => (typeof value === 'number' ? value : NaN),
  };
}

/** The knob along which the utility changes most. */
function titleOf(slices: readonly KnobSlice[]): string {
  const spans = slices
    .map(({ path, points }) => {
      const utilities = usable(points).map(({ utility }) => utility);
      return { path, span: Math.max(...utilities) - Math.min(...utilities) };
    })
    .toSorted((a, b) => b.span - a.span);
  const [most, ...others] = spans;
  const least = others.at(-1);
  if (most === undefined) return 'No knob was turned by itself around the candidate';
  if (least === undefined)
    return `Around the candidate the utility changes by ${formatPlain(most.span)} along ${most.path}`;
  return `Around the candidate ${most.path} makes the largest difference (${formatPlain(most.span)}), ${least.path} the smallest (${formatPlain(least.span)})`;
}
