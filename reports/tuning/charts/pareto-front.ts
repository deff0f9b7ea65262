import * as Plot from '@observablehq/plot';
import { BETTER, type ObjectiveMetric } from '../../../src/config/objective.ts';
import type { TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { square, type Chart, type LegendItem, type Panel } from '../../charts/chart.ts';
import { axisX, axisY, headingHeight, LETTER_WIDTH, type Draw, type Mark } from '../../charts/draw-panel.ts';
import { spreadLabels } from '../../charts/spread-labels.ts';
import { formatTick, plural, shorten } from '../../format.ts';
import { CARD, INK } from '../../palette.ts';
import { decidingMetrics } from '../deciding-metrics.ts';
import { constraintWords, objectiveMetric } from '../objective-metrics.ts';
import { CANDIDATE_PAINT, FEASIBLE_PAINT, INCUMBENT_PAINT, INFEASIBLE_PAINT } from '../tuning-paints.ts';
import { frontierOf, namedPlaces, placesOf, type NamedPlace, type Place } from './pareto-places.ts';
import { rangeAxis, type RangeAxis } from './range-axis.ts';

const WIDTH = 860;
const PLOT_HEIGHT = 380;
const MARGIN_LEFT = 66;
const NAMES_WIDTH = 190;
const NAME_GAP = 16;

/** What can be had: each policy that was tried, in the two metrics that decide. */
export function paretoFront(result: TuningResult, draw: Draw): Chart {
  const [x, y] = decidingMetrics(result);
  const places = placesOf(result, x, y);
  const named = namedPlaces(result, places, x, y);
  const all = [...places, ...named];
  return {
    id: 'pareto-front',
    title: titleOf(result, places, x, y),
    sentence: `Each dot is a policy that was replayed on all of the train part; ${corner(x, y)} is better. The line joins those within the limits that no other beats in both. Axes do not start at zero${all.some(isFar(all)) ? ' and are logarithmic where values differ by more than five times' : ''}.`,
    legend: LEGEND,
    panels: all.length === 0 ? [] : [panelOf({ result, places, named, x, y }, draw)],
    narrowPanels: [],
    columns: 1,
  };
}

const LEGEND: readonly LegendItem[] = [
  square('incumbent', INCUMBENT_PAINT),
  square('candidate', CANDIDATE_PAINT),
  square('within the limits', FEASIBLE_PAINT),
  square('breaks a limit (hollow)', INFEASIBLE_PAINT),
];

/** Whether any place needs a logarithmic axis. */
function isFar(all: readonly Place[]): () => boolean {
  const axes = [rangeAxis(all.map((place) => place.x)), rangeAxis(all.map((place) => place.y))];
  return () => axes.some(({ type }) => type === 'log');
}

function corner(x: ObjectiveMetric, y: ObjectiveMetric): string {
  return `${BETTER[y] === 'lower' ? 'down' : 'up'} and to the ${BETTER[x] === 'lower' ? 'left' : 'right'}`;
}

function titleOf(result: TuningResult, places: readonly Place[], x: ObjectiveMetric, y: ObjectiveMetric): string {
  if (places.length === 0) return 'No policy has a value in both metrics that decide';
  const feasible = places.filter(({ isFeasible }) => isFeasible).length;
  const within =
    result.objective.subjectTo.length === 0
      ? ''
      : `${feasible} of ${plural(places.length, 'policy', 'policies')} keep within the limits; `;
  const front = frontierOf(places, x, y).length;
  return `${within}${plural(front, 'policy', 'policies')} cannot be beaten in ${objectiveMetric(x).noun} and ${objectiveMetric(y).noun} together`;
}

interface Scene {
  readonly result: TuningResult;
  readonly places: readonly Place[];
  readonly named: readonly NamedPlace[];
  readonly x: ObjectiveMetric;
  readonly y: ObjectiveMetric;
}

function panelOf(scene: Scene, draw: Draw): Panel {
  const { places, named, x, y } = scene;
  const all = [...places, ...named];
  const axisOfX = rangeAxis(all.map((place) => place.x));
  const axisOfY = rangeAxis(all.map((place) => place.y));
  const [wordsX, wordsY] = [objectiveMetric(x), objectiveMetric(y)];
  const marginTop = headingHeight({ title: null, unit: wordsY.label });
  return draw({
    width: WIDTH,
    height: marginTop + PLOT_HEIGHT + 42,
    marginLeft: MARGIN_LEFT,
    marginRight: NAMES_WIDTH,
    marginTop,
    marginBottom: 42,
    title: null,
    titlePaint: null,
    unit: wordsY.label,
    label:
      named
        .map(
          (place) =>
            `${place.name}: ${wordsX.noun} ${wordsX.format(place.x)}, ${wordsY.noun} ${wordsY.format(place.y)}${place.isFeasible ? '' : ', breaks a limit'}`,
        )
        .join('; ') || `${places.length} policies without a name`,
    x: { type: axisOfX.type, domain: [...axisOfX.domain] },
    y: { type: axisOfY.type, domain: [...axisOfY.domain] },
    marks: [
      ...axisY(axisOfY.ticks, wordsY.format),
      ...axisX(axisOfX.ticks, (value) => formatTick(value, wordsX.format), wordsX.label),
      ...limitMarks(scene, axisOfX, axisOfY),
      ...dotMarks(places),
      Plot.line(frontierOf(places, x, y), {
        x: 'x',
        y: 'y',
        // What can be had for a value of x is what the policy at the last better one has.
        curve: BETTER[x] === 'lower' ? 'step-after' : 'step-before',
        stroke: FEASIBLE_PAINT,
        strokeWidth: 1.75,
      }),
      ...nameMarks(named, axisOfX, axisOfY),
    ],
  });
}

function dotMarks(places: readonly Place[]): Mark[] {
  const [kept, broken] = [
    places.filter(({ isFeasible }) => isFeasible),
    places.filter(({ isFeasible }) => !isFeasible),
  ];
  return [
    Plot.dot(broken, { x: 'x', y: 'y', r: 2.75, fill: CARD, stroke: INFEASIBLE_PAINT, strokeWidth: 1 }),
    Plot.dot(kept, { x: 'x', y: 'y', r: 3.25, fill: FEASIBLE_PAINT, stroke: CARD, strokeWidth: 0.6 }),
  ];
}

/** Dashed where a limit crosses the picture. */
function limitMarks({ result, x, y }: Scene, axisOfX: RangeAxis, axisOfY: RangeAxis): Mark[] {
  const style = { stroke: INK, strokeWidth: 1, strokeDasharray: '5 4' } as const;
  const inside = (axis: RangeAxis, limit: number): boolean => limit >= axis.domain[0] && limit <= axis.domain[1];
  return result.objective.subjectTo.flatMap((constraint) => {
    const { metric, limit } = constraint;
    if (metric === y && inside(axisOfY, limit)) {
      const label = Plot.text([constraintWords(constraint)], {
        y: [limit],
        frameAnchor: 'left',
        textAnchor: 'start',
        lineAnchor: 'bottom',
        dx: 4,
        dy: -3,
      });
      return [Plot.ruleY([limit], style), label];
    }
    return metric === x && inside(axisOfX, limit) ? [Plot.ruleX([limit], style)] : [];
  });
}

/** Larger dots, and their names in a column at the right, joined by thin lines. */
function nameMarks(named: readonly NamedPlace[], axisOfX: RangeAxis, axisOfY: RangeAxis): Mark[] {
  const heights = named.map((place) => PLOT_HEIGHT * (1 - axisOfY.shareOf(place.y)));
  const spread = spreadLabels(heights, NAME_GAP, 6, PLOT_HEIGHT - 6);
  const letters = Math.floor((NAMES_WIDTH - 26) / LETTER_WIDTH);
  const edge = axisOfX.domain[1];
  return named.flatMap((place, index) => {
    const height = spread[index] ?? 0;
    return [
      Plot.link([place], {
        x1: 'x',
        y1: 'y',
        x2: [edge],
        y2: [axisOfY.valueAt(1 - height / PLOT_HEIGHT)],
        stroke: place.paint,
        strokeWidth: 0.8,
        strokeOpacity: 0.55,
      }),
      Plot.dot([place], {
        x: 'x',
        y: 'y',
        r: 6,
        fill: place.isFeasible ? place.paint : CARD,
        stroke: place.isFeasible ? CARD : place.paint,
        strokeWidth: place.isFeasible ? 1.5 : 2.25,
      }),
      Plot.text([shorten(place.name, letters)], {
        x: [edge],
        frameAnchor: 'top',
        textAnchor: 'start',
        lineAnchor: 'middle',
        dx: 8,
        dy: height,
        fill: place.paint,
        fontWeight: 600,
      }),
    ];
  });
}
