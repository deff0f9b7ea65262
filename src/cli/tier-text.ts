/** What the outcomes of each policy rest on, for the terminal. */
import Table from 'cli-table3';
import type { Comparison, PolicyRun, TierShare } from '../../simulator/result.ts';

const PLAIN = { style: { head: [], border: [] } };

/** Empty when no recording was used. */
export function tierText({ policies, outcomes }: Pick<Comparison, 'policies' | 'outcomes'>): string[] {
  if (outcomes === undefined) return [];
  const table = new Table({
    head: ['policy', 'T1 attempts', 'T2', 'T3', 'T1 requests', 'T2', 'T3'],
    ...PLAIN,
  });
  for (const { name, tiers } of policies) if (tiers !== undefined) table.push(tierRow(name, tiers));
  return [
    `Outcomes (${outcomes.mode}) from the ${outcomes.attempts} attempts of ${outcomes.recording}; T1: as logged, T2: of a like attempt in the log, T3: of the twin; a request counts as its worst attempt:`,
    table.toString(),
  ];
}

function tierRow(name: string, { T1, T2, T3 }: NonNullable<PolicyRun['tiers']>): string[] {
  const tiers = [T1, T2, T3];
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
  const attempts = tiers.map(({ attemptRatio }: TierShare) => percent(attemptRatio));
  return [name, ...attempts, ...tiers.map(({ requestRatio }) => percent(requestRatio))];
}
