/**
 * Which of the eligible go before the others, before any score: the pools of a route in their order, in each of them
 * targets with room in their context window before those that are nearly full, and those that are too small last. And
 * what the session keeps to. It only ever takes candidates away, and never all of them.
 */
import type { RouterState } from '../state/router-state.ts';
import type { Lane } from '../state/compiled-lanes.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import { STANDING } from '../state/standing-columns.ts';
import { REJECTION_CODE } from './candidate-field.ts';

const { MONEY_USE, COLUMNS: STANDING_COLUMNS } = STANDING;

/** Keeps the eligible of the first rank that has any. */
export function keepBestRanked(state: RouterState, lane: Lane, pending: PendingRequest): void {
  const { field } = state;
  let best = Infinity;
  let isOneRank = true;
  for (let position = 0; position < field.eligibleCount; position++) {
    const rank = rankOf(state, lane, field.eligible[position]!, pending);
    if (best !== Infinity && rank !== best) isOneRank = false;
    best = Math.min(best, rank);
  }
  if (best === Infinity) return;
  if (!isOneRank) keep(state, (target) => rankOf(state, lane, target, pending) === best);
  if (lane.tierOf !== null) field.tier = lane.tiers[lane.tierOf[field.eligible[0]!]!]!;
}

/** Keeps the target, or the key, that last served the session, where it is among the eligible. */
export function keepToSession(state: RouterState, pending: PendingRequest, nowMs: number): void {
  const { field, policy, pool, sessions } = state;
  const { sessionId } = pending.request;
  if (sessionId === null || field.eligibleCount < 2) return;
  const bound = sessions.boundTargetOf(sessionId, nowMs);
  if (bound < 0) return;
  const isKept =
    policy.affinity.stick === 'target'
      ? (target: number) => target === bound
      : (target: number) => pool.keyOf[target] === pool.keyOf[bound];
  for (let position = 0; position < field.eligibleCount; position++) {
    if (!isKept(field.eligible[position]!)) continue;
    keep(state, isKept);
    return;
  }
}

/** Lower goes first: 2 x tier, 1 more for a risky window; whatever is too small for the context comes after all tiers. */
function rankOf({ pool, policy }: RouterState, lane: Lane, target: number, { request }: PendingRequest): number {
  const tier = lane.tierOf === null ? 0 : lane.tierOf[target]!;
  const windowTokens = pool.contextTokens[target]!;
  if (request.inputTokens + (request.maxOutputTokens ?? 0) > windowTokens) return 2 * lane.tiers.length + tier;
  return 2 * tier + (request.inputTokens < windowTokens * policy.routing.warnRatio ? 0 : 1);
}

function keep({ field }: RouterState, isKept: (target: number) => boolean): void {
  const { eligible, eligibleCount, standing } = field;
  const kept = field.startList();
  let count = 0;
  let moneyUse = 0;
  for (let position = 0; position < eligibleCount; position++) {
    const target = eligible[position]!;
    if (isKept(target)) {
      kept[count++] = target;
      moneyUse = Math.max(moneyUse, standing[target * STANDING_COLUMNS + MONEY_USE]!);
    } else {
      field.rejection[target] = REJECTION_CODE.outranked;
    }
  }
  field.eligibleCount = count;
  // Without a tense budget nothing was surveyed, and the rows may say what was true before.
  if (field.moneyUse > 0) field.moneyUse = moneyUse;
}
