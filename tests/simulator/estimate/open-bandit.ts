/**
 * Rows of the Open Bandit data (Saito et al., arXiv 2008.07146): one item of a shop was shown at one of three positions,
 * with a logged probability, and clicked or not. Under the random policy each item has the probability 1 / items at
 * every position; the logged probabilities are conditional on the position too.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { BanditTable } from '../../../simulator/estimate/bandit-table.ts';

const POSITIONS = 3;

export interface OpenBandit {
  /** Judged is the random policy. Of the candidates' probabilities the data have only that of the item shown. */
  readonly table: BanditTable;
  readonly clicks: Float64Array;
}

/** @param items that the campaign has: 34 (men) or 46 (women) */
export function readOpenBandit(path: string, items: number): OpenBandit {
  const [, ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  const cells = lines.map((line) => line.split(',').slice(1, 5).map(Number) as [number, number, number, number]);
  const rows = cells.length;
  const table: BanditTable = {
    rows,
    actions: items,
    contexts: POSITIONS,
    action: Uint16Array.from(cells, ([item]) => item),
    context: Uint8Array.from(cells, ([, position]) => position - 1),
    loggedPropensity: Float64Array.from(cells, ([, , , propensity]) => propensity),
    targetPropensity: new Float64Array(rows).fill(1 / items),
    eligible: new Uint16Array(rows).fill(items),
    explorable: new Float64Array(rows).fill(1),
    candidateStart: Uint32Array.from({ length: rows + 1 }, (_, row) => row * items),
    candidateAction: Uint16Array.from({ length: rows * items }, (_, index) => index % items),
    candidateTarget: new Float64Array(rows * items).fill(1 / items),
    candidateLogged: Float64Array.from({ length: rows * items }, (_, index) => {
      const [item, , , propensity] = cells[Math.floor(index / items)]!;
      return item === index % items ? propensity : NaN;
    }),
  };
  return { table, clicks: Float64Array.from(cells, ([, , click]) => click) };
}
