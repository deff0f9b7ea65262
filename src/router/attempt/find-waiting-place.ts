/** Whether a request that found no eligible candidate may wait, for which key's queue, and until when at least. */
import { ELIGIBLE, REJECTION_CODE } from '../candidates/candidate-field.ts';
import { exceedsClientBudget, recoversAtMs } from '../candidates/filter-candidates.ts';
import type { PendingRequest } from '../state/pending-request.ts';
import type { RouterState } from '../state/router-state.ts';
import { STATE_CODE } from '../state/target-state-machine.ts';

export interface WaitingPlace {
  /** Key whose queue has room, -1 when there is none. */
  readonly key: number;
  /** When a candidate may become eligible by the passing of time, Infinity when an event must come first. */
  readonly recoversAtMs: number;
  /** A candidate could be waited for, but its key's queue is full. */
  readonly isFull: boolean;
  /** A candidate was rejected only because the client key's own budget is used up. */
  readonly isClientBudget: boolean;
}

/** Reads the filter results that the scratch arrays hold for this request. */
export function findWaitingPlace(state: RouterState, pending: PendingRequest, nowMs: number): WaitingPlace {
  const { pool, policy, field, keys, health } = state;
  let key = -1;
  let fullness = Infinity;
  let soonestMs = Infinity;
  let isFull = false;
  let isClientBudget = false;
  for (const target of waitedFor(pool, pending)) {
    const rejection = field.rejection[target]!;
    if (rejection === ELIGIBLE) continue;
    const recoveryMs = recoversAtMs(state, target, pending, nowMs);
    soonestMs = Math.min(soonestMs, recoveryMs);
    if (rejection === REJECTION_CODE.budget_exhausted && !isClientBudget) {
      isClientBudget = exceedsClientBudget(state, target, pending, nowMs);
    }
    const isProbed = rejection === REJECTION_CODE.unhealthy && health.states[target] === STATE_CODE.probing;
    const isOccupied = rejection === REJECTION_CODE.busy || rejection === REJECTION_CODE.queue_full || isProbed;
    if (!isOccupied && recoveryMs - nowMs > policy.queue.recoveryWaitMaxMs) continue;
    const candidate = pool.keyOf[target]!;
    const limit = keys.queueLimit[candidate]!;
    if (keys.waiting[candidate]! >= limit) {
      // A key that rests is not full, it is away: that is said as such.
      isFull ||= isOccupied;
    } else if (keys.waiting[candidate]! / limit < fullness) {
      key = candidate;
      fullness = keys.waiting[candidate]! / limit;
    }
  }
  return { key, recoversAtMs: soonestMs, isFull, isClientBudget };
}

/** Those of its own lane, and what the session sticks to. */
function waitedFor({ lanes }: RouterState['pool'], { lane, stickyLane }: PendingRequest): Iterable<number> {
  const own = lanes[lane]!.targets;
  return stickyLane < 0 ? own : new Set([...own, ...lanes[stickyLane]!.targets]);
}
