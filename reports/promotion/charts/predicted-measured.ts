import * as Plot from '@observablehq/plot';
import type { Agreement, MeasuredMetric, MeasuredPromotion } from '../../../src/policies/measured-promotion.ts';
import { square, type Chart, type LegendItem, type Panel } from '../../charts/chart.ts';
import { axisX, headingHeight, type Draw, type Mark } from '../../charts/draw-panel.ts';
import { formatPercent, formatSigned, formatTick, plural } from '../../format.ts';
import { CARD, GRID, MUTED, rolePaint } from '../../palette.ts';
import { objectiveMetric } from '../../tuning/objective-metrics.ts';
import { rangeAxis } from '../../tuning/charts/range-axis.ts';
import { isApart, isWorse, offBy } from '../promotion-judgement.ts';

const WIDTH = 400;
const MARGIN_LEFT = 16;
const MARGIN_RIGHT = 16;
/** Without a name for the axis, which the title gives. */
const MARGIN_BOTTOM = 24;
const PLOT_HEIGHT = 62;
const PREDICTED_LINE = 16;
const MEASURED_LINE = 46;

const PREDICTED_PAINT = rolePaint('load');

const LEGEND: readonly LegendItem[] = [
  square('predicted', PREDICTED_PAINT),
  square('measured: inside, or meeting it', rolePaint('better')),
  square('measured: apart, on the good side', rolePaint('unclear')),
  square('measured: apart, on the bad side', rolePaint('worse')),
];

/** Did it come as predicted? */
export function predictedMeasured({ metrics }: MeasuredPromotion, draw: Draw): Chart {
  const drawn = metrics.filter(({ agreement }) => agreement !== 'unknown');
  return {
    id: 'predicted-measured',
    title: titleOf(drawn),
    sentence:
      'Above the predicted value with its 95\u00a0% interval, below the measured one. The shade is where the measured value is to be expected: the luck of the prediction and of so much traffic together. Axes do not start at zero.',
    legend: drawn.length === 0 ? [] : LEGEND,
    panels: drawn.map((metric) => panelOf(metric, draw)),
    narrowPanels: [],
    columns: 3,
  };
}

function titleOf(metrics: readonly MeasuredMetric[]): string {
  if (metrics.length === 0) return 'No figure was both predicted and measured';
  const count = (...wanted: readonly Agreement[]): number =>
    metrics.filter(({ agreement }) => wanted.includes(agreement)).length;
  return `${count('inside')} of ${plural(metrics.length, 'figure')} came where expected, ${count('overlapping')} near it, ${count('above', 'below')} clearly apart`;
}

function panelOf(metric: MeasuredMetric, draw: Draw): Panel {
  const { predicted, expected, measured } = metric;
  const { label, format } = objectiveMetric(metric.metric);
  const ends = [
    predicted.value,
    predicted.low95,
    predicted.high95,
    expected.low95,
    expected.high95,
    measured.value,
    measured.low95,
    measured.high95,
  ];
  const axis = rangeAxis(ends.filter((end) => end !== null));
  const off = offBy(metric);
  const unit = `${format(measured.value)} measured, ${format(predicted.value)} predicted${off === null ? '' : ` (${formatSigned(off, (ratio) => formatPercent(ratio, 1))})`}`;
  const marginTop = headingHeight({ title: label, unit });
  return draw({
    width: WIDTH,
    height: marginTop + PLOT_HEIGHT + MARGIN_BOTTOM,
    marginLeft: MARGIN_LEFT,
    marginRight: MARGIN_RIGHT,
    marginTop,
    marginBottom: MARGIN_BOTTOM,
    title: label,
    titlePaint: null,
    unit,
    label: `${label}: predicted ${format(predicted.value)} (${format(predicted.low95)} to ${format(predicted.high95)}), measured ${format(measured.value)} (${format(measured.low95)} to ${format(measured.high95)}): ${metric.agreement}`,
    x: { type: axis.type, domain: [...axis.domain] },
    y: { type: 'linear', domain: [PLOT_HEIGHT, 0] },
    marks: [
      Plot.rect([0], {
        x1: expected.low95 ?? 0,
        x2: expected.high95 ?? 0,
        y1: 0,
        y2: PLOT_HEIGHT,
        fill: GRID,
        fillOpacity: 0.8,
      }),
      ...axisX(axis.ticks, (value) => formatTick(value, format), '').slice(0, 1),
      ...barMarks(predicted, PREDICTED_LINE, PREDICTED_PAINT),
      ...barMarks(measured, MEASURED_LINE, paintOf(metric)),
      ...[
        { text: 'predicted', y: PREDICTED_LINE },
        { text: 'measured', y: MEASURED_LINE },
      ].map(({ text, y }) =>
        Plot.text([text], { y: [y - 11], frameAnchor: 'left', textAnchor: 'start', dx: 2, fill: MUTED, fontSize: 10 }),
      ),
    ],
  });
}

function paintOf(metric: MeasuredMetric): string {
  if (isWorse(metric)) return rolePaint('worse');
  return isApart(metric) ? rolePaint('unclear') : rolePaint('better');
}

function barMarks(estimated: MeasuredMetric['measured'], line: number, paint: string): Mark[] {
  const { value, low95, high95 } = estimated;
  const y = [line];
  return [
    ...(low95 === null || high95 === null
      ? []
      : [
          Plot.link([0], {
            x1: [low95],
            x2: [high95],
            y1: y,
            y2: y,
            stroke: paint,
            strokeWidth: 3,
            strokeLinecap: 'round',
          }),
        ]),
    ...(value === null ? [] : [Plot.dot([0], { x: [value], y, r: 5.5, fill: paint, stroke: CARD, strokeWidth: 1.5 })]),
  ];
}
