/** One replay of the search: a policy on a stretch of the trace, in one variant of the scenario, with one seed. */
import type { TraceSource } from '../../datasets/trace.ts';
import { contentHash } from '../../src/config/content-hash.ts';
import type { Policy } from '../../src/router/policy.ts';
import type { RecordedOutcomes } from '../counterfactual/settle-from-recording.ts';
import { replay } from '../replay/replay.ts';
import type { Scenario } from '../scenario.ts';
import type { ReplayFigures } from './block-figures.ts';
import { FigureCollector } from './figure-collector.ts';

/** A stretch of the trace by its rows: replayed from `fromRow` on, counted from `countFromRow` up to before `toRow`. */
export interface Stretch {
  readonly fromRow: number;
  readonly countFromRow: number;
  readonly toRow: number;
}

export interface PolicyReplay {
  readonly policy: Policy;
  readonly policyHash: string;
  /** Place in the list of scenarios; 0 is the given one. */
  readonly variant: number;
  readonly seed: number;
  readonly stretch: Stretch;
  /** Blocks that the counted rows are summed up in. */
  readonly blocks: number;
}

/**
 * Runs replays, in whatever order and place, and gives their figures in the order of the list.
 *
 * @throws SearchInterrupted when it was told to stop meanwhile
 */
export type RunReplays = (replays: readonly PolicyReplay[]) => Promise<readonly ReplayFigures[]>;

/** The search was told to stop; what had been found by then is still there. */
export class SearchInterrupted extends Error {
  override readonly name = 'SearchInterrupted';
}

/** What makes two replays of one search the same. */
export function replayKey({ policyHash, variant, seed, stretch, blocks }: PolicyReplay): string {
  const { fromRow, countFromRow, toRow } = stretch;
  return contentHash([policyHash, variant, seed, fromRow, countFromRow, toRow, blocks]);
}

/** @param rows the rows of the stretch, warm-up included */
export async function runPolicyReplay(
  { policy, seed, stretch, blocks }: PolicyReplay,
  rows: TraceSource,
  scenario: Scenario,
  outcomes: RecordedOutcomes | undefined,
): Promise<ReplayFigures> {
  const { pool } = scenario;
  const scopes = [...pool.targets, ...pool.keys, ...pool.providers, ...pool.clientKeys];
  const observer = new FigureCollector(
    {
      warmUp: stretch.countFromRow - stretch.fromRow,
      counted: stretch.toRow - stretch.countFromRow,
      blocks,
    },
    scopes.reduce((count, scope) => count + scope.budgets.length, 0),
  );
  await replay(rows, { scenario, policy, seed, observer, outcomes });
  return observer.figures();
}
