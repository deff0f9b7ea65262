/** What starting and ending an attempt does to the state: occupancy, budgets, health, estimates. */
import type { AttemptOutcome } from '../contract.ts';
import { clientRequests, clientRulesOf, reservedMicroUsd } from '../candidates/filter-candidates.ts';
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
  const { pool, health, keys, ledger, lastPicked } = state;
  pending.reservedMicroUsd = reservedMicroUsd(state, target, pending);
  const reserved = { tokens: pending.reservedTokens, requests: 1, microUsd: pending.reservedMicroUsd };
  ledger.charge(pool.budgetsOfTarget[target]!, reserved, nowMs, nowMs);
  ledger.charge(clientRulesOf(state, pending), { ...reserved, requests: clientRequests(pending) }, nowMs, nowMs);
  keys.enter(pool.keyOf[target]!);
  pending.isProbe = health.enter(target);
  lastPicked[target] = order;
  pending.phase = 'sent';
  pending.target = target;
  pending.sentAtMs = nowMs;
  pending.attempts++;
  pending.triedTargets.push(target);
}

/** Frees the key without judging the target: for an attempt of which nothing more will be heard. */
export function abandonAttempt(state: RouterState, pending: PendingRequest, nowMs: number): void {
  state.keys.leave(state.pool.keyOf[pending.target]!);
  state.health.leave(pending.target, pending.isProbe, 'none', false, nowMs);
}

/** Frees the key, settles the budgets with what was really used, and learns from the outcome. */
export function endAttempt(
  state: RouterState,
  pending: PendingRequest,
  outcome: AttemptOutcome,
  nowMs: number,
): OutcomeEffect {
  const { pool, policy, health, keys, ledger, estimates, warmth } = state;
  const { target, sentAtMs } = pending;
  const key = pool.keyOf[target]!;
  const effect = effectOf(outcome);

  keys.leave(key);
  const correction = {
    tokens: outcome.inputTokens + outcome.outputTokens - pending.reservedTokens,
    requests: 0,
    microUsd: outcome.costMicroUsd - pending.reservedMicroUsd,
  };
  ledger.charge(pool.budgetsOfTarget[target]!, correction, sentAtMs, nowMs);
  ledger.charge(clientRulesOf(state, pending), correction, sentAtMs, nowMs);

  if (outcome.firstTokenMs !== null) estimates.recordFirstToken(target, outcome.firstTokenMs, nowMs);
  // A time-out is a first token that came no earlier than this: too low a figure, but far better than none.
  else if (outcome.kind === 'timeout') estimates.recordFirstToken(target, outcome.durationMs, nowMs);
  if (effect.verdict === 'good') {
    const generatingMs = outcome.durationMs - (outcome.firstTokenMs ?? 0);
    if (outcome.outputTokens > 1 && generatingMs > 0) {
      estimates.recordSpeed(target, (1_000 * outcome.outputTokens) / generatingMs, nowMs);
    }
    if (outcome.inputTokens > 0) {
      estimates.recordCacheUse(target, outcome.cacheReadTokens, outcome.inputTokens, nowMs);
    }
    warmth.remember(pending.request, target, outcome.inputTokens + outcome.outputTokens, nowMs);
  }
  if (effect.verdict !== 'none') estimates.recordVerdict(target, effect.verdict === 'good', nowMs);
  const isSpiking = effect.verdict === 'none' ? false : estimates.isSpiking(target, nowMs);
  health.leave(target, pending.isProbe, effect.verdict, isSpiking, nowMs);

  if (effect.key === 'served') keys.served(key);
  else if (effect.key === 'limited') keys.limited(key, outcome.retryAfterMs, sentAtMs, nowMs);
  else if (effect.key === 'expelled') {
    for (const sibling of pool.targetsOfKey[key]!) health.expel(sibling, nowMs + policy.health.authCooldownMs);
  }
  return effect;
}
