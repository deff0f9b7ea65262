/**
 * Many policies on little of the trace, the better third of them on three times as much, and so on (K. Jamieson and A.
 * Talwalkar, AISTATS 2016): most of the replays go to those that are worth it.
 */
import {
  BATCH,
  byStanding,
  RUNG_RATIO,
  type Candidate,
  type Rung,
  type TrialBook,
  type Trialed,
} from './trial-book.ts';

/** How many policies can start so that all rungs together take no more than `rows`; at least 1. */
export function startersFor(rungs: readonly Rung[], rows: number): number {
  const rowsOf = (starters: number): number =>
    rungs.reduce((sum, rung, index) => sum + rung.rows * survivorsAt(starters, index), 0);
  let starters = 1;
  while (rowsOf(starters + 1) <= rows) starters++;
  return starters;
}

/**
 * @param starters how many policies begin; fewer when the time is up
 * @param candidateAt the policy of each number from 0 on, made when it is its turn
 * @returns those that saw the whole train part, best first
 */
export async function successiveHalving(
  book: TrialBook,
  rungs: readonly Rung[],
  starters: number,
  candidateAt: (index: number) => Candidate,
): Promise<readonly Trialed[]> {
  const begun: Trialed[] = [];
  for (let start = 0; start < starters; start += BATCH) {
    if (start > 0 && book.settings.shouldStop()) break;
    const count = Math.min(BATCH, starters - start);
    const batch = Array.from({ length: count }, (_, index) => candidateAt(start + index));
    begun.push(...(await book.judge(batch, rungs[0]!)));
  }
  let judged = begun.sort(byStanding);
  for (const [index, rung] of rungs.slice(1).entries()) {
    const field = judged.slice(0, survivorsAt(starters, index + 1));
    judged = (await book.judge(field, rung)).toSorted(byStanding);
  }
  return judged;
}

function survivorsAt(starters: number, rung: number): number {
  return Math.max(1, Math.floor(starters / RUNG_RATIO ** rung));
}
