import * as Plot from '@observablehq/plot';
import type { Goodness } from '../../../simulator/calibrate/goodness/goodness.ts';
import { multiples, square, type Chart, type Panel } from '../../charts/chart.ts';
import { axisX, axisY, headingHeight, LETTER_WIDTH, type Draw } from '../../charts/draw-panel.ts';
import { linearTicks } from '../../charts/ticks.ts';
import { formatPercent, shorten } from '../../format.ts';
import { GRID, INK } from '../../palette.ts';
import { drawnTargets, leftOutWords, type DrawnTarget } from './drawn-targets.ts';
import { OBSERVED_PAINT } from './sides.ts';

/** Largest gap of the cumulated ranks from a straight line that is called even. */
const EVEN = 0.05;

/** Do observed values rank evenly among the simulated ones of the same attempt? */
export function rankHistograms(goodness: Goodness, draw: Draw): Chart {
  const targets = drawnTargets(goodness, 'firstTokenMs');
  const { width, columns } = multiples(targets.length);
  const top = Math.max(0.1, ...targets.flatMap((target) => sharesOf(target)));
  return {
    id: 'rank-histograms',
    title: titleOf(targets),
    sentence: `Where the observed first token stands among the simulated ones of the same attempt, in 20 steps. Even bars: right. Bars on the left: simulated waits too long; on the right: too short; at both ends: too little spread; in the middle: too much.${leftOutWords(goodness, targets)}`,
    legend: [square('where 95 % of the bars would be, were the simulation right', GRID)],
    panels: targets.map((target) => panelOf(target, draw, width, top)),
    narrowPanels: [],
    columns,
  };
}

function totalOf({ fit }: DrawnTarget): number {
  return fit.rankCounts.reduce((sum, count) => sum + count, 0);
}

function sharesOf(target: DrawnTarget): readonly number[] {
  const total = totalOf(target);
  return target.fit.rankCounts.map((count) => (total === 0 ? 0 : count / total));
}

function panelOf(target: DrawnTarget, draw: Draw, width: number, top: number): Panel {
  const shares = sharesOf(target);
  const bins = shares.length;
  const even = 1 / bins;
  const luck = 1.96 * Math.sqrt((even * (1 - even)) / Math.max(1, totalOf(target)));
  const ticks = linearTicks(top, 3);
  const title = shorten(target.name, Math.floor(width / LETTER_WIDTH) - 8);
  const unit = `share of attempts · ${shapeWords(target)}`;
  const margins = { marginLeft: 46, marginRight: 16, marginTop: headingHeight({ title, unit }), marginBottom: 42 };
  return draw({
    width,
    height: margins.marginTop + 120 + margins.marginBottom,
    ...margins,
    title,
    titlePaint: null,
    unit,
    label: `${target.name}: ranks of observed first tokens among simulated ones; ${shapeWords(target)}`,
    x: { type: 'linear', domain: [0, 1] },
    y: { type: 'linear', domain: [0, ticks[ticks.length - 1] ?? 1] },
    marks: [
      ...axisY(ticks, (share) => formatPercent(share, 0)),
      ...axisX([0, 0.5, 1], (value) => RANK_NAMES.get(value) ?? '', 'rank of the observed first token'),
      Plot.rect(
        shares.map((share, bin) => ({ x1: bin / bins, x2: (bin + 1) / bins, share })),
        {
          x1: 'x1',
          x2: 'x2',
          y1: 0,
          y2: 'share',
          fill: OBSERVED_PAINT,
          fillOpacity: 0.8,
          insetLeft: 0.5,
          insetRight: 0.5,
        },
      ),
      // Over the bars: under them only its rim would be seen.
      Plot.rect([0], { x1: 0, x2: 1, y1: Math.max(0, even - luck), y2: even + luck, fill: GRID, fillOpacity: 0.5 }),
      Plot.ruleY([even], { stroke: INK, strokeWidth: 1, strokeDasharray: '3 3' }),
    ],
  });
}

const RANK_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'fastest'],
  [0.5, 'middle'],
  [1, 'slowest'],
]);

/** Largest gap between the cumulated shares and a straight line, 0 to 1. */
function unevenness(target: DrawnTarget): number {
  let upTo = 0;
  return sharesOf(target).reduce((most, share, bin, { length }) => {
    upTo += share;
    return Math.max(most, Math.abs(upTo - (bin + 1) / length));
  }, 0);
}

/** `even`, or what the shape says of the simulation. A uniform spread has variance 1/12. */
function shapeWords(target: DrawnTarget): string {
  if (unevenness(target) <= EVEN) return 'even';
  const shares = sharesOf(target);
  const middle = (bin: number): number => (bin + 0.5) / shares.length;
  const mean = shares.reduce((sum, share, bin) => sum + share * middle(bin), 0);
  if (Math.abs(mean - 0.5) > 0.03) return mean < 0.5 ? 'simulated too long' : 'simulated too short';
  const variance = shares.reduce((sum, share, bin) => sum + share * (middle(bin) - mean) ** 2, 0);
  return variance > 1 / 12 ? 'too little spread' : 'too much spread';
}

function titleOf(targets: readonly DrawnTarget[]): string {
  if (targets.length === 0) return 'Too few first tokens were seen to rank them';
  const even = targets.filter((target) => unevenness(target) <= EVEN).length;
  const [worst] = [...targets].sort((a, b) => unevenness(b) - unevenness(a));
  if (worst === undefined || even === targets.length) return 'Observed first tokens rank evenly among simulated ones';
  return `Observed first tokens rank evenly at ${even} of ${targets.length} targets; most uneven: ${worst.name} (${shapeWords(worst)})`;
}
