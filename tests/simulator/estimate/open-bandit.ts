/**
 * Rows of the Open Bandit data (Saito et al., arXiv 2008.07146): one item of a shop was shown at one of three positions,
 * with a logged probability, and clicked or not. Under the random policy each item has the probability 1 / items at
 * every position; the logged probabilities are conditional on the position too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { BanditTable } from '../../../simulator/estimate/bandit-table.ts';
import { fitDirectModel } from '../../../simulator/estimate/direct-model.ts';
import { estimateMetric } from '../../../simulator/estimate/estimate-table.ts';
import { gatesOf } from '../../../simulator/estimate/identifiability.ts';
import { importanceWeights, weightDiagnostics } from '../../../simulator/estimate/importance-weights.ts';

const POSITIONS = 3;

/** Share of clicks in the random policy's own logs: 46 of 10,000 each. */
export const CLICKS_OF_RANDOM = 0.0046;
/** Items that each campaign has. */
export const CAMPAIGN_ITEMS = { men: 34, women: 46 } as const;
export type Campaign = keyof typeof CAMPAIGN_ITEMS;

/** Beside the project. */
const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/traces/open-bandit/${name}.csv.gz`, import.meta.url));

export const hasOpenBandit = existsSync(pathOf('bts_men'));

export interface OpenBandit {
  /** Judged is the random policy. Of the candidates' probabilities the data have only that of the item shown. */
  readonly table: BanditTable;
  readonly clicks: Float64Array;
}

/** @param policy that showed the items: Bernoulli Thompson sampling, or the random one */
export function readOpenBandit(policy: 'bts' | 'random', campaign: Campaign): OpenBandit {
  const items = CAMPAIGN_ITEMS[campaign];
  const [, ...lines] = gunzipSync(readFileSync(pathOf(`${policy}_${campaign}`)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
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

/** The random policy, judged by the logs of Bernoulli Thompson sampling; the values are given whatever the gates say. */
export function judgeRandom(campaign: Campaign) {
  const { table, clicks } = readOpenBandit('bts', campaign);
  const weights = importanceWeights(table);
  const diagnostics = weightDiagnostics(table, weights);
  const metric = { numerator: fitDirectModel(table, clicks), denominator: null };
  const failed = gatesOf(diagnostics).filter(({ pass }) => !pass);
  return { diagnostics, failed: failed.map(({ name }) => name), values: estimateMetric(table, weights, metric, 1) };
}
