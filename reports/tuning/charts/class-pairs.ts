import * as Plot from '@observablehq/plot';
import type { ObjectiveMetric } from '../../../src/config/objective.ts';
import type { PartDifference, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { multiples, square, type Chart, type Panel } from '../../charts/chart.ts';
import { axisX, headingHeight, LETTER_WIDTH, type Draw, type Mark } from '../../charts/draw-panel.ts';
import { formatSigned, formatTick, shorten } from '../../format.ts';
import { CARD, GRID, MUTED } from '../../palette.ts';
import { objectiveMetric } from '../objective-metrics.ts';
import { CANDIDATE_PAINT, INCUMBENT_PAINT } from '../tuning-paints.ts';
import { aheadWords } from './ahead-words.ts';
import { shownMetrics } from './hour-lines.ts';
import { rangeAxis } from './range-axis.ts';

const ROW_HEIGHT = 36;
const MARGIN_LEFT = 16;
const MARGIN_RIGHT = 16;
const CLASSES_MAX = 12;

/** Who gains and who pays? */
export function classPairs(result: TuningResult, draw: Draw): Chart {
  const parts = result.byClass.slice(0, CLASSES_MAX);
  const metrics = shownMetrics(result, parts);
  const { width, columns } = multiples(metrics.length);
  return {
    id: 'by-class',
    title: aheadWords(parts, metrics[0], 'class'),
    sentence:
      'A line leads from the incumbent’s value to the candidate’s, for each class of request on the hold-out. Axes do not start at zero.',
    legend: metrics.length === 0 ? [] : [square('incumbent', INCUMBENT_PAINT), square('candidate', CANDIDATE_PAINT)],
    panels: metrics.map((metric) => panelOf(parts, metric, width, draw)),
    narrowPanels: [],
    columns,
  };
}

function panelOf(parts: readonly PartDifference[], metric: ObjectiveMetric, width: number, draw: Draw): Panel {
  const { label, format, formatDifference } = objectiveMetric(metric);
  const rows = parts.map((part) => ({
    name: part.part,
    from: part.incumbent[metric] ?? null,
    to: part.candidate[metric] ?? null,
  }));
  const axis = rangeAxis(rows.flatMap(({ from, to }) => [from, to].filter((value) => value !== null)));
  const height = rows.length * ROW_HEIGHT;
  const marginTop = headingHeight({ title: label, unit: null });
  const letters = Math.floor((width - 120) / LETTER_WIDTH);
  const differenceText = (from: number | null, to: number | null): string =>
    formatSigned(from === null || to === null ? null : to - from, formatDifference);
  return draw({
    width,
    height: marginTop + height + 42,
    marginLeft: MARGIN_LEFT,
    marginRight: MARGIN_RIGHT,
    marginTop,
    marginBottom: 42,
    title: label,
    titlePaint: null,
    unit: null,
    label: `${label} by class: ${rows.map(({ name, from, to }) => `${name} from ${format(from)} to ${format(to)}`).join(', ')}`,
    x: { type: axis.type, domain: [...axis.domain] },
    y: { type: 'linear', domain: [height, 0] },
    marks: [
      Plot.ruleX([...axis.ticks], { stroke: GRID }),
      ...axisX(axis.ticks, (value) => formatTick(value, format), label.toLowerCase()),
      ...rows.flatMap(({ name, from, to }, row) => [
        Plot.text([shorten(name, letters)], {
          y: [row * ROW_HEIGHT + 9],
          frameAnchor: 'left',
          textAnchor: 'start',
          dx: 2 - MARGIN_LEFT,
        }),
        Plot.text([differenceText(from, to)], {
          y: [row * ROW_HEIGHT + 9],
          frameAnchor: 'right',
          textAnchor: 'end',
          dx: MARGIN_RIGHT - 2,
          fill: MUTED,
        }),
        ...pairMarks(from, to, row * ROW_HEIGHT + 25),
      ]),
    ],
  });
}

function pairMarks(from: number | null, to: number | null, line: number): Mark[] {
  const y = [line];
  return [
    ...(from === null || to === null
      ? []
      : [
          Plot.link([0], {
            x1: [from],
            x2: [to],
            y1: y,
            y2: y,
            stroke: CANDIDATE_PAINT,
            strokeWidth: 2.5,
            strokeOpacity: 0.5,
          }),
        ]),
    ...(from === null ? [] : [Plot.dot([0], { x: [from], y, r: 5, fill: INCUMBENT_PAINT, stroke: CARD })]),
    ...(to === null ? [] : [Plot.dot([0], { x: [to], y, r: 5, fill: CANDIDATE_PAINT, stroke: CARD })]),
  ];
}
