/** What starting and ending an attempt does to the state: occupancy, budgets, health, estimates. */
import type { AttemptOutcome } from '../contract.ts';
import { clientRequests, clientRulesOf, reservedMicroUsd } from '../candidates/filter-candidates.ts';
import type { Policy } from '../policy.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import type { RouterState } from '../state/router-state.ts';
import { effectOf, type OutcomeEffect } from './outcome-effect.ts';

/** Occupies the key, reserves the budgets, and notes the attempt in the request. */
export function startAttempt(
  state: RouterState,
  pending: PendingRequest,
  target: number,
  order: number,
  nowMs: number,
): void {
  const { pool, health, keys, ledger, standing, lastPicked } = state;
  const { reservedTokens } = pending;
  pending.reservedMicroUsd = reservedMicroUsd(state, target, pending);
  const { reservedMicroUsd: microUsd } = pending;
  ledger.charge(pool.budgetsOfTarget[target]!, reservedTokens, 1, microUsd, nowMs, nowMs);
  ledger.charge(clientRulesOf(state, pending), reservedTokens, clientRequests(pending), microUsd, nowMs, nowMs);
  keys.enter(pool.keyOf[target]!);
  pending.isProbe = health.enter(target);
  standing.attemptStarted(target);
  lastPicked[target] = order;
  pending.phase = 'sent';
  pending.target = target;
  pending.sentAtMs = nowMs;
  pending.attempts++;
}

/** Frees the key without judging the target: for an attempt of which nothing more will be heard. */
export function abandonAttempt(state: RouterState, pending: PendingRequest, nowMs: number): void {
  state.keys.leave(state.pool.keyOf[pending.target]!);
  state.health.leave(pending.target, pending.isProbe, 'none', false, nowMs);
  state.standing.attemptEnded(pending.target);
}

/**
 * Frees the key, settles the budgets with what was really used, and learns from the outcome.
 *
 * @param policy that the request goes by: it says whether the session is to stick to what served it
 */
export function endAttempt(
  state: RouterState,
  policy: Policy,
  pending: PendingRequest,
  outcome: AttemptOutcome,
  nowMs: number,
): OutcomeEffect {
  const { pool, health, keys, ledger, estimates, standing, warmth, sessions } = state;
  const { target, sentAtMs } = pending;
  const key = pool.keyOf[target]!;
  const effect = effectOf(outcome);

  keys.leave(key);
  if (effect.key === 'limited') keys.limited(key, outcome.retryAfterMs, sentAtMs, nowMs);
  const verdict = effect.key === 'limited' && keys.isLimitedTooOften(key) ? 'bad' : effect.verdict;
  const tokens = outcome.inputTokens + outcome.outputTokens - pending.reservedTokens;
  const microUsd = outcome.costMicroUsd - pending.reservedMicroUsd;
  ledger.charge(pool.budgetsOfTarget[target]!, tokens, 0, microUsd, sentAtMs, nowMs);
  ledger.charge(clientRulesOf(state, pending), tokens, 0, microUsd, sentAtMs, nowMs);
  standing.attemptEnded(target);

  const weight = estimates.scaleAt(nowMs);
  if (outcome.firstTokenMs !== null) estimates.recordFirstToken(target, outcome.firstTokenMs, weight);
  // A time-out is a first token that came no earlier than this: too low a figure, but far better than none.
  else if (outcome.kind === 'timeout') estimates.recordFirstToken(target, outcome.durationMs, weight);
  if (verdict === 'good') {
    const generatingMs = outcome.durationMs - (outcome.firstTokenMs ?? 0);
    if (outcome.outputTokens > 1 && generatingMs > 0) {
      estimates.recordSpeed(target, (1_000 * outcome.outputTokens) / generatingMs, weight);
    }
    if (outcome.inputTokens > 0) {
      estimates.recordCacheUse(target, Math.min(1, outcome.cacheReadTokens / outcome.inputTokens), weight);
    }
    warmth.remember(pending.request, target, outcome.inputTokens + outcome.outputTokens, nowMs);
    // Only who was served is bound, and only to what it was not told to take anyway.
    const { sessionId } = pending.request;
    if (sessionId !== null && policy.affinity.stick !== 'none' && !isNamed(state, pending)) {
      sessions.bind(sessionId, target, nowMs);
    }
  }
  if (verdict !== 'none') estimates.recordVerdict(target, verdict === 'good', weight);
  const isSpiking = verdict === 'none' ? false : estimates.isSpiking(target);
  health.leave(target, pending.isProbe, verdict, isSpiking, nowMs);

  if (effect.key === 'served') {
    keys.served(key, sentAtMs);
  } else {
    const isTrouble = effect.key === 'expelled' || effect.verdict === 'bad';
    if (isTrouble && outcome.retryAfterMs !== null) keys.rest(key, outcome.retryAfterMs, nowMs);
    if (effect.key === 'expelled') {
      for (const sibling of pool.targetsOfKey[key]!) health.expel(sibling, nowMs + policy.health.authCooldownMs);
    }
    standing.keyChanged(target);
  }
  return effect;
}

/** Was the target of the attempt chosen from what an instruction names? */
function isNamed({ pool }: RouterState, { steered, stickyLane, target }: PendingRequest): boolean {
  if (steered === null) return false;
  return steered.forced !== null || (stickyLane >= 0 && pool.lanes[stickyLane]!.targets.includes(target));
}
