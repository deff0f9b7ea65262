import * as Plot from '@observablehq/plot';
import type { Comparison } from '../../simulator/result.ts';
import { formatMs, formatTick, formatUsd, shorten } from '../format.ts';
import { COST, FIRST_TOKEN_P95 } from '../metrics.ts';
import { CARD, policyPaint } from '../palette.ts';
import { rankingOf } from '../summary/ranking.ts';
import type { Chart, Panel } from './chart.ts';
import { axisX, axisY, HALO, headingHeight, LETTER_WIDTH, type Draw, type Mark } from './draw-panel.ts';
import { spreadLabels } from './spread-labels.ts';
import { linearTicks } from './ticks.ts';

const WIDTH = 520;
const PLOT_HEIGHT = 330;
const MARGIN_LEFT = 58;
const MARGIN_RIGHT = 24;
/** Least distance of two names in the column, CSS pixels. */
const NAME_GAP = 16;
/** Leaders end a little past the frame, just before the names. */
const LEADER_END = 1.03;

interface Place {
  readonly name: string;
  readonly paint: string;
  readonly cost: number;
  readonly firstToken: number;
}

/** What does speed cost? One dot a policy. */
export function costAgainstSpeed(comparison: Comparison, draw: Draw): Chart {
  const places = comparison.policies.flatMap((run, index) => {
    const firstToken = FIRST_TOKEN_P95.value(run);
    return firstToken === null
      ? []
      : [{ name: run.name, paint: policyPaint(index), cost: run.costUsdPer1kRequests, firstToken }];
  });
  return {
    id: 'cost-against-speed',
    title: titleOf(comparison),
    sentence:
      'Each dot is a policy; down and to the left is better. Both axes start at zero, so distances are true to size.',
    legend: [],
    panels: places.length === 0 ? [] : [drawPlaces(places, draw)],
    narrowPanels: [],
    columns: 1,
  };
}

function titleOf(comparison: Comparison): string {
  const cheapest = rankingOf(comparison, COST).order[0];
  const quickest = rankingOf(comparison, FIRST_TOKEN_P95).order[0];
  if (cheapest === undefined || quickest === undefined) return 'Cost against speed: no request was answered';
  if (cheapest.run === quickest.run) {
    return `${cheapest.run.name} has both the lowest cost (${formatUsd(cheapest.value)} per 1,000) and the lowest first-token p95 (${formatMs(quickest.value)}) of this run`;
  }
  return `Lowest cost in this run: ${cheapest.run.name} (${formatUsd(cheapest.value)} per 1,000); lowest first-token p95: ${quickest.run.name} (${formatMs(quickest.value)})`;
}

function drawPlaces(places: readonly Place[], draw: Draw): Panel {
  const costTicks = linearTicks(Math.max(...places.map((place) => place.cost)) * 1.02, 5);
  const timeTicks = linearTicks(Math.max(...places.map((place) => place.firstToken)) * 1.02, 5);
  const costMax = costTicks[costTicks.length - 1] ?? 1;
  const timeMax = timeTicks[timeTicks.length - 1] ?? 1;
  const heights = places.map((place) => PLOT_HEIGHT * (1 - place.firstToken / timeMax));
  const crowded = isCrowded(heights);
  const letters = Math.max(...places.map((place) => place.name.length));
  const marginRight = crowded ? Math.min(190, 30 + letters * (LETTER_WIDTH + 0.8)) : MARGIN_RIGHT;
  const plotWidth = WIDTH - MARGIN_LEFT - marginRight;
  const unit = 'time to the first token, p95';
  const marginTop = headingHeight({ title: null, unit });
  return draw({
    width: WIDTH,
    height: marginTop + PLOT_HEIGHT + 42,
    marginLeft: MARGIN_LEFT,
    marginRight,
    marginTop,
    marginBottom: 42,
    title: null,
    titlePaint: null,
    unit,
    label: places
      .map(
        (place) =>
          `${place.name}: ${formatUsd(place.cost)} per 1,000 requests, first token p95 ${formatMs(place.firstToken)}`,
      )
      .join('; '),
    x: { type: 'linear', domain: [0, costMax] },
    y: { type: 'linear', domain: [0, timeMax] },
    marks: [
      ...axisY(timeTicks, formatMs),
      ...axisX(costTicks, (value) => formatTick(value, formatUsd), 'cost per 1,000 requests'),
      ...(crowded ? leaders(places, heights, costMax, timeMax) : []),
      ...places.map((place) =>
        Plot.dot([place], { x: 'cost', y: 'firstToken', r: 6.5, fill: place.paint, stroke: CARD, strokeWidth: 1.5 }),
      ),
      ...(crowded
        ? namesAtEdge(places, heights, costMax, Math.floor((marginRight - 24) / LETTER_WIDTH))
        : namesAtDots(places, (cost) => plotWidth * (1 - cost / costMax))),
    ],
  });
}

/** Two dots at nearly one height would have their names over each other or over a dot. */
function isCrowded(heights: readonly number[]): boolean {
  const sorted = [...heights].sort((left, right) => left - right);
  return sorted.some((height, index) => index > 0 && height - (sorted[index - 1] ?? 0) < NAME_GAP + 4);
}

/** Names beside their dots, on the side that has room. `roomRight`: pixels from a cost to the plot's right edge. */
function namesAtDots(places: readonly Place[], roomRight: (cost: number) => number): Mark[] {
  return places.map((place) => {
    const onRight = place.name.length * LETTER_WIDTH < roomRight(place.cost) + MARGIN_RIGHT - 12;
    return Plot.text([place], {
      x: 'cost',
      y: 'firstToken',
      text: 'name',
      textAnchor: onRight ? 'start' : 'end',
      dx: onRight ? 11 : -11,
      fill: place.paint,
      fontWeight: 600,
      ...HALO,
    });
  });
}

/** Names in a column at the right edge, in the order of the dots' heights. */
function namesAtEdge(places: readonly Place[], heights: readonly number[], costMax: number, letters: number): Mark[] {
  const spread = spreadLabels(heights, NAME_GAP, 6, PLOT_HEIGHT - 6);
  return places.map((place, index) =>
    Plot.text([shorten(place.name, Math.max(5, letters))], {
      x: [costMax],
      frameAnchor: 'top',
      textAnchor: 'start',
      lineAnchor: 'middle',
      dx: 16,
      dy: spread[index] ?? 0,
      fill: place.paint,
      fontWeight: 600,
    }),
  );
}

/** Thin lines from the dots to their names at the edge. */
function leaders(places: readonly Place[], heights: readonly number[], costMax: number, timeMax: number): Mark[] {
  const spread = spreadLabels(heights, NAME_GAP, 6, PLOT_HEIGHT - 6);
  return places.map((place, index) =>
    Plot.link([place], {
      x1: 'cost',
      y1: 'firstToken',
      x2: [costMax * LEADER_END],
      y2: [timeMax * (1 - (spread[index] ?? 0) / PLOT_HEIGHT)],
      stroke: place.paint,
      strokeWidth: 0.9,
      strokeOpacity: 0.7,
    }),
  );
}
