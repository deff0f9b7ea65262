/** The core: requests, outcomes and the time go in, commands come out. No clock, no randomness, no I/O. */
import type { Arm, Canary } from './canary.ts';
import type { AttemptOutcome, Command, OperatorOrder, RouterRequest, TargetState } from './contract.ts';
import { RequestFlow, type SavedRequestFlow } from './request-flow.ts';
import type { Policy } from './policy.ts';
import type { PoolDefinition } from './pool.ts';
import type { HearShadow } from './shadow.ts';
import { compilePool } from './state/compiled-pool.ts';
import {
  createRouterState,
  loadRouterState,
  saveRouterState,
  type RouterState,
  type SavedRouterState,
} from './state/router-state.ts';
import { viewBudget, viewTarget, type BudgetView, type TargetView } from './views.ts';

/** Changes whenever the same inputs may give other decisions. */
export const CORE_VERSION = '3';

export interface RouterOptions {
  /** Base of all keyed draws; any safe integer. */
  readonly seed: number;
  /** Put the candidates into each decision. Costs time, changes nothing else. */
  readonly explain?: boolean;
}

/** JSON-safe: everything needed to go on where the router stood. */
export interface RouterSnapshot {
  readonly coreVersion: string;
  readonly pool: PoolDefinition;
  readonly policy: Policy;
  /** Left out by routers of before there were canaries, which had none. */
  readonly canary?: Canary | null;
  readonly options: RouterOptions;
  /** Time of the last input. */
  readonly nowMs: number;
  readonly state: SavedRouterState;
  readonly flow: SavedRequestFlow;
}

export interface Router {
  /** Sorted; `SendCommand.targetIndex` is a position in it. */
  readonly targetIds: readonly string[];
  /** A new request. @throws Error when a request of that id is in flight already. */
  begin(request: RouterRequest, nowMs: number): readonly Command[];
  /** An attempt's end; one that the router does not wait for (any more) changes nothing. */
  observe(outcome: AttemptOutcome, nowMs: number): readonly Command[];
  /** Time has passed; calling it too early changes nothing. */
  wake(nowMs: number): readonly Command[];
  /** An operator's order: disable, enable or cool down a target. @throws Error for an unknown target or a rest without end. */
  order(order: OperatorOrder, nowMs: number): readonly Command[];
  /** When `wake` has something to do next; Infinity when nothing is due. */
  readonly nextWakeAtMs: number;
  /** State of a target as of the last input; reading it changes nothing. */
  stateOf(targetIndex: number): TargetState;
  /** What is limited, for people, e.g. `key aurora.main: tokens per 1m`. */
  readonly budgetLabels: readonly string[];
  /** Use of a budget rule as of the last input, 1 = at its limit. */
  budgetUse(ruleIndex: number): number;
  /** Requests known to the router that have not ended: in flight, queued or backing off. */
  readonly openRequests: number;
  /** Those of them that are queued. */
  readonly waitingRequests: number;
  /** Sessions with instructions in force, or bound to a target; those that have expired count until they are swept. */
  readonly rememberedSessions: number;
  /** How a target stands at a time that is not before the last input; looking changes nothing. */
  viewTarget(targetIndex: number, nowMs: number): TargetView;
  /** How far a budget rule is used at a time that is not before the last input; looking changes nothing. */
  viewBudget(ruleIndex: number, nowMs: number): BudgetView;
  /**
   * From now on, each decision comes with what this policy would have decided at that moment; see `Shadow`. It changes
   * nothing of what the router does, is no part of a snapshot, and ends with this router: a reconfigured one has none.
   */
  shadow(policy: Policy, hear: HearShadow): void;
  /** Nothing is told of any more. */
  endShadow(): void;
  /** A part of the sessions goes by its policy; null: there is none. See `reconfigureRouter`. */
  readonly canary: Canary | null;
  /** Of an open request as it began; of any other, the arm that it would begin in. */
  armOf(request: RouterRequest): Arm;
  snapshot(): RouterSnapshot;
}

/**
 * @throws Error when the pool contradicts itself (unknown key, double id). Policy and pool are trusted otherwise:
 * `src/config` checks what people write.
 */
export function createRouter(pool: PoolDefinition, policy: Policy, options: RouterOptions): Router {
  return assembleRouter(pool, policy, options, null, () => {});
}

/** @throws Error when another core version took the snapshot: its state may mean something else. */
export function restoreRouter(snapshot: RouterSnapshot): Router {
  if (snapshot.coreVersion !== CORE_VERSION) {
    throw new Error(`the snapshot is of core version ${snapshot.coreVersion}, this is ${CORE_VERSION}`);
  }
  const { pool, policy, options, canary = null } = snapshot;
  return assembleRouter(pool, policy, options, canary, (state, flow) => {
    loadRouterState(state, snapshot.state);
    flow.load(snapshot.flow, snapshot.nowMs);
  });
}

/** Puts a router together; `load` fills its state and its requests before it is used. Not for drivers. */
export function assembleRouter(
  pool: PoolDefinition,
  policy: Policy,
  options: RouterOptions,
  canary: Canary | null,
  load: (state: RouterState, flow: RequestFlow) => void,
): Router {
  const state = createRouterState(compilePool(pool), policy, options.seed);
  const flow = new RequestFlow(state, options.seed, options.explain ?? false, canary);
  load(state, flow);
  return new CoreRouter(pool, policy, options, state, flow);
}

/**
 * A class, because an object literal with getters would be of another hidden class for every router, and whoever
 * drives several of them one after the other would lose the engine's fast access.
 */
class CoreRouter implements Router {
  readonly targetIds: readonly string[];
  readonly budgetLabels: readonly string[];
  private readonly pool: PoolDefinition;
  private readonly policy: Policy;
  private readonly options: RouterOptions;
  private readonly state: RouterState;
  private readonly flow: RequestFlow;

  constructor(pool: PoolDefinition, policy: Policy, options: RouterOptions, state: RouterState, flow: RequestFlow) {
    this.targetIds = state.pool.targetIds;
    this.budgetLabels = state.ledger.labels;
    this.pool = pool;
    this.policy = policy;
    this.options = options;
    this.state = state;
    this.flow = flow;
  }

  begin(request: RouterRequest, nowMs: number): readonly Command[] {
    return this.flow.begin(request, nowMs);
  }

  observe(outcome: AttemptOutcome, nowMs: number): readonly Command[] {
    return this.flow.observe(outcome, nowMs);
  }

  wake(nowMs: number): readonly Command[] {
    return this.flow.wake(nowMs);
  }

  order({ kind, target, untilMs }: OperatorOrder, nowMs: number): readonly Command[] {
    const { state, flow, policy } = this;
    const index = state.pool.targetIds.indexOf(target);
    if (index < 0) throw new Error(`there is no target "${target}"`);
    if (untilMs !== null && !Number.isFinite(untilMs)) {
      throw new Error(`target "${target}" cannot rest until ${untilMs} ms: disable it instead`);
    }
    flow.advance(nowMs);
    if (kind === 'disable') state.health.disable(index);
    else if (kind === 'enable') state.health.enable(index);
    else state.health.expel(index, untilMs ?? nowMs + policy.health.cooldownMs);
    state.standing.keyChanged(index);
    return flow.targetsChanged(state.pool.keyOf[index]!, nowMs);
  }

  get nextWakeAtMs(): number {
    return this.flow.nextWakeAtMs;
  }

  stateOf(targetIndex: number): TargetState {
    return this.state.health.nameOf(targetIndex);
  }

  budgetUse(ruleIndex: number): number {
    return this.state.ledger.use(ruleIndex, this.flow.latestMs);
  }

  get openRequests(): number {
    return this.flow.openRequests;
  }

  get waitingRequests(): number {
    return this.state.keys.waitingTotal;
  }

  get rememberedSessions(): number {
    return this.state.sessions.size;
  }

  viewTarget(targetIndex: number, nowMs: number): TargetView {
    return viewTarget(this.state, targetIndex, nowMs);
  }

  viewBudget(ruleIndex: number, nowMs: number): BudgetView {
    return viewBudget(this.state, ruleIndex, nowMs);
  }

  shadow(policy: Policy, hear: HearShadow): void {
    this.flow.follow(policy, hear);
  }

  endShadow(): void {
    this.flow.unfollow();
  }

  get canary(): Canary | null {
    return this.flow.canary;
  }

  armOf(request: RouterRequest): Arm {
    return this.flow.armOf(request);
  }

  snapshot(): RouterSnapshot {
    const { pool, policy, options, flow } = this;
    const { canary, latestMs: nowMs } = flow;
    const state = saveRouterState(this.state);
    return { coreVersion: CORE_VERSION, pool, policy, canary, options, nowMs, state, flow: flow.save() };
  }
}
