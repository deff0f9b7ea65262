import * as Plot from '@observablehq/plot';
import type { Goodness } from '../../../simulator/calibrate/goodness/goodness.ts';
import { multiples, type Chart, type Panel } from '../../charts/chart.ts';
import { axisX, axisY, headingHeight, LETTER_WIDTH, type Draw } from '../../charts/draw-panel.ts';
import { logTicks } from '../../charts/ticks.ts';
import { formatMs, formatPercent, formatTick, shorten } from '../../format.ts';
import { isWithinNoise } from '../judgement.ts';
import { formatDistance } from '../tables/distance.ts';
import { drawnTargets, leftOutWords, type DrawnTarget } from './drawn-targets.ts';
import { OBSERVED_PAINT, SIDES_LEGEND, SIMULATED_DASH, SIMULATED_PAINT } from './sides.ts';

/** Do observed and simulated first tokens have one distribution? */
export function firstTokenCurves(goodness: Goodness, draw: Draw): Chart {
  const targets = drawnTargets(goodness, 'firstTokenMs');
  const { width, columns } = multiples(targets.length);
  return {
    id: 'first-token-curves',
    title: titleOf(targets),
    sentence: `Share of first tokens that came within the time below. The distance is the largest gap between the curves; “itself” is the same between two halves of the log.${leftOutWords(goodness, targets)}`,
    legend: SIDES_LEGEND,
    panels: targets.map((target) => panelOf(target, draw, width)),
    narrowPanels: [],
    columns,
  };
}

function panelOf(target: DrawnTarget, draw: Draw, width: number): Panel {
  const pairs = target.fit.quantilePairs;
  const values = pairs.flatMap(({ observed, simulated }) => [observed, simulated]).filter((value) => value > 0);
  const low = Math.min(1e9, ...values) / 1.05;
  const high = Math.max(low * 1.2, ...values) * 1.05;
  const inside = (value: number): number => Math.max(low, value);
  const title = shorten(target.name, Math.floor(width / LETTER_WIDTH) - 8);
  const unit = `distance ${formatDistance(target.fit.ks)}, from itself ${formatDistance(target.fit.splitHalfKs)}`;
  const margins = { marginLeft: 46, marginRight: 16, marginTop: headingHeight({ title, unit }), marginBottom: 42 };
  const curve = { y: 'probability', strokeWidth: 2, curve: 'linear' } as const;
  return draw({
    width,
    height: margins.marginTop + 190 + margins.marginBottom,
    ...margins,
    title,
    titlePaint: null,
    unit,
    label: `${target.name}: distribution of the first token, observed and simulated; ${unit}`,
    x: { type: 'log', domain: [low, high] },
    y: { type: 'linear', domain: [0, 1] },
    marks: [
      ...axisY([0, 0.25, 0.5, 0.75, 1], (share) => formatPercent(share, 0)),
      ...axisX(logTicks(low, high, 5), (value) => formatTick(value, formatMs), 'first token (logarithmic)'),
      Plot.line(pairs, { ...curve, x: (pair: { observed: number }) => inside(pair.observed), stroke: OBSERVED_PAINT }),
      Plot.line(pairs, {
        ...curve,
        x: (pair: { simulated: number }) => inside(pair.simulated),
        stroke: SIMULATED_PAINT,
        strokeDasharray: SIMULATED_DASH,
      }),
    ],
  });
}

function titleOf(targets: readonly DrawnTarget[]): string {
  if (targets.length === 0) return 'Too few first tokens were seen to draw their distribution';
  const near = targets.filter(({ fit }) => isWithinNoise(fit) === true);
  const [worst] = [...targets].sort((a, b) => (b.fit.ks ?? 0) - (a.fit.ks ?? 0));
  const furthest = worst === undefined ? '' : `; furthest: ${worst.name}, distance ${formatDistance(worst.fit.ks)}`;
  if (near.length === targets.length)
    return `Simulated first tokens are as near to the log as the log to itself${furthest}`;
  return `At ${near.length} of ${targets.length} targets, simulated first tokens are as near to the log as the log to itself${furthest}`;
}
