import { BETTER, type ObjectiveMetric } from '../../../src/config/objective.ts';
import type { Prediction, TuningResult } from '../../../simulator/tune/tuning-result.ts';
import { square, type Chart, type Panel } from '../../charts/chart.ts';
import type { Draw } from '../../charts/draw-panel.ts';
import { intervalPanel, type IntervalRow } from '../../charts/interval-rows.ts';
import { formatSigned, formatTick, plural, type Formatter } from '../../format.ts';
import { rolePaint } from '../../palette.ts';
import { objectiveMetric } from '../objective-metrics.ts';
import { predictionVerdict, VERDICT_WORDS, type PredictionVerdict } from '../prediction-verdict.ts';

const WIDTH = 400;
/** Column of the figures at the right. */
const FIGURE_WIDTH = 104;

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
  return intervalPanel(
    {
      title: label,
      unit:
        BETTER[metric] === 'lower'
          ? 'left of 0: the candidate is lower, which is better'
          : 'right of 0: the candidate is higher, which is better',
      rows: rows.map((row) => intervalOf(row, formatDifference)),
      reference: 0,
      axis: formatDifference(0).endsWith('points') ? 'difference, percentage points' : 'difference',
      tickText: (value) =>
        formatTick(value, (size) => formatSigned(size, formatDifference).replace('\u00a0points', '')),
      ticks: 5,
      width: WIDTH,
      figureWidth: FIGURE_WIDTH,
    },
    draw,
  );
}

function intervalOf({ part, prediction, difference: value, low, high }: Row, format: Formatter): IntervalRow {
  const verdict = predictionVerdict(prediction);
  const say = (each: number): string => formatSigned(each, format);
  return {
    name: part,
    value,
    low,
    high,
    figure: say(value),
    spoken: `${part} ${say(value)}, 95\u00a0% interval ${say(low)} to ${say(high)}`,
    paint: PAINTS[verdict],
    isHollow: verdict === 'unclear',
  };
}
