/** Which key's queue each waiting request has its place in, after the pool was changed. */
import { mayServe } from '../candidates/filter-candidates.ts';
import type { CompiledPool } from '../state/compiled-pool.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import type { RouterState } from '../state/router-state.ts';
import { STATE_CODE } from '../state/target-state-machine.ts';
import { isNewlyDisabled, type PoolChange } from './pool-change.ts';

/** What requests occupy of each key. */
export interface KeyOccupancy {
  readonly inFlight: number[];
  readonly waiting: number[];
}

export function occupancyOf(requests: readonly PendingRequest[], { keyIds, keyOf }: CompiledPool): KeyOccupancy {
  const inFlight = keyIds.map(() => 0);
  const waiting = keyIds.map(() => 0);
  for (const { phase, target, queueKey } of requests) {
    if (phase === 'sent') inFlight[keyOf[target]!]!++;
    else if (queueKey >= 0) waiting[queueKey]!++;
  }
  return { inFlight, waiting };
}

/**
 * A queued request keeps its place while a target of that key could serve it one day; else it moves to the key
 * with most room that has such a target, beyond the limit of that queue if need be, since it was let in once. For
 * whom no target is left, or whose model is gone, the wait is over: it is due at once.
 *
 * @param requests renumbered for the new pool, which all states were made of
 * @param stateOf the state as the policy sees it that a request goes by
 * @param targetStates codes of `STATE_CODE`, by new target
 */
export function assignQueuePlaces(
  requests: readonly PendingRequest[],
  change: PoolChange,
  stateOf: (pending: PendingRequest) => RouterState,
  targetStates: readonly number[],
  nowMs: number,
): PendingRequest[] {
  const kept = requests.map((pending) =>
    pending.phase === 'queued' && !keepsPlace(pending, change, stateOf(pending))
      ? { ...pending, queueKey: -1 }
      : pending,
  );
  const { waiting } = occupancyOf(kept, change.after);
  return kept.map((pending) => {
    if (pending.phase === 'sent' || pending.queueKey >= 0) return pending;
    if (pending.phase === 'backoff' && pending.lane >= 0) return pending;
    const key = pending.phase === 'queued' ? roomiestKey(pending, stateOf(pending), targetStates, waiting) : -1;
    if (key < 0) return { ...pending, phase: 'backoff', timerAtMs: nowMs };
    waiting[key]!++;
    return { ...pending, queueKey: key };
  });
}

function keepsPlace(pending: PendingRequest, change: PoolChange, state: RouterState): boolean {
  const { queueKey } = pending;
  // What an operator disabled may be enabled again; it was waited for before the change, too.
  return possibleTargets(pending, state).some(
    (target) => change.after.keyOf[target] === queueKey && !isNewlyDisabled(change, target),
  );
}

/** The key with the most places left, among those for which the request could wait; -1 when there is none. */
function roomiestKey(
  pending: PendingRequest,
  state: RouterState,
  targetStates: readonly number[],
  waiting: readonly number[],
): number {
  let roomiest = -1;
  let mostRoom = -Infinity;
  for (const target of possibleTargets(pending, state)) {
    if (targetStates[target] === STATE_CODE.disabled) continue;
    const key = state.pool.keyOf[target]!;
    const room = state.pool.queueLimit[key]! - waiting[key]!;
    if (room <= mostRoom) continue;
    roomiest = key;
    mostRoom = room;
  }
  return roomiest;
}

/** The targets that could serve the request by what they are, and that it has not tried. */
function possibleTargets(pending: PendingRequest, state: RouterState): number[] {
  const { lane, stickyLane, request, triedTargets, barred } = pending;
  if (lane < 0) return [];
  const lanes = stickyLane < 0 ? [lane] : [lane, stickyLane];
  const possible = lanes.flatMap((each) => {
    const { [each]: from } = state.pool.lanes;
    return [...from!.targets].filter((target) => mayServe(state, from!, target, request));
  });
  return [...new Set(possible)].filter((target) => !triedTargets.includes(target) && !barred.includes(target));
}
