import type {
  Agreement,
  MeasuredArm,
  MeasuredPromotion,
  TrafficFigures,
} from '../../../src/policies/measured-promotion.ts';
import { REQUEST_CLASSES } from '../../../src/router/policy.ts';
import { formatCount, formatPercent, formatSigned, formatSpan } from '../../format.ts';
import { leftColumn, rightColumn, type Table } from '../../tables/table.ts';
import { objectiveMetric } from '../../tuning/objective-metrics.ts';
import { VERDICT_WORDS } from '../../tuning/prediction-verdict.ts';
import { intervalText } from '../../tuning/tables/prediction-table.ts';
import { CANDIDATE_PAINT, INCUMBENT_PAINT } from '../../tuning/tuning-paints.ts';
import { offBy } from '../promotion-judgement.ts';
import { measuredVerdict } from '../promotion-summary.ts';

const AGREEMENT_WORDS: Readonly<Record<Agreement, string>> = {
  inside: 'inside',
  overlapping: 'overlapping',
  above: 'apart, above',
  below: 'apart, below',
  unknown: 'not known',
};

/** One row a metric: promised, measured, and how far apart. */
export function agreementTable({ metrics }: MeasuredPromotion): Table {
  return {
    id: 'agreement',
    caption: 'Predicted against measured, with 95 % intervals',
    columns: [
      leftColumn('Metric'),
      rightColumn('Predicted'),
      rightColumn('To be expected'),
      rightColumn('Measured'),
      rightColumn('Off by'),
      leftColumn('Measured value is'),
    ],
    rows: metrics.map((metric) => {
      const { label, format } = objectiveMetric(metric.metric);
      return [
        label,
        intervalText(metric.predicted, format),
        `${format(metric.expected.low95)} to ${format(metric.expected.high95)}`,
        intervalText(metric.measured, format),
        formatSigned(offBy(metric), (ratio) => formatPercent(ratio, 1)),
        AGREEMENT_WORDS[metric.agreement],
      ];
    }),
    paints: [],
    wraps: true,
  };
}

/** One row a metric: candidate less incumbent, promised and side by side; empty without a canary. */
export function besideTable({ differences }: MeasuredPromotion): Table {
  return {
    id: 'beside',
    caption: 'Candidate less incumbent: as predicted, and as served side by side; 95 % intervals',
    columns: [leftColumn('Metric'), rightColumn('Predicted'), rightColumn('Measured'), leftColumn('The candidate is')],
    rows: differences.map((difference) => {
      const { label, formatDifference } = objectiveMetric(difference.metric);
      const format = (value: number | null): string => formatSigned(value, formatDifference);
      return [
        label,
        intervalText(difference.predicted, format),
        intervalText(difference.measured, format),
        VERDICT_WORDS[measuredVerdict(difference)],
      ];
    }),
    paints: [],
    wraps: true,
  };
}

/** One row an arm: its requests and how they ended. */
export function armTable({ candidate, main }: MeasuredPromotion): Table {
  const arms: readonly (readonly [MeasuredArm, string])[] = [
    [candidate, CANDIDATE_PAINT],
    ...(main === null ? [] : [[main, INCUMBENT_PAINT] as const]),
  ];
  return {
    id: 'arms',
    caption: 'Requests that each policy decided, and how they ended',
    columns: [
      leftColumn('Policy'),
      rightColumn('Requests'),
      rightColumn('Completed'),
      rightColumn('Rejected'),
      rightColumn('Cancelled'),
      rightColumn('No end in the log'),
    ],
    rows: arms.map(([arm]) => [
      arm.name,
      ...[arm.requests, arm.completed, arm.rejected, arm.cancelled, arm.open].map(formatCount),
    ]),
    paints: arms.map(([, paint]) => paint),
  };
}

/** One row a time: load, classes, sizes. */
export function trafficTable({ traffic }: MeasuredPromotion): Table {
  const rows: readonly (readonly [string, TrafficFigures])[] = [
    ['now', traffic.now],
    ['the trace of the tuning', traffic.trace],
    ...(traffic.before === null ? [] : [['the log before', traffic.before] as const]),
  ];
  return {
    id: 'traffic',
    caption: 'Traffic, whoever served it',
    columns: [
      leftColumn('Of'),
      rightColumn('Requests'),
      rightColumn('Over'),
      rightColumn('An hour'),
      ...REQUEST_CLASSES.map(rightColumn),
      rightColumn('Input tokens, mean'),
    ],
    rows: rows.map(([name, { requests, spanMs, requestsPerHour, classes, inputTokensMean }]) => [
      name,
      formatCount(requests),
      formatSpan(Math.max(1, Math.round(spanMs))),
      formatCount(requestsPerHour === null ? null : Math.round(requestsPerHour)),
      ...REQUEST_CLASSES.map((requestClass) => formatPercent(classes?.[requestClass] ?? null, 1)),
      formatCount(inputTokensMean === null ? null : Math.round(inputTokensMean)),
    ]),
    paints: [],
  };
}

/** One row a step of its life. */
export function transitionTable({ promotion }: MeasuredPromotion): Table {
  return {
    id: 'transitions',
    caption: 'Its life',
    columns: [leftColumn('When'), leftColumn('From'), leftColumn('To'), leftColumn('Who'), leftColumn('Why')],
    rows: promotion.transitions.map(({ atMs, from, to, who, why }) => [momentText(atMs), from, to, who, why]),
    paints: [],
    wraps: true,
  };
}

/** Everything that fixes the comparison. */
export function promotionRepeatTable(measured: MeasuredPromotion): Table {
  const { promotion, evidence, window } = measured;
  return {
    // The id under which the page lets long values wrap.
    id: 'repeat',
    caption: 'What fixes this result',
    columns: [leftColumn('What'), leftColumn('Value')],
    rows: [
      ['Promotion', promotion.id],
      [`Candidate ${promotion.policyName}`, promotion.policyHash],
      [`Incumbent ${promotion.incumbentName}`, promotion.incumbentHash],
      ['Log', measured.log],
      ['Measured from', momentText(window.fromMs)],
      ['Measured to', `${momentText(window.toMs)}${window.isOver ? '' : ' (the end of the log; it still serves)'}`],
      ['Blocks', formatCount(measured.blocks)],
      ['Seed of the intervals', String(measured.seed)],
      ['Trace of the tuning', `${evidence.trace.name} (${formatCount(evidence.trace.requests)} requests)`],
      ['Trace SHA-256', evidence.trace.sha256],
      ...evidence.scenarios.map(({ name, sha256 }) => [`Scenario ${name}`, sha256]),
      ['Tuned', evidence.createdAt],
      ['Core of tuning and log', `${evidence.coreVersion}, ${measured.logCoreVersion}`],
    ],
    paints: [],
  };
}

/** `2026-05-01 06:00:00 UTC` */
export function momentText(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
