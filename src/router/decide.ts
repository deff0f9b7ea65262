/** One decision: filter -> score -> pick, and the record of it. */
import { REJECTIONS, TARGET_STATES, type CandidateExplanation, type Decision, type DecisionCause } from './contract.ts';
import { ELIGIBLE, FIELD } from './candidates/candidate-field.ts';
import { filterCandidates } from './candidates/filter-candidates.ts';
import type { Picker } from './pick/picker.ts';
import { PICKERS, pickTarget, propensityOf } from './pick/pick-target.ts';
import type { BalancingMode } from './policy.ts';
import type { Steered } from './routes/steer-request.ts';
import type { RoutingDecision } from './steering.ts';
import { selectionWeight } from './pick/weighted.ts';
import { decisionPressure, scoreCandidates } from './score/score-candidates.ts';
import type { PendingRequest } from './state/pending-request.ts';
import type { RouterState } from './state/router-state.ts';
import { STANDING } from './state/standing-columns.ts';

const { FIRST_TOKEN, LOAD, SPEED, SUCCESS, COLUMNS: STANDING_COLUMNS } = STANDING;
const { CACHE, COST, COLUMNS: FIELD_COLUMNS } = FIELD;

/**
 * Chooses a target for the request's next attempt. The state changes only in its scratch arrays.
 *
 * @returns the target's index, or -1 when no candidate is eligible
 */
export function chooseTarget(state: RouterState, pending: PendingRequest, nowMs: number): number {
  filterCandidates(state, pending, nowMs);
  return state.field.eligibleCount === 0 ? -1 : chooseAmongEligible(state, pending, nowMs);
}

/** The second half of {@link chooseTarget}, after the filters found at least one eligible candidate. */
export function chooseAmongEligible(state: RouterState, pending: PendingRequest, nowMs: number): number {
  const { pick, policy, field } = state;
  pick.pressure = decisionPressure(state);
  scoreCandidates(state, pending.request, state.weights[pending.weightRow]!, pick.pressure, nowMs);
  pick.requestId = pending.request.requestId;
  pick.attempt = pending.attempts + 1;
  // Exploring costs quality and money: not at the expense of those who are in a hurry, and less as a budget runs out.
  pick.explorationRate = pending.priority === 'high' ? 0 : policy.explorationRate * (1 - pick.pressure);
  pick.probeRate = policy.health.probeRate;
  pick.staticWeights = field.tier.weights;
  return pickTarget(pick, PICKERS[modeOf(state, pending)]);
}

/** How the last filtering's candidates are chosen among. */
function modeOf({ field, policy, pool }: RouterState, { steered, stickyLane }: PendingRequest): BalancingMode {
  const isNamed = steered !== null && (steered.forced !== null || isOf(pool, field, stickyLane));
  // A model was named and none of its keys: they take turns.
  if (isNamed && field.lane.isModelOfKeys) return 'round-robin';
  return field.tier.mode ?? policy.mode;
}

/** The candidates are those of this lane. */
function isOf({ lanes }: RouterState['pool'], { lane }: RouterState['field'], position: number): boolean {
  return position >= 0 && lane === lanes[position];
}

/** The record of the choice just made; must be called before the next decision overwrites the scratch arrays. */
export function recordDecision(
  state: RouterState,
  pending: PendingRequest,
  cause: DecisionCause,
  nowMs: number,
  isExplained: boolean,
): Decision {
  const { pick, field, pool } = state;
  const mode = modeOf(state, pending);
  const found = field.eligibleCount > 0;
  return {
    arm: pending.arm,
    cause,
    mode,
    requestClass: pending.requestClass,
    priority: pending.priority,
    target: found ? pool.targetIds[pick.chosen]! : null,
    propensity: found ? propensityOf(pick, PICKERS[mode], pick.chosen) : 0,
    explored: found && pick.explored,
    draw: found ? pick.draw : 0,
    eligible: field.eligibleCount,
    budgetPressure: found ? pick.pressure : 0,
    queuedMs: pending.queuedMs,
    routing: pending.steered === null ? null : routingOf(state, pending, pending.steered),
    candidates: isExplained ? explainCandidates(state, PICKERS[mode], nowMs) : null,
  };
}

/** A plain loop: it runs for every logged decision, and closures made on the way would cost more than what they read. */
function explainCandidates(state: RouterState, picker: Picker, nowMs: number): CandidateExplanation[] {
  const { field, pool, policy, health, pick } = state;
  const { sharpness } = policy.score;
  const { lane } = field;
  const candidates: CandidateExplanation[] = [];
  for (let index = 0; index < lane.targets.length; index++) {
    const target = lane.targets[index]!;
    const rejection = field.rejection[target]!;
    const isEligible = rejection === ELIGIBLE;
    const row = target * STANDING_COLUMNS;
    const cell = target * FIELD_COLUMNS;
    const score = isEligible ? field.score(target) : 0;
    candidates.push({
      target: pool.targetIds[target]!,
      state: TARGET_STATES[health.stateAt(target, nowMs)]!,
      rejection: isEligible ? null : REJECTIONS[rejection - 1]!,
      score,
      weight: isEligible ? selectionWeight(score, sharpness) : 0,
      propensity: isEligible ? propensityOf(pick, picker, target) : 0,
      terms: {
        success: isEligible ? field.standing[row + SUCCESS]! : 0,
        firstToken: isEligible ? field.standing[row + FIRST_TOKEN]! : 0,
        speed: isEligible ? field.standing[row + SPEED]! : 0,
        cache: isEligible ? field.values[cell + CACHE]! : 0,
        cost: isEligible ? field.values[cell + COST]! : 0,
        load: isEligible ? field.standing[row + LOAD]! : 0,
      },
    });
  }
  return candidates;
}

function routingOf({ field, pool }: RouterState, pending: PendingRequest, steered: Steered): RoutingDecision {
  const { tier } = field;
  const found = field.eligibleCount > 0;
  const isSticky = isOf(pool, field, pending.stickyLane);
  const mode = steered.forced !== null ? 'force' : isSticky ? 'sticky' : 'none';
  const usual = found ? tier.pool : null;
  return {
    requestedRoute: steered.requestedRoute,
    route: found && mode === 'none' ? tier.route : null,
    pool: mode === 'force' ? 'forced' : mode === 'sticky' ? 'sticky' : usual,
    reason: steered.reason,
    mode,
    scope: steered.scope,
    forceVision: found && tier.route === 'vision' && pool.routes !== null && pool.routes.forceVision,
    forceWebSearch: found && pool.routes !== null && pool.routes.forceWebSearch,
  };
}
