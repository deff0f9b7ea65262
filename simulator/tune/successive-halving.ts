/**
 * Many policies on little of the trace, the better third of them on three times as much, and so on (K. Jamieson and A.
 * Talwalkar, AISTATS 2016): most of the replays go to those that are worth it.
 */
import { byStanding, RUNG_RATIO, type Candidate, type Rung, type TrialBook, type Trialed } from './trial-book.ts';

/** How many policies can start so that all rungs together take no more than `rows`; at least 1. */
export function startersFor(rungs: readonly Rung[], rows: number): number {
  const rowsOf = (starters: number): number =>
    rungs.reduce((sum, rung, index) => sum + rung.rows * survivorsAt(starters, index), 0);
  let starters = 1;
  while (rowsOf(starters + 1) <= rows) starters++;
  return starters;
}

/**
 * @param candidates to start with, the more promising ones first: when time runs out the later ones are not tried
 * @returns those that saw the whole train part, best first
 */
export async function successiveHalving(
  book: TrialBook,
  rungs: readonly Rung[],
  candidates: readonly Candidate[],
): Promise<readonly Trialed[]> {
  let field: readonly Candidate[] = candidates;
  let judged: readonly Trialed[] = [];
  for (const [index, rung] of rungs.entries()) {
    judged = (await book.judge(field, rung)).toSorted(byStanding);
    field = judged.slice(0, survivorsAt(candidates.length, index + 1));
  }
  return judged;
}

function survivorsAt(starters: number, rung: number): number {
  return Math.max(1, Math.floor(starters / RUNG_RATIO ** rung));
}
