/** Everything the router owns and changes, in one place. */
import { CandidateField } from '../candidates/candidate-field.ts';
import { PickContext } from '../pick/picker.ts';
import type { Policy } from '../policy.ts';
import { classWeights } from '../score/class-weights.ts';
import { SessionTable, type SavedSessions } from '../sessions/session-table.ts';
import { BudgetLedger } from './budget-ledger.ts';
import type { CompiledPool } from './compiled-pool.ts';
import { KeyGate } from './key-gate.ts';
import { PrefixWarmth } from './prefix-warmth.ts';
import { TargetEstimates } from './target-estimates.ts';
import { TargetHealth } from './target-health.ts';
import { TargetStanding } from './target-standing.ts';

export interface RouterState {
  readonly pool: CompiledPool;
  readonly policy: Policy;
  readonly weights: readonly Float64Array[];
  readonly health: TargetHealth;
  readonly estimates: TargetEstimates;
  readonly keys: KeyGate;
  readonly ledger: BudgetLedger;
  readonly warmth: PrefixWarmth;
  readonly sessions: SessionTable;
  /** Derived from the above, so not part of a snapshot. */
  readonly standing: TargetStanding;
  readonly lastPicked: Float64Array;
  /** Scratch of the decision at hand. */
  readonly field: CandidateField;
  readonly pick: PickContext;
}

export function createRouterState(pool: CompiledPool, policy: Policy, seed: number): RouterState {
  const targets = pool.targetIds.length;
  const estimates = new TargetEstimates(targets, policy);
  const health = new TargetHealth(pool, policy.health, (target) => estimates.forget(target));
  const keys = new KeyGate(pool, policy);
  const ledger = new BudgetLedger(pool, policy.budget.softThreshold);
  const standing = new TargetStanding(pool, policy, estimates, health, keys, ledger);
  const lastPicked = new Float64Array(targets).fill(-1);
  const field = new CandidateField(targets, standing.rows);
  return {
    pool,
    policy,
    weights: classWeights(policy),
    health,
    estimates,
    keys,
    ledger,
    warmth: new PrefixWarmth(policy.affinity),
    sessions: new SessionTable(policy.sessions),
    standing,
    lastPicked,
    field,
    pick: new PickContext(field, seed, policy.score.sharpness, lastPicked, health.states),
  };
}

/**
 * The same state as another policy sees it: what the router owns is shared, what the policy makes of it and the
 * scratch of a decision are its own. To be read at the time of the router's last input, and never to be changed.
 */
export function createShadowState(real: RouterState, policy: Policy, seed: number): RouterState {
  const { pool, estimates, health, keys, ledger, lastPicked } = real;
  const standing = new TargetStanding(pool, policy, estimates, health, keys, ledger, true);
  const field = new CandidateField(pool.targetIds.length, standing.rows);
  const pick = new PickContext(field, seed, policy.score.sharpness, lastPicked, health.states);
  return { ...real, policy, weights: classWeights(policy), standing, field, pick };
}

export interface SavedRouterState {
  readonly health: ReturnType<TargetHealth['save']>;
  readonly estimates: ReturnType<TargetEstimates['save']>;
  readonly keys: ReturnType<KeyGate['save']>;
  readonly ledger: ReturnType<BudgetLedger['save']>;
  readonly warmth: ReturnType<PrefixWarmth['save']>;
  readonly sessions: SavedSessions;
  readonly lastPicked: readonly number[];
}

export function saveRouterState(state: RouterState): SavedRouterState {
  return {
    health: state.health.save(),
    estimates: state.estimates.save(),
    keys: state.keys.save(),
    ledger: state.ledger.save(),
    warmth: state.warmth.save(),
    sessions: state.sessions.save(),
    lastPicked: [...state.lastPicked],
  };
}

export function loadRouterState(state: RouterState, saved: SavedRouterState): void {
  state.health.load(saved.health);
  state.estimates.load(saved.estimates);
  state.keys.load(saved.keys);
  state.ledger.load(saved.ledger);
  state.warmth.load(saved.warmth);
  state.sessions.load(saved.sessions);
  state.lastPicked.set(saved.lastPicked);
}
