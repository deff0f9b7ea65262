/** The report as plain data, in reading order; page, Markdown and JSON are three ways to write it down. */
import type { Comparison } from '../simulator/result.ts';
import type { Chart } from './charts/chart.ts';
import type { Charts } from './charts/all-charts.ts';
import { formatCount, formatSpan, listWords } from './format.ts';
import { DEFINITIONS, LIMITS, ROUTE_DEFINITIONS, type Note } from './summary/notes.ts';
import { summarise, type Summary } from './summary/summary.ts';
import { classTable } from './tables/classes.ts';
import { keyFigures } from './tables/key-figures.ts';
import { pairedTable } from './tables/paired.ts';
import { rejectionTable } from './tables/rejections.ts';
import { repeatTable } from './tables/repeat.ts';
import { routePairedTable, routeTable } from './tables/routes.ts';
import type { Table } from './tables/table.ts';
import { targetTable } from './tables/targets.ts';
import { tierSentence, tierTable } from './tables/tiers.ts';

export type Part =
  | { readonly kind: 'charts'; readonly charts: readonly Chart[] }
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'notes'; readonly notes: readonly Note[] }
  | { readonly kind: 'list'; readonly items: readonly string[] };

export interface Section {
  /** Anchor of the section, kebab-case. */
  readonly id: string;
  readonly title: string;
  readonly intro: string;
  readonly parts: readonly Part[];
}

export interface Report {
  /** What kind of report it is, above the title: `simulated comparison`. */
  readonly eyebrow: string;
  readonly title: string;
  /** What was run, in one line. */
  readonly subtitle: string;
  readonly summary: Summary;
  readonly sections: readonly Section[];
  /** The last line of the page. */
  readonly footer: string;
}

/** Names in a title; more policies are counted. */
const NAMES_MAX = 3;

/** Puts charts and tables of a comparison in their order. */
export function buildReport(comparison: Comparison, charts: Charts): Report {
  const { trace } = comparison;
  return {
    eyebrow: 'simulated comparison',
    title: titleOf(comparison),
    subtitle: `${formatCount(trace.requests)} requests over ${formatSpan(trace.spanMs)} · trace ${trace.name} · scenario ${comparison.scenario} · seed ${comparison.seed}`,
    summary: summarise(comparison),
    sections: [
      section('key-figures', 'Key figures', 'All policies met the same requests.', [table(keyFigures(comparison))]),
      ...tierSection(comparison),
      section(
        'differences',
        'What differs, and how sure',
        'Differences are taken request by request, so the luck that both policies shared cancels out.',
        [{ kind: 'charts', charts: [charts.pairedDifferences] }, table(pairedTable(comparison))],
      ),
      section(
        'cost-and-waiting',
        'Cost and waiting',
        'An average hides the slow tail; these are whole distributions.',
        [
          {
            kind: 'charts',
            charts: [
              charts.costAgainstSpeed,
              charts.costDistribution,
              charts.firstTokenDistribution,
              charts.durationDistribution,
            ],
          },
        ],
      ),
      section('over-time', 'Over time', 'How the policies met load and faults.', [
        {
          kind: 'charts',
          charts: [charts.loadOverTime, charts.firstTokenOverTime, charts.trafficShare, charts.targetStates],
        },
      ]),
      section(
        'failures',
        'Failures, retries and budgets',
        'What went wrong upstream, and what of it reached the clients.',
        [
          { kind: 'charts', charts: [charts.failuresOverTime, charts.attemptsPerRequest] },
          table(rejectionTable(comparison)),
          { kind: 'charts', charts: [charts.budgetUse] },
        ],
      ),
      ...routeSection(comparison, charts),
      section('breakdown', 'By class and by target', 'The same run cut two other ways.', [
        table(classTable(comparison)),
        table(targetTable(comparison)),
      ]),
      section(
        'repeat',
        'How to repeat it',
        'The same command on the same files gives the same result, byte for byte but for the time it took.',
        [{ kind: 'command', command: comparison.command }, table(repeatTable(comparison))],
      ),
      section('definitions', 'What the numbers mean', '', [
        { kind: 'notes', notes: charts.routeUse === undefined ? DEFINITIONS : [...DEFINITIONS, ...ROUTE_DEFINITIONS] },
      ]),
      section('limits', 'What they do not say', '', [{ kind: 'list', items: LIMITS }]),
    ],
    footer: 'Providers are simulated; see “What they do not say”.',
  };
}

/** Only where outcomes were taken from a log. */
function tierSection(comparison: Comparison): readonly Section[] {
  if (comparison.outcomes === undefined) return [];
  return [section('tiers', 'What the outcomes rest on', tierSentence(comparison), [table(tierTable(comparison))])];
}

/** Only where decisions knew of routes, or policies stick to different things. */
function routeSection(comparison: Comparison, { routeUse }: Charts): readonly Section[] {
  if (routeUse === undefined) return [];
  return [
    section(
      'routes',
      'By route',
      'A policy that sticks to a target or a key finds its prompts in that cache again, and spreads its requests less evenly.',
      [{ kind: 'charts', charts: [routeUse] }, table(routeTable(comparison)), table(routePairedTable(comparison))],
    ),
  ];
}

/** All charts of a report in reading order. */
export function chartsOf(report: Report): readonly Chart[] {
  return report.sections.flatMap((entry) => entry.parts.flatMap((part) => (part.kind === 'charts' ? part.charts : [])));
}

function titleOf(comparison: Comparison): string {
  const names = comparison.policies.map((run) => run.name);
  if (names.length === 1) return `Policy ${names[0] ?? ''}`;
  return names.length > NAMES_MAX || names.length === 0
    ? `${names.length} policies compared`
    : `${listWords(names)} compared`;
}

/** A section in the order of its fields. */
export function section(id: string, title: string, intro: string, parts: readonly Part[]): Section {
  return { id, title, intro, parts };
}

/** A table as a part of a section. */
export function table(value: Table): Part {
  return { kind: 'table', table: value };
}
