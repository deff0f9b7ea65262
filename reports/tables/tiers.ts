import type { Comparison, PolicyRun } from '../../simulator/result.ts';
import { formatPercent } from '../format.ts';
import { policyPaint } from '../palette.ts';
import { leftColumn, rightColumn, type Table } from './table.ts';

type Tiers = NonNullable<PolicyRun['tiers']>;

/** One row a policy: how much of it was logged, borrowed from a like attempt of the log, or made by the twin. */
export function tierTable({ policies }: Comparison): Table {
  const ratios = ({ T1, T2, T3 }: Tiers, of: 'attemptRatio' | 'requestRatio'): string[] =>
    [T1, T2, T3].map((tier) => formatPercent(tier[of], 1));
  const none = ['–', '–', '–'];
  return {
    id: 'tiers',
    caption: 'Share of each tier, by policy; a request counts as its worst attempt',
    columns: [
      leftColumn('Policy'),
      rightColumn('T1 attempts'),
      rightColumn('T2 attempts'),
      rightColumn('T3 attempts'),
      rightColumn('T1 requests'),
      rightColumn('T2 requests'),
      rightColumn('T3 requests'),
    ],
    rows: policies.map(({ name, tiers }) =>
      tiers === undefined
        ? [name, ...none, ...none]
        : [name, ...ratios(tiers, 'attemptRatio'), ...ratios(tiers, 'requestRatio')],
    ),
    paints: policies.map((_run, index) => policyPaint(index)),
  };
}

/** What the table says in one sentence: the policy that leans most on the twins. */
export function tierSentence({ policies, outcomes }: Comparison): string {
  const known = policies.flatMap(({ name, tiers }) =>
    tiers === undefined ? [] : [{ name, ratio: tiers.T3.attemptRatio }],
  );
  const worst = known.toSorted((a, b) => b.ratio - a.ratio)[0];
  const most =
    worst === undefined
      ? ''
      : ` At most ${formatPercent(worst.ratio, 1)} of the attempts of a policy (${worst.name}) are the twins’ word alone.`;
  return `T1 is the outcome that the log has of the same request at the same target at like load; T2 that of another attempt of the log at the same target, of like size, time and load; T3 what the twin says.${most} Outcomes: ${outcomes?.mode ?? ''}, from ${outcomes?.recording ?? ''}.`;
}
