/**
 * Another pool, policy or canary for a router that is at work. What it knows goes on by name: the state of targets, what
 * limits keys, the use of budgets, where prefixes are warm, and the requests that have not ended. A function of the
 * router's snapshot, so that whoever repeats the inputs can repeat this one, too.
 */
import { requestLifetimeMs } from './attempt/request-lifetime.ts';
import type { Canary } from './canary.ts';
import { carryArms, isNobodyMoved } from './carry-over/carried-arms.ts';
import { carryState } from './carry-over/carried-state.ts';
import { carryWaitingRoom, renumberRequests } from './carry-over/carried-requests.ts';
import { reserveUnderNewRules } from './carry-over/in-flight-reservations.ts';
import { comparePools } from './carry-over/pool-change.ts';
import { assignQueuePlaces, occupancyOf } from './carry-over/queue-places.ts';
import { effectivePool } from './carry-over/retiring-targets.ts';
import { isSameConfiguration } from './carry-over/same-configuration.ts';
import type { Policy } from './policy.ts';
import type { PoolDefinition } from './pool.ts';
import { assembleRouter, type Router, type RouterSnapshot } from './router.ts';
import { compilePool } from './state/compiled-pool.ts';
import { loadRouterState, saveRouterState } from './state/router-state.ts';

/**
 * The router that goes on with this pool and policy; the old one must not be used any more. Targets that the pool
 * lacks stay as long as attempts are in flight there (see `withRetiringTargets`), so `snapshot().pool` may be more
 * than `pool`, and positions in `targetIds` may be others than before. A request that has begun keeps its class,
 * priority and reservation. No commands are given: requests in the queue are looked at by the next `wake`, which is
 * due at once when there are any, and so are those whose model is gone. With an unchanged pool and policy nothing
 * changes at all, and a canary alone changes nothing for the requests that have begun, unless its end, or another policy
 * for it, makes those that it had go by another policy.
 *
 * @param nowMs not before the last input
 * @param canary from now on; null, as when left out: none
 * @throws Error when the pool contradicts itself or time went back; the old router may then be used on
 */
export function reconfigureRouter(
  router: Router,
  pool: PoolDefinition,
  policy: Policy,
  nowMs: number,
  canary: Canary | null = null,
): Router {
  const before = router.snapshot();
  const effective = effectivePool(before, pool);
  const canaryBefore = before.canary ?? null;
  const { requests: open, sequence } = before.flow.open;
  const isUnchanged =
    isSameConfiguration(before, { pool: effective, policy }) && isNobodyMoved(open, canaryBefore, canary);
  const requests = carryArms(open, canaryBefore, canary);
  return assembleRouter(effective, policy, before.options, canary, (state, flow) => {
    const change = comparePools(compilePool(before.pool), state.pool);
    const carried = carryState(saveRouterState(state), before, policy, change, nowMs);
    const renumbered = renumberRequests(requests, change);
    const placed = assignQueuePlaces(
      renumbered,
      change,
      (pending) => flow.stateOf(pending),
      carried.health.states,
      nowMs,
    );
    loadRouterState(state, { ...carried, keys: { ...carried.keys, ...occupancyOf(placed, state.pool) } });
    const saved = {
      decisions: before.flow.decisions,
      sweepAtMs: sweepAtMs(before, policy, canary, nowMs),
      open: { sequence, requests: placed },
      room: carryWaitingRoom(before.flow.room, placed, change, isUnchanged, nowMs),
    };
    flow.load(saved, before.nowMs);
    flow.advance(nowMs);
    reserveUnderNewRules(state, requests, placed, change, nowMs);
  });
}

/** Requests may live as long as they could when they came: a shorter life counts for those that come now. */
function sweepAtMs(before: RouterSnapshot, policy: Policy, canary: Canary | null, nowMs: number): number {
  const { flow } = before;
  const lifetimeMs = requestLifetimeMs(before.policy, before.canary ?? null);
  if (requestLifetimeMs(policy, canary) >= lifetimeMs) return flow.sweepAtMs;
  return Math.max(flow.sweepAtMs, nowMs + lifetimeMs);
}
