import * as Plot from '@observablehq/plot';
import type { Goodness, ReliabilityBin } from '../../../simulator/calibrate/goodness/goodness.ts';
import type { Chart, Panel } from '../../charts/chart.ts';
import { axisX, axisY, headingHeight, type Draw, type Mark } from '../../charts/draw-panel.ts';
import { linearTicks } from '../../charts/ticks.ts';
import { formatCount, formatPercent, formatPoints, formatTick, plural } from '../../format.ts';
import { CARD, MUTED } from '../../palette.ts';
import { OBSERVED_PAINT } from './sides.ts';

const WIDTH = 520;

/** Do attempts fail as often as the simulation says, where it says so? */
export function reliabilityDiagram(goodness: Goodness, draw: Draw): Chart {
  const bins = goodness.reliability;
  return {
    id: 'reliability',
    title: titleOf(bins),
    sentence:
      'Attempts to which the simulation gives like chances of failing (by target, size and load), against how many failed in the log; bars are 95 % intervals. On the line it is right, above it too hopeful.',
    legend: [],
    panels: bins.length === 0 ? [] : [panelOf(bins, draw)],
    narrowPanels: [],
    columns: 1,
  };
}

function panelOf(bins: readonly ReliabilityBin[], draw: Draw): Panel {
  const most = Math.max(
    0.01,
    ...bins.map(({ simulated, observed, high95 }) => Math.max(simulated, observed, high95 ?? 0)),
  );
  const ticks = linearTicks(Math.min(1, most * 1.05), 5);
  const top = ticks[ticks.length - 1] ?? 1;
  const unit = 'failed in the log';
  const margins = {
    marginLeft: 52,
    marginRight: 20,
    marginTop: headingHeight({ title: null, unit }),
    marginBottom: 42,
  };
  const format = (value: number): string => formatTick(value, (share) => formatPercent(share, top < 0.1 ? 1 : 0));
  return draw({
    width: WIDTH,
    height: margins.marginTop + 320 + margins.marginBottom,
    ...margins,
    title: null,
    titlePaint: null,
    unit,
    label: `Failures by the simulation against the log: ${bins.map((bin) => `${formatPercent(bin.simulated)} said, ${formatPercent(bin.observed)} seen of ${formatCount(bin.rows)}`).join('; ')}`,
    x: { type: 'linear', domain: [0, top] },
    y: { type: 'linear', domain: [0, top] },
    marks: [
      ...axisY(ticks, (value) => format(value ?? 0)),
      ...axisX(ticks, format, 'fail in the simulation'),
      Plot.line([0, top], {
        x: (value: number) => value,
        y: (value: number) => value,
        stroke: MUTED,
        strokeWidth: 1.25,
      }),
      ...bins.flatMap((bin) => marksOf(bin, bins)),
    ],
  });
}

function marksOf(bin: ReliabilityBin, bins: readonly ReliabilityBin[]): Mark[] {
  const { simulated, observed, low95, high95, rows } = bin;
  const largest = Math.max(...bins.map((each) => each.rows));
  const x = [simulated];
  return [
    ...(low95 === null || high95 === null
      ? []
      : [Plot.link([0], { x1: x, x2: x, y1: [low95], y2: [high95], stroke: OBSERVED_PAINT, strokeWidth: 1.75 })]),
    Plot.dot([0], { x, y: [observed], r: 3.5 + 4 * Math.sqrt(rows / largest), fill: OBSERVED_PAINT, stroke: CARD }),
  ];
}

function titleOf(bins: readonly ReliabilityBin[]): string {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  if (rows === 0) return 'No attempt ended, so nothing can be said of failures';
  if (bins.every(({ simulated, observed }) => simulated === 0 && observed === 0)) {
    return 'Nothing failed, in the log or in the simulation';
  }
  const gap = bins.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.simulated - bin.observed), 0) / rows;
  const tested = bins.filter(({ low95 }) => low95 !== null);
  const right = tested.filter(
    ({ simulated, low95, high95 }) => low95 !== null && high95 !== null && simulated >= low95 && simulated <= high95,
  );
  const where =
    tested.length === 0 ? '' : `; right within the interval in ${right.length} of ${plural(tested.length, 'group')}`;
  return `Chances of failing are off by ${formatPoints(gap)} on average${where}`;
}
