/** How the replays of a search are shared out. One replay is one pass over the train part. */
import { SLICE_POINTS } from './slices.ts';
import type { Rung } from './trial-book.ts';

/** What a search needs at least, so that anything is left to search with. */
export const REPLAYS_MIN = 30;
const REPLAYS_MAX = 400;
const REPLAYS_AT_LEAST_BY_DEFAULT = 80;
/** Requests that a search replays unless told otherwise, within the limits above. */
const ROWS_BY_DEFAULT = 20_000_000;
const FINALISTS = 5;
const SLICED_KNOBS = 4;
/** Below so many replays the last rounds take fewer seeds, and no slices are made. */
const SMALL = 60;
/** One run of the holdout for so many replays: with more of them it shows how far runs end apart. */
const REPLAYS_PER_HOLDOUT_RUN = 50;
const HOLDOUT_RUNS_MIN = 3;
const HOLDOUT_RUNS_MAX = 8;
/** Of what is left for the search itself, the rest being for CMA-ES. */
const HALVING_SHARE = 0.5;

export interface SearchPlan {
  /** Rows for the spread policies of successive halving. */
  readonly halvingRows: number;
  readonly refineRows: number;
  /** The incumbent not counted. */
  readonly finalists: number;
  readonly raceSeeds: readonly number[];
  readonly holdoutSeeds: readonly number[];
  readonly slicedKnobs: number;
  /** The rung that slices are made on. */
  readonly sliceRung: Rung;
}

/** Replays of a search unless told otherwise: many for a short trace, fewer for a long one. */
export function defaultReplays(trainRows: number): number {
  const replays = Math.round(ROWS_BY_DEFAULT / trainRows);
  return Math.min(REPLAYS_MAX, Math.max(REPLAYS_AT_LEAST_BY_DEFAULT, replays));
}

/**
 * @param replays at least {@link REPLAYS_MIN}
 * @param given policies that are tried on the whole train part before the search
 * @param rows of the whole trace, holdout included
 */
export function searchPlan(
  replays: number,
  rungs: readonly Rung[],
  given: number,
  trainRows: number,
  rows: number,
  seed: number,
): SearchPlan {
  const isSmall = replays < SMALL;
  const raceSeeds = seedsAfter(seed, 1, isSmall ? 1 : 2);
  const holdoutRuns = Math.floor(replays / REPLAYS_PER_HOLDOUT_RUN);
  const holdoutSeeds = seedsAfter(
    seed,
    1 + raceSeeds.length,
    isSmall ? 2 : Math.min(HOLDOUT_RUNS_MAX, Math.max(HOLDOUT_RUNS_MIN, holdoutRuns)),
  );
  const finalists = isSmall ? 3 : FINALISTS;
  const slicedKnobs = isSmall ? 0 : SLICED_KNOBS;
  const sliceRung = rungs.at(-2) ?? rungs.at(-1)!;
  const reserved =
    given * rungs.at(-1)!.rows +
    (finalists + 1) * raceSeeds.length * trainRows +
    2 * holdoutSeeds.length * rows +
    slicedKnobs * SLICE_POINTS * sliceRung.rows;
  const left = Math.max(0, replays * trainRows - reserved);
  return {
    halvingRows: left * HALVING_SHARE,
    refineRows: left * (1 - HALVING_SHARE),
    finalists,
    raceSeeds,
    holdoutSeeds,
    slicedKnobs,
    sliceRung,
  };
}

function seedsAfter(seed: number, first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => seed + first + index);
}
