/** What a check found as Markdown, short enough for a comment on a pull request. */
import {
  formatCount,
  formatMs,
  formatPercent,
  formatPoints,
  formatSigned,
  formatUsd,
  type Formatter,
} from '../../../reports/format.ts';
import { markdownTable } from '../../../reports/markdown/markdown-table.ts';
import { markdownText } from '../../../reports/markdown/markdown-text.ts';
import { leftColumn, rightColumn, type Table } from '../../../reports/tables/table.ts';
import type { ChangedPart } from '../../../simulator/estimate/decision-changes.ts';
import type { Interval } from '../../../simulator/statistics/block-bootstrap.ts';
import type { CheckDifference, CheckResult, LimitName, LimitReading, LimitVerdict } from './check-result.ts';

/** Moves in the table; `--json` has all. */
const MOVES_MAX = 10;
const NOBODY = '(nobody)';

const LIMIT_WORDS: Readonly<Record<LimitName, string>> = {
  'max-changed': 'Decisions that change, at most',
  'max-cost-increase': 'Increase of cost, at most',
  'max-first-token-increase': 'Increase of the first token, at most',
  'min-success-change': 'Change of the share answered, at least',
};
const VERDICT_WORDS: Readonly<Record<LimitVerdict, string>> = {
  kept: '✅ kept',
  broken: '❌ broken',
  'not-shown': '⚠️ not shown',
};

interface MetricWords {
  readonly label: string;
  readonly format: Formatter;
  readonly formatDifference: Formatter;
}
const USUAL: MetricWords = { label: 'Cost per 1,000 requests', format: formatUsd, formatDifference: formatUsd };
const METRIC_WORDS: Readonly<Record<string, MetricWords>> = {
  costUsdPer1kRequests: USUAL,
  firstTokenMs: { label: 'First token, mean', format: formatMs, formatDifference: formatMs },
  'firstTokenMs.p95': { label: 'First token, p95', format: formatMs, formatDifference: formatMs },
  successRatio: {
    label: 'Requests answered',
    format: (ratio) => formatPercent(ratio, 2),
    formatDifference: formatPoints,
  },
};

/** Begins with a heading of the third level, ends with a line end. */
export function checkMarkdown(result: CheckResult): string {
  const { policy, loggedPolicy, log, methodText, differences, limits, notes, decisions } = result;
  const against = loggedPolicy === null ? log : `${loggedPolicy.name} in ${log}`;
  const blocks = [
    `### Token Pool check: ${markdownText(policy.name)} against ${markdownText(against)}`,
    `**${markdownText(headline(result))}**`,
    ...(limits.length === 0 ? [] : [markdownTable(limitTable(limits))]),
    ...(result.changed === 0 ? [] : [markdownTable(partTable(result)), markdownTable(moveTable(result))]),
    ...(differences.length === 0 ? [] : [markdownTable(differenceTable(differences))]),
    `How: ${markdownText(methodText)}.`,
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${markdownText(note)}`).join('\n')]),
    markdownText(
      `Policy ${policy.hash.slice(0, 12)}, log's policy ${loggedPolicy?.hash.slice(0, 12) ?? 'unknown'}, ${formatCount(decisions)} decisions, core ${result.coreVersion}.`,
    ),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** `312 of 6,000 decisions change (5.2 %). All 3 limits are kept.` */
export function headline(result: CheckResult): string {
  const { decisions, changed, changedRatio } = result;
  return `${formatCount(changed)} of ${formatCount(decisions)} decisions change (${formatPercent(changedRatio, 1)}). ${limitWords(result)}`;
}

function limitWords({ limits, allowNotShown }: CheckResult): string {
  if (limits.length === 0) return 'No limits were set.';
  const broken = limits.filter(({ verdict }) => verdict === 'broken').length;
  const notShown = limits.filter(({ verdict }) => verdict === 'not-shown').length;
  const unshown =
    notShown === 0
      ? ''
      : `, ${notShown} ${notShown === 1 ? 'is' : 'are'} not shown to be kept${allowNotShown ? ' (let pass)' : ''}`;
  if (broken > 0) return `${broken} of ${limits.length} limits ${broken === 1 ? 'is' : 'are'} broken${unshown}.`;
  if (notShown > 0) return `None of ${limits.length} limits is broken${unshown}.`;
  return limits.length === 1 ? 'The limit is kept.' : `All ${limits.length} limits are kept.`;
}

function limitTable(limits: readonly LimitReading[]): Table {
  return {
    id: 'limits',
    caption: 'Limits',
    columns: [
      leftColumn('Limit'),
      rightColumn('Allowed'),
      rightColumn('Found'),
      rightColumn('95 % interval'),
      leftColumn('Verdict'),
    ],
    rows: limits.map((reading) => {
      const format = reading.limit === 'max-changed' ? share : signedShare;
      return [
        LIMIT_WORDS[reading.limit],
        format(reading.allowed),
        format(reading.value),
        reading.limit === 'max-changed' ? 'counted' : intervalText(reading, format),
        VERDICT_WORDS[reading.verdict],
      ];
    }),
    paints: [],
  };
}

function partTable({ byClass, byRoute }: CheckResult): Table {
  const row = (kind: string, { name, decisions, changed }: ChangedPart): string[] => [
    `${kind} ${name}`,
    formatCount(decisions),
    formatCount(changed),
    share(changed / decisions),
  ];
  return {
    id: 'parts',
    caption: 'Where decisions change',
    columns: [leftColumn('Of'), rightColumn('Decisions'), rightColumn('Changed'), rightColumn('Share')],
    // A single one, as in a pool without routes, says nothing that the classes do not.
    rows: [
      ...byClass.map((part) => row('class', part)),
      ...(byRoute.length > 1 ? byRoute.map((part) => row('route', part)) : []),
    ],
    paints: [],
  };
}

function moveTable({ moves, changed }: CheckResult): Table {
  const rest = moves.length > MOVES_MAX ? ` (the ${MOVES_MAX} most frequent of ${moves.length})` : '';
  return {
    id: 'moves',
    caption: `From which target to which${rest}`,
    columns: [leftColumn('From'), leftColumn('To'), rightColumn('Decisions'), rightColumn('Share of the changes')],
    rows: moves
      .slice(0, MOVES_MAX)
      .map(({ from, to, decisions }) => [
        from ?? NOBODY,
        to ?? NOBODY,
        formatCount(decisions),
        share(decisions / changed),
      ]),
    paints: [],
  };
}

function differenceTable(differences: readonly CheckDifference[]): Table {
  return {
    id: 'differences',
    caption: 'What would come of it',
    columns: [
      leftColumn('Metric'),
      rightColumn('In the log'),
      rightColumn('Difference'),
      rightColumn('95 % interval'),
      rightColumn('Change'),
    ],
    rows: differences.map(({ metric, logged, difference, change, subject }) => {
      const { label, format, formatDifference } = METRIC_WORDS[metric] ?? { ...USUAL, label: metric };
      const signed = (value: number | null): string => formatSigned(value, formatDifference);
      return [
        label,
        format(logged),
        signed(difference.value),
        intervalText(difference, signed),
        subject === 'success' ? signed(change.value) : signedShare(change.value),
      ];
    }),
    paints: [],
  };
}

function intervalText({ low95, high95 }: Omit<Interval, 'value'>, format: Formatter): string {
  return low95 === null || high95 === null ? '–' : `${format(low95)} to ${format(high95)}`;
}

function share(ratio: number | null): string {
  return formatPercent(ratio, 1);
}

function signedShare(ratio: number | null): string {
  return formatSigned(ratio, (size) => formatPercent(size, 2));
}
