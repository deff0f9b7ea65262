/** The filters, in the order in which they give their reasons. A rejected target can never be picked. */
import { REJECTIONS, type Rejection } from '../contract.ts';
import type { RouterState } from '../state/router-state.ts';
import { neededCapabilities, type Lane } from '../state/compiled-pool.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import { STATE_CODE } from '../state/target-state-machine.ts';
import { ELIGIBLE } from './candidate-field.ts';

export const REJECTION_CODE = Object.fromEntries(
  REJECTIONS.map((rejection, index) => [rejection, index + 1]),
) as Readonly<Record<Rejection, number>>;
const NO_RULES = new Int32Array(0);

/** Fills `field.rejection` for the lane's targets and lists the eligible ones. */
export function filterCandidates(state: RouterState, lane: Lane, pending: PendingRequest, nowMs: number): void {
  const { field, pool, health, keys } = state;
  const { request } = pending;
  const tried = pending.triedTargets;
  const clientRules = clientRulesOf(state, pending);
  const needed = neededCapabilities(request);
  const contextNeeded = request.inputTokens + (request.maxOutputTokens ?? 0);
  const outputNeeded = request.maxOutputTokens ?? 0;
  const targets = lane.targets;
  let eligible = 0;
  for (let position = 0; position < targets.length; position++) {
    const target = targets[position]!;
    const key = pool.keyOf[target]!;
    const healthState = health.stateAt(target, nowMs);
    let rejection = ELIGIBLE;
    if (healthState === STATE_CODE.disabled) {
      rejection = REJECTION_CODE.disabled;
    } else if (
      (pool.capabilities[target]! & needed) !== needed ||
      contextNeeded > pool.contextTokens[target]! ||
      outputNeeded > pool.outputTokensMax[target]! ||
      !speaks(pool.protocols[target]!, request.protocol)
    ) {
      rejection = REJECTION_CODE.not_capable;
    } else if (tried.length > 0 && tried.includes(target)) {
      rejection = REJECTION_CODE.excluded;
    } else if (healthState === STATE_CODE.cooldown) {
      rejection = REJECTION_CODE.cooldown;
    } else if (
      healthState === STATE_CODE.unhealthy ||
      (healthState === STATE_CODE.probing && health.probesFull(target))
    ) {
      rejection = REJECTION_CODE.unhealthy;
    } else if (nowMs < keys.limitedUntilMs[key]!) {
      rejection = REJECTION_CODE.rate_limited;
    } else if (
      (pool.budgetsOfTarget[target]!.length > 0 || clientRules.length > 0) &&
      exceedsBudget(state, target, clientRules, pending, nowMs)
    ) {
      rejection = REJECTION_CODE.budget_exhausted;
    } else if (keys.inFlight[key]! >= keys.concurrencyLimit[key]!) {
      rejection = keys.waiting[key]! >= keys.queueLimit[key]! ? REJECTION_CODE.queue_full : REJECTION_CODE.busy;
    } else {
      field.eligible[eligible++] = target;
    }
    field.rejection[target] = rejection;
  }
  field.eligibleCount = eligible;
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

/** Would an attempt at the target break the client key's own budgets? */
export function exceedsClientBudget(
  state: RouterState,
  target: number,
  clientRules: Int32Array,
  pending: PendingRequest,
  nowMs: number,
): boolean {
  const microUsd = reservedMicroUsd(state, target, pending);
  return state.ledger.exceeded(clientRules, pending.reservedTokens, clientRequests(pending), microUsd, nowMs);
}

function exceedsBudget(
  state: RouterState,
  target: number,
  clientRules: Int32Array,
  pending: PendingRequest,
  nowMs: number,
): boolean {
  const microUsd = reservedMicroUsd(state, target, pending);
  return (
    state.ledger.exceeded(state.pool.budgetsOfTarget[target]!, pending.reservedTokens, 1, microUsd, nowMs) ||
    (clientRules.length > 0 && exceedsClientBudget(state, target, clientRules, pending, nowMs))
  );
}

function speaks(protocols: ReadonlySet<string> | null, protocol: string): boolean {
  return protocols === null || protocols.has(protocol);
}
