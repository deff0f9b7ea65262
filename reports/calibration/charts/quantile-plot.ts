import * as Plot from '@observablehq/plot';
import type { Goodness, QuantilePair } from '../../../simulator/calibrate/goodness/goodness.ts';
import { multiples, square, type Chart, type Panel } from '../../charts/chart.ts';
import { axisX, axisY, headingHeight, LETTER_WIDTH, type Draw } from '../../charts/draw-panel.ts';
import { logTicks } from '../../charts/ticks.ts';
import { formatMs, formatPercent, formatTick, shorten } from '../../format.ts';
import { CARD, GRID, MUTED } from '../../palette.ts';
import { drawnTargets, leftOutWords, type DrawnTarget } from './drawn-targets.ts';
import { OBSERVED_PAINT } from './sides.ts';
import { formatError } from '../error-text.ts';

/** Shaded around the diagonal. */
const NEAR = 0.1;

/** Do simulated first tokens take as long as observed ones, quantile by quantile? */
export function quantilePlot(goodness: Goodness, draw: Draw): Chart {
  const targets = drawnTargets(goodness, 'firstTokenMs');
  const { width, columns } = multiples(targets.length);
  return {
    id: 'quantile-pairs',
    title: titleOf(targets),
    sentence: `Each dot is one quantile of the first token, from the fastest percent to the slowest: on the line, log and simulation agree; above it, simulated waits are too long.${leftOutWords(goodness, targets)}`,
    legend: [square('within 10 %', GRID)],
    panels: targets.map((target) => panelOf(target, draw, Math.min(width, 500))),
    narrowPanels: [],
    columns,
  };
}

/** Points with a place on logarithmic axes. */
function pointsOf({ fit }: DrawnTarget): readonly QuantilePair[] {
  return fit.quantilePairs.filter(({ observed, simulated }) => observed > 0 && simulated > 0);
}

function panelOf(target: DrawnTarget, draw: Draw, width: number): Panel {
  const points = pointsOf(target);
  const values = points.flatMap(({ observed, simulated }) => [observed, simulated]);
  const low = Math.min(1e9, ...values) / 1.12;
  const high = Math.max(low * 1.3, ...values) * 1.12;
  const ticks = logTicks(low, high, 6);
  const title = shorten(target.name, Math.floor(width / LETTER_WIDTH) - 8);
  const unit = 'simulated';
  const margins = { marginLeft: 52, marginRight: 14, marginTop: headingHeight({ title, unit }), marginBottom: 42 };
  const plotSize = width - margins.marginLeft - margins.marginRight;
  const ends = [low, high];
  return draw({
    width,
    height: margins.marginTop + Math.min(plotSize, 340) + margins.marginBottom,
    ...margins,
    title,
    titlePaint: null,
    unit,
    label: `${target.name}: quantiles of the first token, observed against simulated; ${furthestWords(target) ?? 'nothing to compare'}`,
    x: { type: 'log', domain: ends },
    y: { type: 'log', domain: ends },
    marks: [
      // Held within the frame by its corners: what Plot clips, it numbers, and the same page would have other bytes.
      Plot.areaY([low, low / (1 - NEAR), high / (1 + NEAR), high], {
        x: (value: number) => value,
        y1: (value: number) => Math.max(low, value * (1 - NEAR)),
        y2: (value: number) => Math.min(high, value * (1 + NEAR)),
        fill: GRID,
        fillOpacity: 0.75,
      }),
      ...axisY(ticks, formatMs),
      ...axisX(ticks, (value) => formatTick(value, formatMs), 'observed (both logarithmic)'),
      Plot.line(ends, { x: (value: number) => value, y: (value: number) => value, stroke: MUTED, strokeWidth: 1.25 }),
      Plot.dot(points, { x: 'observed', y: 'simulated', r: 3, fill: OBSERVED_PAINT, stroke: CARD, strokeWidth: 0.6 }),
    ],
  });
}

interface Furthest {
  readonly name: string;
  readonly probability: number;
  readonly error: number;
}

function furthestOf(target: DrawnTarget): Furthest | null {
  return pointsOf(target).reduce<Furthest | null>((worst, { probability, observed, simulated }) => {
    const error = simulated / observed - 1;
    return worst === null || Math.abs(error) > Math.abs(worst.error)
      ? { name: target.name, probability, error }
      : worst;
  }, null);
}

function furthestWords(target: DrawnTarget): string | null {
  const furthest = furthestOf(target);
  return furthest === null
    ? null
    : `furthest ${formatError(furthest.error)} at p${Math.round(furthest.probability * 100)}`;
}

function titleOf(targets: readonly DrawnTarget[]): string {
  if (targets.length === 0) return 'Too few first tokens were seen to compare their quantiles';
  const points = targets.flatMap(pointsOf);
  const near = points.filter(({ observed, simulated }) => Math.abs(simulated / observed - 1) <= NEAR).length;
  const [worst] = targets
    .flatMap((target) => furthestOf(target) ?? [])
    .sort((a, b) => Math.abs(b.error) - Math.abs(a.error));
  const share = `${formatPercent(points.length === 0 ? null : near / points.length, 0)} of the quantiles of the first token are within 10\u00a0%`;
  if (worst === undefined || Math.abs(worst.error) <= NEAR) return share;
  return `${share}; furthest off: ${worst.name}, ${formatError(worst.error)} at p${Math.round(worst.probability * 100)}`;
}
