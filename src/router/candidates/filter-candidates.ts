/** The filters, in the order in which they give their reasons. A rejected target can never be picked. */
import type { RouterRequest } from '../contract.ts';
import type { RouterState } from '../state/router-state.ts';
import { neededCapabilities, type Lane } from '../state/compiled-lanes.ts';
import type { CompiledPool } from '../state/compiled-pool.ts';
import { keepBestRanked, keepToSession } from './rank-candidates.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import { STANDING } from '../state/standing-columns.ts';
import { STATE_CODE } from '../state/target-state-machine.ts';
import { ELIGIBLE, REJECTION_CODE } from './candidate-field.ts';

const { MICRO_USD_LEFT, MONEY_USE, OPEN_FROM_MS, TOKENS_LEFT, COLUMNS: STANDING_COLUMNS } = STANDING;

const NO_RULES = new Int32Array(0);

/**
 * Lists the eligible targets for the request's next attempt, gives the others their reason in `field.rejection`, and
 * surveys the budgets that the request would be charged to. What the session sticks to is asked first; only when it has
 * nobody is the request's own lane.
 */
export function filterCandidates(state: RouterState, pending: PendingRequest, nowMs: number): void {
  state.standing.refresh(nowMs);
  if (pending.stickyLane >= 0) {
    filterLane(state, pending.stickyLane, pending, nowMs);
    if (state.field.eligibleCount > 0) return;
  }
  filterLane(state, pending.lane, pending, nowMs);
}

function filterLane(state: RouterState, position: number, pending: PendingRequest, nowMs: number): void {
  const { field, standing, health, policy } = state;
  const lane = state.pool.lanes[position]!;
  const { request } = pending;
  field.lane = lane;
  field.tier = lane.tiers[0]!;
  const isAnyoneCapable = suitsEveryone(lane, request);
  const isCalm = areBudgetsCalm(state, lane, pending);
  const isSafe = request.inputTokens < lane.everyone.contextTokens * policy.routing.warnRatio;
  // As a last resort somebody may serve who cannot hold input and answer together, and must come last.
  const isFlat = lane.tierOf === null && isSafe && (isAnyoneCapable || lane.lastResort === null);
  if (
    isAnyoneCapable &&
    isCalm &&
    isFlat &&
    standing.isEveryoneOpen(position) &&
    pending.triedTargets.length === 0 &&
    pending.barred.length === 0
  ) {
    field.takeAll(lane.targets);
    field.moneyUse = 0;
    field.clientMicroUsdLeft = Infinity;
    field.clientUse = 0;
  } else {
    filterEach(state, lane, pending, isAnyoneCapable, isCalm, nowMs);
    if (!isFlat) keepBestRanked(state, lane, pending);
  }
  if (policy.affinity.stick !== 'none' && !isNamedLane(position, pending)) keepToSession(state, pending, nowMs);
  field.probingCount = health.probingTargets > 0 ? countProbing(state) : 0;
}

/** Is it what an instruction names? Its keys take turns, whatever served the session before. */
function isNamedLane(position: number, { steered, stickyLane }: PendingRequest): boolean {
  return position === stickyLane || (steered !== null && steered.forced !== null);
}

/** Asks target by target. Gives what the short cut of {@link filterCandidates} gives wherever that is taken. */
function filterEach(
  state: RouterState,
  lane: Lane,
  pending: PendingRequest,
  isAnyoneCapable: boolean,
  isCalm: boolean,
  nowMs: number,
): void {
  const { field } = state;
  const { rows } = state.standing;
  const { rejection } = field;
  const { triedTargets, barred } = pending;
  const { targets } = lane;
  const eligible = field.startList();
  const isClientBudgetUsedUp = surveyClientBudget(state, pending, nowMs);
  let count = 0;
  let moneyUse = 0;
  for (let position = 0; position < targets.length; position++) {
    const target = targets[position]!;
    const row = target * STANDING_COLUMNS;
    if (
      nowMs >= rows[row + OPEN_FROM_MS]! &&
      (isCalm || (!isClientBudgetUsedUp && allowsBudget(state, target, pending, nowMs))) &&
      (isAnyoneCapable || mayServe(state, lane, target, pending.request)) &&
      (triedTargets.length === 0 || !triedTargets.includes(target)) &&
      (barred.length === 0 || !barred.includes(target))
    ) {
      rejection[target] = ELIGIBLE;
      eligible[count++] = target;
      if (!isCalm) moneyUse = Math.max(moneyUse, rows[row + MONEY_USE]!);
    } else {
      rejection[target] = reasonToReject(state, lane, target, pending, isClientBudgetUsedUp, nowMs);
    }
  }
  field.eligibleCount = count;
  field.moneyUse = moneyUse;
}

/** No budget, whosever it is, can have a say in where this request goes. */
function areBudgetsCalm({ ledger, standing }: RouterState, { everyone }: Lane, pending: PendingRequest): boolean {
  if (standing.areBudgetsKept) return false;
  return ledger.isCalmFor(
    pending.reservedTokens,
    pending.request.inputTokens * everyone.inputPrice + pending.reservedOutputTokens * everyone.outputPrice + 1,
  );
}

/**
 * Do the target's budgets, and the client key's money, allow what the request may use at most? What stands in
 * the row may be a little too low (see `TargetStanding.refreshBudgets`), so a no is asked again.
 */
function allowsBudget(state: RouterState, target: number, pending: PendingRequest, nowMs: number): boolean {
  if (state.standing.areBudgetsKept && fitsBudget(state, target, pending)) return true;
  state.standing.refreshBudgets(target, nowMs);
  return fitsBudget(state, target, pending);
}

function fitsBudget(state: RouterState, target: number, pending: PendingRequest): boolean {
  const { rows } = state.standing;
  const row = target * STANDING_COLUMNS;
  const microUsdLeft = Math.min(rows[row + MICRO_USD_LEFT]!, state.field.clientMicroUsdLeft);
  return (
    pending.reservedTokens <= rows[row + TOKENS_LEFT]! &&
    (microUsdLeft === Infinity || reservedMicroUsd(state, target, pending) <= microUsdLeft)
  );
}

function countProbing({ field, health }: RouterState): number {
  let count = 0;
  for (let position = 0; position < field.eligibleCount; position++) {
    if (health.isProbing(field.eligible[position]!)) count++;
  }
  return count;
}

/** The first filter that a target which failed one of them does not pass, as a code of {@link REJECTION_CODE}. */
function reasonToReject(
  state: RouterState,
  lane: Lane,
  target: number,
  pending: PendingRequest,
  isClientBudgetUsedUp: boolean,
  nowMs: number,
): number {
  const { pool, health, keys } = state;
  const key = pool.keyOf[target]!;
  const healthState = health.states[target];
  if (healthState === STATE_CODE.disabled) return REJECTION_CODE.disabled;
  if (!mayServe(state, lane, target, pending.request)) return REJECTION_CODE.not_capable;
  if (pending.triedTargets.includes(target) || pending.barred.includes(target)) return REJECTION_CODE.excluded;
  if (healthState === STATE_CODE.cooldown) return REJECTION_CODE.cooldown;
  if (health.blockedUntilMs(target, nowMs) > nowMs) return REJECTION_CODE.unhealthy;
  if (nowMs < keys.limitedUntilMs[key]!) return REJECTION_CODE.rate_limited;
  if (isClientBudgetUsedUp || !allowsBudget(state, target, pending, nowMs)) {
    return REJECTION_CODE.budget_exhausted;
  }
  return keys.waiting[key]! >= keys.queueLimit[key]! ? REJECTION_CODE.queue_full : REJECTION_CODE.busy;
}

/** Can every target of the lane serve such a request? */
function suitsEveryone({ everyone }: Lane, request: RouterRequest): boolean {
  const needed = neededCapabilities(request);
  const outputTokens = request.maxOutputTokens ?? 0;
  return (
    (everyone.capabilities & needed) === needed &&
    request.inputTokens + outputTokens <= everyone.contextTokens &&
    outputTokens <= everyone.outputTokens &&
    (everyone.protocols === null || everyone.protocols.has(request.protocol))
  );
}

/** Is there no target in the lane that could serve such a request, whatever its state? */
export function suitsNobody(state: RouterState, lane: Lane, request: RouterRequest): boolean {
  const { targets } = lane;
  return targets.length > 0 && targets.every((target) => !mayServe(state, lane, target, request));
}

/** Could this target of the lane serve such a request, by what it is? */
export function mayServe(state: RouterState, lane: Lane, target: number, request: RouterRequest): boolean {
  return suits(state.pool, target, request) || isLastResort(state, lane, target, request);
}

/** Can this target serve such a request: tools, images, streaming, context window, longest answer, protocol? */
function suits(pool: CompiledPool, target: number, request: RouterRequest): boolean {
  return fitsWindow(pool, target, request) && suitsButForSize(pool, target, request);
}

function fitsWindow({ contextTokens }: CompiledPool, target: number, request: RouterRequest): boolean {
  return request.inputTokens + (request.maxOutputTokens ?? 0) <= contextTokens[target]!;
}

function suitsButForSize(pool: CompiledPool, target: number, request: RouterRequest): boolean {
  const needed = neededCapabilities(request);
  const protocols = pool.protocols[target]!;
  return (
    (pool.capabilities[target]! & needed) === needed &&
    (request.maxOutputTokens ?? 0) <= pool.outputTokensMax[target]! &&
    (protocols === null || protocols.has(request.protocol))
  );
}

/** Is it a target that a context may be sent to which fits nowhere? The size is an estimate, and the provider knows better. */
function isLastResort(state: RouterState, lane: Lane, target: number, request: RouterRequest): boolean {
  const { policy } = state;
  return (
    lane.lastResort !== null &&
    lane.lastResort[target] === 1 &&
    !policy.routing.hardLimit &&
    lacksRoomAlone(state, target, request)
  );
}

/** Is its context window all that keeps the target from serving such a request? */
export function lacksRoomAlone({ pool }: RouterState, target: number, request: RouterRequest): boolean {
  return !fitsWindow(pool, target, request) && suitsButForSize(pool, target, request);
}

/** What the request may cost at most at a target, whole micro-USD; cached prefixes are not counted on. */
export function reservedMicroUsd(state: RouterState, target: number, pending: PendingRequest): number {
  const { pool } = state;
  return Math.ceil(
    pending.request.inputTokens * pool.inputPrice[target]! + pending.reservedOutputTokens * pool.outputPrice[target]!,
  );
}

/**
 * When a target that the last filtering rejected may become eligible by the passing of time, ms; Infinity when
 * time alone does not help (a capability is missing, it was tried, it is disabled or busy).
 */
export function recoversAtMs(state: RouterState, target: number, pending: PendingRequest, nowMs: number): number {
  const { pool, health, keys, ledger, field } = state;
  switch (field.rejection[target]) {
    case REJECTION_CODE.cooldown:
      return health.restsUntilMs[target]!;
    case REJECTION_CODE.unhealthy:
      return health.states[target] === STATE_CODE.probing ? Infinity : health.restsUntilMs[target]!;
    case REJECTION_CODE.rate_limited:
      return keys.limitedUntilMs[pool.keyOf[target]!]!;
    case REJECTION_CODE.budget_exhausted: {
      const { reservedTokens } = pending;
      const microUsd = reservedMicroUsd(state, target, pending);
      return Math.max(
        ledger.fitsAtMs(pool.budgetsOfTarget[target]!, reservedTokens, 1, microUsd, nowMs),
        ledger.fitsAtMs(clientRulesOf(state, pending), reservedTokens, clientRequests(pending), microUsd, nowMs),
      );
    }
    default:
      return Infinity;
  }
}

/** Budget rules of the request's client key. */
export function clientRulesOf(state: RouterState, pending: PendingRequest): Int32Array {
  return pending.clientKey < 0 ? NO_RULES : state.pool.budgetsOfClientKey[pending.clientKey]!;
}

/** A request counts once against its client key, however many attempts it takes. */
export function clientRequests(pending: PendingRequest): number {
  return pending.attempts === 0 ? 1 : 0;
}

/** Is it the client key's own budget that an attempt at the target would break? Reads the last survey. */
export function exceedsClientBudget(
  state: RouterState,
  target: number,
  pending: PendingRequest,
  nowMs: number,
): boolean {
  if (pending.clientKey < 0) return false;
  return (
    surveyClientBudget(state, pending, nowMs) || exceedsMoney(state, target, state.field.clientMicroUsdLeft, pending)
  );
}

/** Surveys the client key's budgets into the field; true when they leave no tokens or requests for this request. */
function surveyClientBudget(state: RouterState, pending: PendingRequest, nowMs: number): boolean {
  const { field, ledger } = state;
  const rules = clientRulesOf(state, pending);
  if (rules.length === 0) {
    field.clientMicroUsdLeft = Infinity;
    field.clientUse = 0;
    return false;
  }
  ledger.survey(rules, nowMs);
  field.clientMicroUsdLeft = ledger.microUsdLeft;
  field.clientUse = ledger.highestUse;
  return pending.reservedTokens > ledger.tokensLeft || clientRequests(pending) > ledger.requestsLeft;
}

function exceedsMoney(state: RouterState, target: number, microUsdLeft: number, pending: PendingRequest): boolean {
  return microUsdLeft !== Infinity && reservedMicroUsd(state, target, pending) > microUsdLeft;
}
