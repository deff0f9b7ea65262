import * as Plot from '@observablehq/plot';
import { BETTER, type ObjectiveMetric } from '../../../src/config/objective.ts';
import type { Prediction, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { square, type Chart, type Panel } from '../../charts/chart.ts';
import { axisX, HALO, headingHeight, type Draw, type Mark } from '../../charts/draw-panel.ts';
import { differenceTicks } from '../../charts/ticks.ts';
import { formatSigned, formatTick, plural } from '../../format.ts';
import { CARD, GRID, INK, MUTED, rolePaint } from '../../palette.ts';
import { objectiveMetric } from '../objective-metrics.ts';
import { predictionVerdict, VERDICT_WORDS, type PredictionVerdict } from '../prediction-verdict.ts';

const WIDTH = 400;
const MARGIN = 18;
/** Column of the figures at the right. */
const VALUE_WIDTH = 104;
const ROW_HEIGHT = 38;

const PAINTS: Readonly<Record<PredictionVerdict, string>> = {
  better: rolePaint('better'),
  worse: rolePaint('worse'),
  unclear: rolePaint('unclear'),
  untested: rolePaint('unclear'),
};

interface Row {
  readonly part: string;
  readonly prediction: Prediction;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** Is the candidate better, and does that last on what the search has not seen? */
export function predictedDifferences(result: TuningResult, draw: Draw): Chart {
  const rows = [...rowsOf('hold-out', result.predicted.holdout), ...rowsOf('train', result.predicted.train)];
  const metrics = [...new Set(rows.map(({ prediction }) => prediction.metric))];
  return {
    id: 'predicted-differences',
    title: titleOf(rows),
    sentence:
      'Candidate less incumbent on the same requests; the bar is the 95\u00a0% interval. Filled: it leaves zero out. Hollow: it holds zero. The hold-out decides; a train row far ahead of it shows what the search owed to luck.',
    legend: (['better', 'worse', 'unclear'] as const).map((verdict) =>
      square(verdict === 'unclear' ? VERDICT_WORDS.unclear : `candidate ${VERDICT_WORDS[verdict]}`, PAINTS[verdict]),
    ),
    panels: metrics.map((metric) =>
      panelOf(
        metric,
        rows.filter(({ prediction }) => prediction.metric === metric),
        draw,
      ),
    ),
    narrowPanels: [],
    columns: 3,
  };
}

function rowsOf(part: string, predictions: readonly Prediction[]): readonly Row[] {
  return predictions.flatMap((prediction) => {
    const { value, low95, high95 } = prediction.difference;
    return value === null || low95 === null || high95 === null
      ? []
      : [{ part, prediction, difference: value, low: low95, high: high95 }];
  });
}

function titleOf(rows: readonly Row[]): string {
  const later = rows.filter(({ part }) => part === 'hold-out');
  if (later.length === 0) return 'Nothing was compared on the hold-out';
  const count = (verdict: PredictionVerdict): number =>
    later.filter(({ prediction }) => predictionVerdict(prediction) === verdict).length;
  return `On the hold-out the candidate is clearly better in ${count('better')} of ${plural(later.length, 'metric')}, clearly worse in ${count('worse')}`;
}

function panelOf(metric: ObjectiveMetric, rows: readonly Row[], draw: Draw): Panel {
  const { label, formatDifference } = objectiveMetric(metric);
  const low = Math.min(0, ...rows.map((row) => row.low));
  const high = Math.max(0, ...rows.map((row) => row.high));
  const pad = (high - low || 1) * 0.06;
  const unit =
    BETTER[metric] === 'lower'
      ? 'left of 0: the candidate is lower, which is better'
      : 'right of 0: the candidate is higher, which is better';
  const marginTop = headingHeight({ title: label, unit });
  const plotHeight = rows.length * ROW_HEIGHT + 4;
  const isPoints = formatDifference(0).endsWith('points');
  return draw({
    width: WIDTH,
    height: marginTop + plotHeight + 42,
    marginLeft: MARGIN,
    marginRight: VALUE_WIDTH,
    marginTop,
    marginBottom: 42,
    title: label,
    titlePaint: null,
    unit,
    label: `${label}: ${rows.map((row) => `${row.part} ${formatSigned(row.difference, formatDifference)}, 95\u00a0% interval ${formatSigned(row.low, formatDifference)} to ${formatSigned(row.high, formatDifference)}`).join('; ')}`,
    x: { type: 'linear', domain: [low - pad, high + pad] },
    y: { type: 'linear', domain: [plotHeight, 0] },
    marks: [
      Plot.ruleX(differenceTicks(low, high, 5), { stroke: GRID }),
      ...axisX(
        differenceTicks(low, high, 5),
        (value) => formatTick(value, (size) => formatSigned(size, formatDifference).replace('\u00a0points', '')),
        isPoints ? 'difference, percentage points' : 'difference',
      ),
      Plot.ruleX([0], { stroke: INK, strokeWidth: 1.5 }),
      ...rows.flatMap((row, index) => rowMarks(row, index, formatDifference)),
    ],
  });
}

function rowMarks(row: Row, index: number, format: (value: number | null) => string): Mark[] {
  const verdict = predictionVerdict(row.prediction);
  const paint = PAINTS[verdict];
  const top = index * ROW_HEIGHT;
  const line = top + 27;
  return [
    Plot.ruleY([line], { x1: [row.low], x2: [row.high], stroke: paint, strokeWidth: 3 }),
    Plot.dot([row.difference], {
      x: (value: number) => value,
      y: [line],
      r: 5.5,
      fill: verdict === 'unclear' ? CARD : paint,
      stroke: paint,
      strokeWidth: 2,
    }),
    Plot.text([row.part], {
      y: [top + 10],
      frameAnchor: 'left',
      textAnchor: 'start',
      dx: 2 - MARGIN,
      fill: MUTED,
      ...HALO,
    }),
    Plot.text([formatSigned(row.difference, format)], {
      y: [line],
      frameAnchor: 'right',
      textAnchor: 'end',
      dx: VALUE_WIDTH - 4,
      fill: paint,
      fontWeight: 600,
    }),
  ];
}
