import * as Plot from '@observablehq/plot';
import type { MeasuredPromotion, TrafficFigures } from '../../../src/policies/measured-promotion.ts';
import { REQUEST_CLASSES } from '../../../src/router/policy.ts';
import { square, type Chart, type Panel } from '../../charts/chart.ts';
import { axisX, headingHeight, type Draw } from '../../charts/draw-panel.ts';
import { formatPercent, formatTick } from '../../format.ts';
import { CARD, MUTED, policyPaint } from '../../palette.ts';
import { trafficChanges } from '../promotion-judgement.ts';

const WIDTH = 660;
const MARGIN_LEFT = 130;
const ROW_HEIGHT = 30;

/** Is it the same kind of traffic? */
export function classMix(measured: MeasuredPromotion, draw: Draw): Chart {
  const { now, trace, before } = measured.traffic;
  const rows: readonly (readonly [string, TrafficFigures])[] = [
    ['now', now],
    ['trace of the tuning', trace],
    ...(before === null ? [] : [['log before', before] as const]),
  ];
  const known = rows.flatMap(([name, { classes }]) => (classes === null ? [] : [{ name, classes }]));
  const moved = trafficChanges(measured).find(({ what }) => what === 'classes');
  return {
    id: 'class-mix',
    title: titleOf(known.length, moved?.change ?? null),
    sentence: 'Share of the requests in each class, whoever served them.',
    legend: known.length === 0 ? [] : REQUEST_CLASSES.map((name, index) => square(name, policyPaint(index))),
    panels: known.length === 0 ? [] : [panelOf(known, draw)],
    narrowPanels: [],
    columns: 1,
  };
}

function titleOf(known: number, moved: number | null): string {
  if (known < 2) return 'The classes of the traffic have nothing to be held against';
  return moved === null
    ? 'The mix of classes is much as it was'
    : `The mix of classes has changed: ${formatPercent(moved, 0)} of the requests are in another one`;
}

type Mix = { readonly name: string; readonly classes: NonNullable<TrafficFigures['classes']> };

function panelOf(rows: readonly Mix[], draw: Draw): Panel {
  const bars = rows.flatMap(({ classes }, row) => {
    let from = 0;
    return REQUEST_CLASSES.map((name, index) => {
      const x1 = from;
      from += classes[name];
      return { x1, x2: from, y1: row * ROW_HEIGHT + 4, y2: (row + 1) * ROW_HEIGHT - 4, paint: policyPaint(index) };
    });
  });
  const height = rows.length * ROW_HEIGHT;
  const marginTop = headingHeight({ title: null, unit: null });
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return draw({
    width: WIDTH,
    height: marginTop + height + 42,
    marginLeft: MARGIN_LEFT,
    marginRight: 24,
    marginTop,
    marginBottom: 42,
    title: null,
    titlePaint: null,
    unit: null,
    label: `Classes: ${rows.map(({ name, classes }) => `${name} ${REQUEST_CLASSES.map((each) => `${each} ${formatPercent(classes[each], 1)}`).join(', ')}`).join('; ')}`,
    x: { type: 'linear', domain: [0, 1] },
    y: { type: 'linear', domain: [height, 0] },
    marks: [
      ...axisX(ticks, (share) => formatTick(share, (value) => formatPercent(value, 0)), 'share of the requests'),
      Plot.rect(bars, { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: 'paint', stroke: CARD, strokeWidth: 0.6 }),
      ...rows.map(({ name }, row) =>
        Plot.text([name], {
          frameAnchor: 'left',
          textAnchor: 'end',
          dx: -8,
          y: [(row + 0.5) * ROW_HEIGHT],
          fill: MUTED,
        }),
      ),
    ],
  });
}
