/**
 * What an action is expected to come to in a context: a mean over rows of the same action and context, drawn towards
 * the action's mean, and that towards the mean of all, each as if the latter had been seen {@link PRIOR_ROWS} times
 * (shrinkage with a fixed prior weight; H. Robbins, 3rd Berkeley Symposium, 1956, is the idea). Fitted across folds of
 * time, so that no row has a say in what is expected of itself (V. Chernozhukov et al., Econometrics Journal 21, 2018).
 */
import type { BanditTable, ModelledReward } from './bandit-table.ts';

/** How many rows the coarser mean is worth. */
const PRIOR_ROWS = 20;
/** Stretches of consecutive rows, each judged by the others. */
const FOLDS = 5;

/** @param observed what came of each row; finite */
export function fitDirectModel(table: BanditTable, observed: Float64Array): ModelledReward {
  const { rows } = table;
  const folds = Math.max(2, Math.min(FOLDS, rows));
  const sums = sumsByFold(table, observed, folds);
  const direct = new Float64Array(rows);
  const directValue = new Float64Array(rows);
  let fold = -1;
  let expected: Float64Array = new Float64Array(0);
  for (let row = 0; row < rows; row++) {
    const own = foldOf(row, rows, folds);
    if (own !== fold) {
      fold = own;
      expected = expectations(sums, table, fold);
    }
    direct[row] = expected[cellOf(table, table.action[row]!, row)]!;
    let value = 0;
    for (let index = table.candidateStart[row]!; index < table.candidateStart[row + 1]!; index++) {
      value += table.candidateTarget[index]! * expected[cellOf(table, table.candidateAction[index]!, row)]!;
    }
    directValue[row] = value;
  }
  return { observed, direct, directValue };
}

/** Sum and number of rows of each cell (action x context), by fold. */
interface CellSums {
  readonly sum: readonly Float64Array[];
  readonly count: readonly Float64Array[];
}

function sumsByFold(table: BanditTable, observed: Float64Array, folds: number): CellSums {
  const cells = table.actions * table.contexts;
  const sum = Array.from({ length: folds }, () => new Float64Array(cells));
  const count = Array.from({ length: folds }, () => new Float64Array(cells));
  for (let row = 0; row < table.rows; row++) {
    const fold = foldOf(row, table.rows, folds);
    const cell = cellOf(table, table.action[row]!, row);
    sum[fold]![cell]! += observed[row]!;
    count[fold]![cell]! += 1;
  }
  return { sum, count };
}

/** The expectation of each cell from all folds but one. */
function expectations({ sum, count }: CellSums, { actions, contexts }: BanditTable, leftOut: number): Float64Array {
  const cells = actions * contexts;
  const total = new Float64Array(cells);
  const number = new Float64Array(cells);
  for (let fold = 0; fold < sum.length; fold++) {
    if (fold === leftOut) continue;
    for (let cell = 0; cell < cells; cell++) {
      total[cell]! += sum[fold]![cell]!;
      number[cell]! += count[fold]![cell]!;
    }
  }
  const rows = sumOf(number, 0, cells);
  const ofAll = rows === 0 ? 0 : sumOf(total, 0, cells) / rows;
  const expected = new Float64Array(cells);
  for (let action = 0; action < actions; action++) {
    const from = action * contexts;
    const ofAction = drawnTowards(ofAll, sumOf(total, from, from + contexts), sumOf(number, from, from + contexts));
    for (let cell = from; cell < from + contexts; cell++) {
      expected[cell] = drawnTowards(ofAction, total[cell]!, number[cell]!);
    }
  }
  return expected;
}

function drawnTowards(coarser: number, sum: number, count: number): number {
  return (sum + PRIOR_ROWS * coarser) / (count + PRIOR_ROWS);
}

function sumOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index++) sum += values[index]!;
  return sum;
}

function cellOf({ contexts, context }: BanditTable, action: number, row: number): number {
  return action * contexts + context[row]!;
}

function foldOf(row: number, rows: number, folds: number): number {
  return Math.floor((row * folds) / rows);
}
