/** The one table of the stages: which step may follow which. */
import type { Promotion, Stage, Transition } from './promotion.ts';

const NEXT: Readonly<Record<Stage, readonly Stage[]>> = {
  draft: ['staged'],
  staged: ['shadow', 'canary', 'active', 'rolled_back'],
  shadow: ['canary', 'active', 'rolled_back'],
  canary: ['active', 'rolled_back'],
  active: ['retired', 'rolled_back'],
  // Brought back when the policy that took its place is rolled back.
  retired: ['active'],
  rolled_back: [],
};
/** Transitions that a promotion keeps; the log has them all. */
const TRANSITIONS_MAX = 50;

/** Who takes a step, when and why. */
export interface Step {
  /** Core's time, Unix ms. */
  readonly atMs: number;
  /** An operator's name as given, or `proxy`. */
  readonly who: string;
  readonly why: string;
}

export function mayFollow(from: Stage, to: Stage): boolean {
  return NEXT[from].includes(to);
}

/**
 * The promotion in its next stage, with the transition at the end of its list.
 *
 * @throws Error for a step that the table does not have: a bug, never an operator's mistake
 */
export function enterStage(promotion: Promotion, to: Stage, { atMs, who, why }: Step): Promotion {
  const { id: promotionId, policyHash, policyName, stage: from } = promotion;
  if (!mayFollow(from, to)) throw new Error(`promotion ${promotionId}: no step leads from ${from} to ${to}`);
  const transition: Transition = { atMs, promotionId, policyHash, policyName, from, to, who, why };
  const transitions = [...promotion.transitions, transition].slice(-TRANSITIONS_MAX);
  return { ...promotion, stage: to, stageSinceMs: atMs, pausedMs: 0, transitions };
}
