import * as Plot from '@observablehq/plot';
import type { Comparison } from '../../simulator/result.ts';
import { formatMs, formatTick, formatUsd } from '../format.ts';
import { COST, FIRST_TOKEN_P95 } from '../metrics.ts';
import { CARD, policyPaint } from '../palette.ts';
import { rankingOf } from '../summary/ranking.ts';
import type { Chart, Panel } from './chart.ts';
import { axisX, axisY, HALO, headingHeight, LETTER_WIDTH, type Draw } from './draw-panel.ts';
import { spreadLabels } from './spread-labels.ts';
import { linearTicks } from './ticks.ts';

const WIDTH = 520;
const PLOT_HEIGHT = 330;
const MARGIN_LEFT = 58;
const MARGIN_RIGHT = 24;

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
  const plotWidth = WIDTH - MARGIN_LEFT - MARGIN_RIGHT;
  const wanted = places.map((place) => PLOT_HEIGHT * (1 - place.firstToken / timeMax));
  const heights = spreadLabels(wanted, 14, 6, PLOT_HEIGHT - 6);
  const unit = 'time to the first token, p95';
  const marginTop = headingHeight({ title: null, unit });
  return draw({
    width: WIDTH,
    height: marginTop + PLOT_HEIGHT + 42,
    marginLeft: MARGIN_LEFT,
    marginRight: MARGIN_RIGHT,
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
      ...places.map((place) =>
        Plot.dot([place], { x: 'cost', y: 'firstToken', r: 6.5, fill: place.paint, stroke: CARD, strokeWidth: 1.5 }),
      ),
      ...places.map((place, index) => {
        const room = plotWidth * (1 - place.cost / costMax) + MARGIN_RIGHT - 12;
        const onRight = place.name.length * LETTER_WIDTH < room;
        return Plot.text([place], {
          x: 'cost',
          y: 'firstToken',
          text: 'name',
          textAnchor: onRight ? 'start' : 'end',
          dx: onRight ? 11 : -11,
          dy: (heights[index] ?? 0) - (wanted[index] ?? 0),
          fill: place.paint,
          fontWeight: 600,
          ...HALO,
        });
      }),
    ],
  });
}
