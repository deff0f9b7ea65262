/**
 * Whether failures come as often as the scenario says, where it says so: rows to which it gives like probabilities
 * together, against the share of them that failed (the reliability diagram of A. Murphy, R. Winkler, JRSS C 26, 1977).
 */
import { bootstrapInterval } from '../../statistics/block-bootstrap.ts';
import { hasEnded, hasFailed } from './figure-fit.ts';
import type { ReliabilityBin } from './goodness.ts';
import type { JudgedRows } from './judged-rows.ts';
import type { strataOf } from './strata.ts';
import { shareInterval } from '../share-interval.ts';

const BINS_MAX = 10;
const BIN_ROWS_MIN = 50;
/** Rows of one bin are given probabilities no further apart, if it has rows enough. */
const BIN_WIDTH_MAX = 0.03;

interface Cell {
  readonly probability: number;
  readonly positions: readonly number[];
}

/**
 * The probability of a row is the share of failures over all replicates and all rows of its target and stratum: a
 * scenario cannot know when trouble comes, only to whom and under which load.
 */
export function reliability(judged: JudgedRows, strata: ReturnType<typeof strataOf>): readonly ReliabilityBin[] {
  const cells = cellsOf(judged, strata);
  const rows = cells.reduce((sum, { positions }) => sum + positions.length, 0);
  const rowsWanted = Math.max(BIN_ROWS_MIN, rows / BINS_MAX);
  const bins: Cell[][] = [];
  let filled = Infinity;
  for (const cell of cells) {
    const first = bins[bins.length - 1]?.[0]?.probability ?? 0;
    const isFar = filled >= BIN_ROWS_MIN && cell.probability - first > BIN_WIDTH_MAX;
    if (filled >= rowsWanted || isFar) {
      bins.push([]);
      filled = 0;
    }
    bins[bins.length - 1]!.push(cell);
    filled += cell.positions.length;
  }
  // A last bin that did not fill up says little alone.
  if (bins.length > 1 && filled < BIN_ROWS_MIN) bins[bins.length - 2]!.push(...bins.pop()!);
  return bins.map((members) => binOf(judged, members));
}

/** Cells with rows that ended, by probability. */
function cellsOf(judged: JudgedRows, strata: ReturnType<typeof strataOf>): readonly Cell[] {
  const lists = new Map<number, number[]>();
  for (let position = 0; position < judged.rows; position++) {
    const key = judged.target[position]! * strata.count + strata.ofRow[position]!;
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [position]);
    else list.push(position);
  }
  return [...lists.values()]
    .flatMap((all) => {
      let ended = 0;
      let failed = 0;
      for (const { kind } of judged.replicates) {
        for (const position of all) {
          if (!hasEnded(kind[position]!)) continue;
          ended++;
          if (hasFailed(kind[position]!)) failed++;
        }
      }
      const positions = all.filter((position) => hasEnded(judged.observed.kind[position]!));
      return ended === 0 || positions.length === 0 ? [] : [{ probability: failed / ended, positions }];
    })
    .sort((a, b) => a.probability - b.probability);
}

function binOf({ observed, block, resampling }: JudgedRows, cells: readonly Cell[]): ReliabilityBin {
  const numerators = new Float64Array(resampling.blocks);
  const denominators = new Float64Array(resampling.blocks);
  let rows = 0;
  let expected = 0;
  for (const { positions, probability } of cells) {
    rows += positions.length;
    expected += positions.length * probability;
    for (const position of positions) {
      denominators[block[position]!]! += 1;
      if (hasFailed(observed.kind[position]!)) numerators[block[position]!]! += 1;
    }
  }
  const failed = numerators.reduce((sum, count) => sum + count, 0);
  // What never happened, or always did, is the same in every resample, which would make it certain.
  const { value, low95, high95 } =
    failed === 0 || failed === rows
      ? shareInterval(failed, rows)
      : bootstrapInterval({ kind: 'ratio', numerators, denominators }, resampling);
  const hasInterval = denominators.filter((count) => count > 0).length > 1;
  return {
    rows,
    simulated: expected / rows,
    observed: value ?? 0,
    low95: hasInterval ? low95 : null,
    high95: hasInterval ? high95 : null,
  };
}
