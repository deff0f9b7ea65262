/**
 * The trace cut up by arrival time: a train part that the search may look at again and again, and a later holdout that it
 * may not. The train part is cut into blocks of equal time.
 *
 * A policy that is tried on less than the whole train part sees several stretches of it, spread over its length, each
 * warmed up by the requests before it. Prefixes of growing length would need no warm-up, but they know the first hours
 * only, and a night says little about a noon. What builds up over a day (a budget of a day) is seen by replays of the
 * whole train part alone, and nothing is decided on less.
 */
import type { Stretch } from './policy-replay.ts';

/** Blocks are at least so long, so that an outage in the middle of one lasts longer than a cooldown, ms. */
const BLOCK_MS_MIN = 600_000;
const BLOCKS_MAX = 24;
const BLOCKS_MIN = 3;
/** A stretch is warmed up by so many requests, as a share of its own. */
const WARM_UP_SHARE = 0.25;
/** Stretches that a part of the train part is made of, and the least that one of them has. */
const STRETCHES = 4;
const ROWS_PER_STRETCH_MIN = 150;

/** Time from `startMs` up to before `endMs`. */
export interface TimeBlock {
  readonly startMs: number;
  readonly endMs: number;
}

export interface TraceCut {
  readonly rows: number;
  /** The rows from here on are the holdout. */
  readonly trainRows: number;
  /** When the holdout begins, ms from the start of the trace. */
  readonly holdoutAtMs: number;
  /** Of the train part. */
  readonly blocks: readonly TimeBlock[];
}

/**
 * @param arrivalsMs of all rows, rising
 * @param holdoutShare share of the requests, from the end; 0 to 1, exclusive
 * @throws RangeError when either part would have no row
 */
export function cutTrace(arrivalsMs: ArrayLike<number>, holdoutShare: number): TraceCut {
  const rows = arrivalsMs.length;
  const trainRows = Math.floor(rows * (1 - holdoutShare));
  if (trainRows < 1 || trainRows >= rows) throw new RangeError(`${rows} requests cannot be cut at ${holdoutShare}`);
  const holdoutAtMs = arrivalsMs[trainRows]!;
  const count = Math.min(BLOCKS_MAX, Math.max(BLOCKS_MIN, Math.floor(holdoutAtMs / BLOCK_MS_MIN)));
  const blocks = Array.from({ length: count }, (_, index) => ({
    startMs: (index * holdoutAtMs) / count,
    endMs: ((index + 1) * holdoutAtMs) / count,
  }));
  return { rows, trainRows, holdoutAtMs, blocks };
}

/** The train part as a whole, from the start of the trace, where there is nothing to warm up by. */
export function wholeTrain({ trainRows }: TraceCut): Stretch {
  return { fromRow: 0, countFromRow: 0, toRow: trainRows };
}

/** The holdout, replayed from the start of the trace: what a policy did before is part of what it finds. */
export function holdoutStretch({ trainRows, rows }: TraceCut): Stretch {
  return { fromRow: 0, countFromRow: trainRows, toRow: rows };
}

/** A share of the train part: stretches of equal length, each in the middle of an equal part of it. */
export function spreadStretches({ trainRows }: TraceCut, share: number): readonly Stretch[] {
  const counted = Math.max(1, Math.round(trainRows * share));
  const count = Math.max(1, Math.min(STRETCHES, Math.floor(counted / ROWS_PER_STRETCH_MIN)));
  const length = Math.max(1, Math.floor(counted / count));
  return Array.from({ length: count }, (_, index) => {
    const middle = ((index + 0.5) * trainRows) / count;
    return warmed(Math.max(0, Math.floor(middle - length / 2)), length, trainRows);
  });
}

/**
 * The rows that arrive in some consecutive blocks of the middle.
 *
 * @param count of blocks, at least 1
 */
export function middleBlocks(
  { blocks, trainRows }: TraceCut,
  arrivalsMs: ArrayLike<number>,
  count: number,
): Stretch | null {
  const first = Math.max(0, Math.floor((blocks.length - count) / 2));
  const last = Math.min(blocks.length, first + count) - 1;
  const start = firstRowFrom(arrivalsMs, blocks[first]!.startMs, trainRows);
  const end = firstRowFrom(arrivalsMs, blocks[last]!.endMs, trainRows);
  return end > start ? warmed(start, end - start, trainRows) : null;
}

/** Rows that a replay of the stretch goes through. */
export function rowsOf({ fromRow, toRow }: Stretch): number {
  return toRow - fromRow;
}

function warmed(start: number, length: number, rowsMax: number): Stretch {
  const toRow = Math.min(rowsMax, start + length);
  return { fromRow: Math.max(0, start - Math.ceil(length * WARM_UP_SHARE)), countFromRow: start, toRow };
}

/** The first of the first `rows` rows that arrives at `timeMs` or later; `rows` when none does. */
function firstRowFrom(arrivalsMs: ArrayLike<number>, timeMs: number, rows: number): number {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (arrivalsMs[middle]! >= timeMs) high = middle;
    else low = middle + 1;
  }
  return low;
}
