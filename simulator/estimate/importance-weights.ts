import type { BanditTable } from './bandit-table.ts';

/** How far the log's choices can stand for those of the other policy. */
export interface WeightDiagnostics {
  readonly rows: number;
  /** (sum w)^2 / sum w^2, the number of equally weighted rows that would say as much (L. Kish, Survey Sampling, 1965, 11.7). */
  readonly effectiveSampleSize: number;
  /** 1 in expectation, unless the other policy does what the log's never did. */
  readonly meanWeight: number;
  readonly largestWeight: number;
  /** Of the sum of all weights, 0 to 1. */
  readonly largestWeightShare: number;
  /** Share of the rows with more than one candidate, */
  readonly choiceShare: number;
  /** and of those in which chance had a say. */
  readonly randomisedShare: number;
  /** Mean probability with which the other policy does what the log's could not have done at all. */
  readonly unsupportedShare: number;
}

/** Probability under the other policy / probability under the log's, row by row. */
export function importanceWeights({ rows, targetPropensity, loggedPropensity }: BanditTable): Float64Array {
  const weights = new Float64Array(rows);
  for (let row = 0; row < rows; row++) weights[row] = targetPropensity[row]! / loggedPropensity[row]!;
  return weights;
}

export function weightDiagnostics(table: BanditTable, weights: Float64Array): WeightDiagnostics {
  const { rows, loggedPropensity, eligible } = table;
  let sum = 0;
  let squares = 0;
  let largest = 0;
  let choices = 0;
  let randomised = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights[row]!;
    sum += weight;
    squares += weight * weight;
    if (weight > largest) largest = weight;
    if (eligible[row]! > 1) choices++;
    if (loggedPropensity[row]! < 1) randomised++;
  }
  return {
    rows,
    effectiveSampleSize: squares === 0 ? 0 : (sum * sum) / squares,
    meanWeight: rows === 0 ? 0 : sum / rows,
    largestWeight: largest,
    largestWeightShare: sum === 0 ? 0 : largest / sum,
    choiceShare: rows === 0 ? 0 : choices / rows,
    randomisedShare: rows === 0 ? 0 : randomised / rows,
    unsupportedShare: rows === 0 ? 0 : unsupportedProbability(table) / rows,
  };
}

function unsupportedProbability({ candidateTarget, candidateLogged }: BanditTable): number {
  let sum = 0;
  for (let index = 0; index < candidateTarget.length; index++) {
    if (!(candidateLogged[index]! > 0)) sum += candidateTarget[index]!;
  }
  return sum;
}
