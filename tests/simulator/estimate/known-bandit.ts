/** Bandits whose truth is known, because they are made here. */
import { DRAW_PURPOSE_OUTSIDE_ROUTER, drawUniform } from '../../../src/router/keyed-draw.ts';
import type { BanditTable } from '../../../simulator/estimate/bandit-table.ts';

const PURPOSE = DRAW_PURPOSE_OUTSIDE_ROUTER + 901;

export interface BanditLaw {
  /** Probability of each action by context. */
  readonly logging: readonly (readonly number[])[];
  readonly target: readonly (readonly number[])[];
  /** Probability of a reward of 1, by context and action. */
  readonly reward: readonly (readonly number[])[];
}

export interface KnownBandit {
  readonly table: BanditTable;
  readonly observed: Float64Array;
  /** Expected reward by the law, in the contexts that were drawn. */
  readonly truth: { readonly logging: number; readonly target: number };
}

/** @param believed what is logged as the propensities, when it is not what the actions were drawn by */
export function drawBandit(law: BanditLaw, rows: number, seed: number, believed = law.logging): KnownBandit {
  const contexts = law.logging.length;
  const actions = law.logging[0]!.length;
  const context = new Uint8Array(rows);
  const action = new Uint16Array(rows);
  const observed = new Float64Array(rows);
  const truth = { logging: 0, target: 0 };
  for (let row = 0; row < rows; row++) {
    const at = Math.floor(drawUniform(seed, row, 0, PURPOSE) * contexts);
    const chosen = drawFrom(law.logging[at]!, drawUniform(seed, row, 1, PURPOSE));
    context[row] = at;
    action[row] = chosen;
    observed[row] = drawUniform(seed, row, 2, PURPOSE) < law.reward[at]![chosen]! ? 1 : 0;
    truth.logging += dot(law.logging[at]!, law.reward[at]!) / rows;
    truth.target += dot(law.target[at]!, law.reward[at]!) / rows;
  }
  return { table: tableOf(context, action, believed, law.target, actions), observed, truth };
}

/** A table in which every action is a candidate of every row. */
export function tableOf(
  context: Uint8Array,
  action: Uint16Array,
  logging: readonly (readonly number[])[],
  target: readonly (readonly number[])[],
  actions: number,
): BanditTable {
  const rows = action.length;
  const every = <T>(of: (row: number, action: number) => T): T[] =>
    Array.from({ length: rows * actions }, (_, index) => of(Math.floor(index / actions), index % actions));
  return {
    rows,
    actions,
    contexts: logging.length,
    action,
    context,
    loggedPropensity: Float64Array.from(action, (chosen, row) => logging[context[row]!]![chosen]!),
    targetPropensity: Float64Array.from(action, (chosen, row) => target[context[row]!]![chosen]!),
    eligible: new Uint16Array(rows).fill(actions),
    explorable: new Float64Array(rows).fill(1),
    candidateStart: Uint32Array.from({ length: rows + 1 }, (_, row) => row * actions),
    candidateAction: Uint16Array.from(every((_, one) => one)),
    candidateTarget: Float64Array.from(every((row, one) => target[context[row]!]![one]!)),
    candidateLogged: Float64Array.from(every((row, one) => logging[context[row]!]![one]!)),
  };
}

function drawFrom(probabilities: readonly number[], uniform: number): number {
  let left = uniform;
  for (let action = 0; action < probabilities.length - 1; action++) {
    left -= probabilities[action]!;
    if (left < 0) return action;
  }
  return probabilities.length - 1;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
