/** The estimators of each metric side by side, each with its interval. */
import type { MetricEstimate, PolicyEstimate } from '../../simulator/estimate/policy-estimate.ts';
import { square, type Chart, type Panel } from '../charts/chart.ts';
import type { Draw } from '../charts/draw-panel.ts';
import { intervalPanel, type IntervalRow } from '../charts/interval-rows.ts';
import { formatTick, listWords } from '../format.ts';
import { INK, rolePaint } from '../palette.ts';
import { effectOf, intervalsOf, rangeText, wordsOf, type Effect, type NamedInterval } from './estimated-metrics.ts';

const WIDTH = 500;
/** Column of the figures at the right. */
const FIGURE_WIDTH = 96;

const PAINTS: Readonly<Record<Effect, string>> = {
  better: rolePaint('better'),
  worse: rolePaint('worse'),
  unclear: rolePaint('unclear'),
};

/** Do the estimators agree, and do they leave the log's own policy behind? Nothing is drawn where there are none. */
export function estimatorIntervals(estimate: PolicyEstimate, draw: Draw): Chart {
  return {
    id: 'estimator-intervals',
    title: titleOf(estimate),
    sentence:
      'Bars are 95\u00a0% intervals; the line down each panel is what the log’s own policy got. The four estimators weigh the same choices in different ways: where they agree, the figure does not hang on the way. Whether the difference is clear, the paired interval in the table says.',
    legend: [
      square('the log’s policy', INK),
      square('the other policy: clearly better', PAINTS.better),
      square('clearly worse', PAINTS.worse),
      square('no clear difference', PAINTS.unclear),
    ],
    panels: estimate.identifiable ? estimate.metrics.map((metric) => panelOf(metric, draw)) : [],
    narrowPanels: [],
    columns: 2,
  };
}

function titleOf({ identifiable, metrics, policy }: PolicyEstimate): string {
  if (!identifiable) return 'Too little was left to chance for an estimate';
  const clear = metrics.filter((metric) => effectOf(metric) !== 'unclear');
  if (clear.length === 0) return `No clear difference between ${policy} and the log’s policy`;
  const said = clear.map((metric) => `${effectOf(metric)} in ${wordsOf(metric).noun}`);
  return `${policy} would be clearly ${listWords(said)}`;
}

function panelOf(metric: MetricEstimate, draw: Draw): Panel {
  const { label, format, better } = wordsOf(metric);
  return intervalPanel(
    {
      title: label,
      unit: `${better} is better`,
      rows: intervalsOf(metric).flatMap((named) => rowOf(named, metric)),
      reference: metric.logging.value,
      axis: label.toLowerCase(),
      tickText: (value) => formatTick(value, format),
      ticks: 4,
      width: WIDTH,
      figureWidth: FIGURE_WIDTH,
    },
    draw,
  );
}

function rowOf({ name, interval }: NamedInterval, metric: MetricEstimate): readonly IntervalRow[] {
  const { format } = wordsOf(metric);
  const { value, low95: low, high95: high } = interval;
  if (value === null) return [];
  const effect = effectOf(metric);
  const isLogged = interval === metric.logging;
  return [
    {
      name,
      value,
      low,
      high,
      figure: format(value),
      spoken: `${name} ${format(value)}, 95\u00a0% interval ${rangeText(interval, format)}`,
      paint: isLogged ? INK : PAINTS[effect],
      isHollow: !isLogged && effect === 'unclear',
    },
  ];
}
