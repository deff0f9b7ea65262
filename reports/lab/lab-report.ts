/** The whole loop as one report: what came of it first, then the reports of its steps, the last one first. */
import { formatCount, formatPercent, plural } from '../format.ts';
import { section, table, type Part, type Report, type Section } from '../report-model.ts';
import type { Answer, Summary } from '../summary/summary.ts';
import { leftColumn, type Table } from '../tables/table.ts';
import type { LabResult } from './lab-result.ts';

/** The reports of the steps; `promotion` is null when nothing was promoted or it never served alone. */
export interface StepReports {
  readonly promotion: Report | null;
  readonly tuning: Report;
  readonly comparison: Report;
  readonly calibration: Report;
}

export function labReport(result: LabResult, steps: StepReports): Report {
  const sent = result.served.reduce((sum, each) => sum + each.sent, 0);
  return {
    eyebrow: 'the whole loop',
    title: 'Served, logged, fitted, tuned, promoted and measured again',
    subtitle: `${plural(sent, 'request')} through the live proxy, ${result.speed} times as fast as life · scenario ${result.scenario} · core ${result.comparison.coreVersion}`,
    summary: labSummary(result, steps),
    sections: [
      section('loop', 'The loop', 'Each step works on what the one before it left.', [table(loopTable(result))]),
      ...(steps.promotion === null ? [] : partOf('promise', 'Promise', steps.promotion)),
      ...partOf('tuning', 'Tuning', steps.tuning),
      ...partOf('comparison', 'Policies', steps.comparison),
      ...partOf('twins', 'Twins', steps.calibration),
      section('repeat', 'How to repeat it', 'Live runs differ by some ms each time, and all that follows from them.', [
        { kind: 'command', command: result.command },
      ]),
    ],
    footer: 'Providers are simulated; clients, proxy, log and router are the real ones.',
  };
}

function labSummary({ parity, promotion, tuning }: LabResult, steps: StepReports): Summary {
  const repeats = parity.identical === parity.decisions;
  const answers: Answer[] = [
    {
      question: 'Does the core repeat its log?',
      answer: repeats ? 'Bit for bit' : 'No',
      evidence: [`${formatCount(parity.identical)} of ${formatCount(parity.decisions)} decisions come out the same.`],
    },
    { question: 'Can the twins be believed?', answer: 'See Twins', evidence: [steps.calibration.summary.headline] },
    {
      question: 'Is there a better policy?',
      answer: tuning.verdict === 'better' ? 'Yes' : 'No',
      evidence: [steps.tuning.summary.headline],
    },
    {
      question: 'Was the promise kept?',
      answer:
        promotion === null ? 'Nothing was promoted' : promotion.measured === null ? promotion.stage : 'See Promise',
      evidence: [
        ...(promotion === null ? [] : [`${promotion.policyName}: ${promotion.stage}; ${promotion.why}.`]),
        ...(steps.promotion === null ? [] : [steps.promotion.summary.headline]),
      ],
    },
  ];
  return {
    headline: [steps.promotion?.summary.headline, steps.tuning.summary.headline].filter(Boolean).join(' '),
    answers,
    cautions: ['Providers are synthetic, and the traffic is generated: figures of your own need your own log.'],
  };
}

function loopTable({ served, parity, calibration, comparison, tuning, promotion }: LabResult): Table {
  const first = served[0];
  const rows: string[][] = [
    ...(first === undefined ? [] : [['served', servedText(first)]]),
    ['verified', `${formatCount(parity.identical)} of ${formatCount(parity.decisions)} decisions repeated`],
    [
      'calibrated',
      `${plural(calibration.twins.length, 'twin')} from ${plural(calibration.source.attempts, 'attempt')}`,
    ],
    ['compared', plural(comparison.policies.length, 'policy', 'policies')],
    ['tuned', `${plural(tuning.trials.length, 'policy', 'policies')} tried: ${tuning.why}`],
    ['promoted', promotion === null ? 'nothing' : `${promotion.policyName}: ${promotion.stage}`],
    ...served.slice(1).map((each) => ['served again', servedText(each)]),
  ];
  return {
    id: 'loop',
    caption: 'The loop, step by step',
    columns: [leftColumn('step'), leftColumn('what came of it')],
    rows,
    paints: [],
    wraps: true,
  };
}

function servedText({ policy, sent, answered, wallMs }: LabResult['served'][number]): string {
  return `${plural(sent, 'request')} under ${policy} in ${(wallMs / 1_000).toFixed(1)} s, ${formatPercent(answered / Math.max(1, sent), 2)} answered`;
}

/** Sections of a step's report, under names of their own; the first has its verdict. */
function partOf(id: string, name: string, { title, subtitle, summary, sections }: Report): readonly Section[] {
  const prefixed = sections.map((each) => ({
    ...each,
    id: `${id}-${each.id}`,
    title: `${name}: ${each.title}`,
    parts: each.parts.map((part) => withPrefix(id, part)),
  }));
  const verdict = { kind: 'list', items: [summary.headline, ...summary.cautions] } as const;
  return [section(id, `${name}: ${title}`, subtitle, [verdict]), ...prefixed];
}

/** Charts and tables of several reports stand on one page, and in one folder. */
function withPrefix(prefix: string, part: Part): Part {
  if (part.kind === 'charts') {
    return { ...part, charts: part.charts.map((chart) => ({ ...chart, id: `${prefix}-${chart.id}` })) };
  }
  if (part.kind === 'table') return { ...part, table: { ...part.table, id: `${prefix}-${part.table.id}` } };
  return part;
}
