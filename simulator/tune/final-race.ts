/**
 * The last round: the best of the search and the incumbent on the whole train part again, with seeds that the search has
 * not used, and of these the one that goes to the holdout. Constraints have to be kept in nearly all resamplings of the
 * blocks here, because a policy that keeps them by a hair in one past breaks them in half of all futures.
 */
import type { Objective } from '../../src/config/objective.ts';
import { addedFigures, type BlockFigures } from './block-figures.ts';
import { createResampling, keptShare, resampled, type Resampled } from './metric-bootstrap.ts';
import { utilityOf, violationOf } from './objective-value.ts';
import type { PolicyReplay, RunReplays, Stretch } from './policy-replay.ts';
import type { Candidate } from './trial-book.ts';

const BLOCKS_MAX = 40;
/** A block of fewer requests says little about a tail. */
const ROWS_PER_BLOCK_MIN = 50;
/** Share of the resamplings in which the constraints have to be kept. */
const KEPT_SHARE_MIN = 0.9;

/** Blocks for intervals over so many rows. */
export function blocksFor(rows: number): number {
  return Math.max(1, Math.min(BLOCKS_MAX, Math.floor(rows / ROWS_PER_BLOCK_MIN)));
}

export interface Raced<T extends Candidate> {
  readonly candidate: T;
  readonly blocks: readonly BlockFigures[];
  readonly resampled: Resampled;
}

export interface RacedStretch<T extends Candidate> {
  readonly runners: readonly Raced<T>[];
  readonly classes: readonly (readonly BlockFigures[])[];
  readonly tiers: readonly (readonly [number, number, number])[];
}

/** Policies side by side on one stretch, summed over the seeds; all are resampled alike. */
export async function race<T extends Candidate>(
  candidates: readonly T[],
  stretch: Stretch,
  seeds: readonly number[],
  run: RunReplays,
): Promise<RacedStretch<T>> {
  const blocks = blocksFor(stretch.toRow - stretch.countFromRow);
  const replays = candidates.flatMap(({ policy, policyHash }): PolicyReplay[] =>
    seeds.map((seed) => ({ policy, policyHash, variant: 0, seed, stretch, blocks })),
  );
  const figures = await run(replays);
  const resampling = createResampling(blocks, seeds[0]!);
  const runs = candidates.map((_, index) => figures.slice(index * seeds.length, (index + 1) * seeds.length));
  const added = runs.map(addedFigures);
  return {
    runners: candidates.map((candidate, index) => ({
      candidate,
      blocks: added[index]!.blocks,
      resampled: resampled(
        added[index]!.blocks,
        runs[index]!.map((run) => run.blocks),
        resampling,
      ),
    })),
    classes: added.map(({ classes }) => classes),
    tiers: added.map(({ tiers }) => tiers),
  };
}

/**
 * The best runner: first those that keep the constraints surely, then those that keep them, then those that miss them by
 * little; among equals of the first two the one of the highest utility.
 */
export function winnerOf<T extends Candidate>(runners: readonly Raced<T>[], objective: Objective): Raced<T> {
  const ranked = runners.map((runner) => {
    const { metrics } = runner.resampled;
    const violation = violationOf(metrics, objective);
    const isSure = violation === 0 && keptShare(runner.resampled, objective) >= KEPT_SHARE_MIN;
    return { runner, violation, isSure, utility: utilityOf(metrics, objective) };
  });
  ranked.sort(
    (a, b) =>
      Number(b.isSure) - Number(a.isSure) ||
      a.violation - b.violation ||
      (a.utility === b.utility ? 0 : b.utility - a.utility),
  );
  return ranked[0]!.runner;
}
