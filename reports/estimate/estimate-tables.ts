/** What an estimate rests on, and its figures, as tables. */
import type { MetricEstimate, PolicyEstimate } from '../../simulator/estimate/policy-estimate.ts';
import { formatCount, formatPercent, formatPlain, shortHash, type Formatter } from '../format.ts';
import { leftColumn, rightColumn, type Table } from '../tables/table.ts';
import { effectOf, rangeText, wordsOf, type Effect, type Interval } from './estimated-metrics.ts';
import { differenceText } from './estimate-verdict.ts';

type Gate = PolicyEstimate['gates'][number];

const GATES: Readonly<
  Record<Gate['name'], { readonly asks: string; readonly format: Formatter; readonly limit: (text: string) => string }>
> = {
  randomisedShare: {
    asks: 'Was anything left to chance? Choices in which chance had a say',
    format: (share) => formatPercent(share, 2),
    limit: () => 'more than none',
  },
  effectiveSampleSize: {
    asks: 'Is it enough? Equally weighted choices that would say as much',
    format: (value) => formatCount(value === null ? null : Math.floor(value)),
    limit: (text) => `at least ${text}`,
  },
  meanWeight: {
    asks: 'Do the probabilities fit? Mean weight, which should be 1',
    format: (value) => (value === null ? '–' : value.toFixed(3)),
    limit: (text) => text,
  },
  largestWeightShare: {
    asks: 'Does no single choice decide? Largest share of all weight',
    format: (share) => formatPercent(share, 2),
    limit: (text) => `at most ${text}`,
  },
};

/** One row a condition under which there are figures at all. */
export function gateTable({ gates }: PolicyEstimate): Table {
  return {
    id: 'gates',
    caption: 'What a log must have before there is a figure',
    columns: [leftColumn('Condition'), rightColumn('Here'), rightColumn('Needed'), leftColumn('Met?')],
    rows: gates.map(({ name, value, limit, pass }) => {
      const { asks, format, limit: words } = GATES[name];
      const needed = typeof limit === 'number' ? format(limit) : limit.map((end) => formatPlain(end)).join(' to ');
      return [asks, format(value), words(needed), pass ? 'yes' : 'no'];
    }),
    paints: [],
  };
}

const EFFECTS: Readonly<Record<Effect, string>> = { better: 'better', worse: 'worse', unclear: 'no clear difference' };

/** One row a metric: every estimator with its interval, and the difference. */
export function valueTable({ metrics, identifiable }: PolicyEstimate): Table {
  return {
    id: 'values',
    caption: identifiable
      ? 'Each estimator, with its 95 % interval'
      : 'What the log’s policy got; of the other nothing can be said',
    columns: [
      leftColumn('Metric'),
      rightColumn('The log’s policy'),
      ...(identifiable
        ? [
            rightColumn('IPS'),
            rightColumn('SNIPS'),
            rightColumn('Doubly robust'),
            rightColumn('SWITCH-DR'),
            rightColumn('Difference'),
            leftColumn('Verdict'),
          ]
        : []),
    ],
    rows: metrics.map((metric) => [
      wordsOf(metric).label,
      valueText(metric, metric.logging),
      ...(identifiable
        ? [
            ...[metric.ips, metric.snips, metric.doublyRobust, metric.switch].map((each) => valueText(metric, each)),
            differenceText(metric),
            EFFECTS[effectOf(metric)],
          ]
        : []),
    ]),
    wraps: true,
    paints: [],
  };
}

function valueText(metric: MetricEstimate, interval: Interval | null): string {
  if (interval === null || interval.value === null) return '–';
  const { format } = wordsOf(metric);
  const range = rangeText(interval, format);
  return range === '–' ? format(interval.value) : `${format(interval.value)} (${range})`;
}

/** What was judged. */
export function judgedTable({ log, policy, policyHash, requests, decisions }: PolicyEstimate): Table {
  return {
    // The id under which the page lets long values wrap.
    id: 'repeat',
    caption: 'What was judged',
    columns: [leftColumn('What'), leftColumn('Value')],
    rows: [
      ['Log', log],
      ['Policy', `${policy} (${shortHash(policyHash)})`],
      ['Requests in the log', formatCount(requests)],
      ['First choices that were weighed', formatCount(decisions)],
    ],
    paints: [],
  };
}
