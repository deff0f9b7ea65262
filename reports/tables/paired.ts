import type { Comparison, PairedDifference } from '../../simulator/result.ts';
import { formatCount, formatSigned } from '../format.ts';
import { metricOf } from '../metrics.ts';
import { verdictOf, type Verdict } from '../summary/pair-verdict.ts';
import { leftColumn, rightColumn, type Table } from './table.ts';

const WORDS: Readonly<Record<Verdict, string>> = {
  better: 'clearly better',
  worse: 'clearly worse',
  unclear: 'no clear difference',
  neutral: 'clearly different',
  untested: 'not tested',
};

/** With more differences than this, those with the first policy stand for all. */
const ROWS_MAX = 60;

/** One row a paired difference, with its interval and what it allows one to say. */
export function pairedTable(comparison: Comparison): Table {
  const pairs = shownPairs(comparison);
  const rest = comparison.paired.length - pairs.length;
  const restText = rest === 0 ? '' : ` (${pairs.length} of ${comparison.paired.length}; report.json has all)`;
  return {
    id: 'paired',
    caption: `Paired differences: the first policy minus the second, on the same requests${restText}`,
    columns: [
      leftColumn('Metric'),
      leftColumn('Policies'),
      rightColumn('Difference'),
      rightColumn('95\u00a0% interval'),
      rightColumn('Blocks'),
      leftColumn('The first is'),
    ],
    rows: pairs.map((pair) => {
      const metric = metricOf(pair.metric);
      return [
        metric.label,
        `${pair.a} − ${pair.b}`,
        formatSigned(pair.difference, metric.formatDifference),
        pair.low95 === null || pair.high95 === null
          ? '–'
          : `${formatSigned(pair.low95, metric.formatDifference)} to ${formatSigned(pair.high95, metric.formatDifference)}`,
        formatCount(pair.blocks),
        WORDS[verdictOf(pair, metric)],
      ];
    }),
    paints: [],
  };
}

function shownPairs(comparison: Comparison): readonly PairedDifference[] {
  if (comparison.paired.length <= ROWS_MAX) return comparison.paired;
  const first = comparison.policies[0]?.name;
  return comparison.paired.filter((pair) => pair.a === first || pair.b === first);
}

/** The verdict in words, for labels. */
export function verdictWords(verdict: Verdict): string {
  return WORDS[verdict];
}
