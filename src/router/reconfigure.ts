/**
 * Another pool or policy for a router that is at work. What it knows goes on by name: the state of targets, what
 * limits keys, the use of budgets, where prefixes are warm, and the requests that have not ended. A function of the
 * router's snapshot, so that whoever repeats the inputs can repeat this one, too.
 */
import { requestLifetimeMs } from './attempt/request-lifetime.ts';
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
 * changes at all.
 *
 * @param nowMs not before the last input
 * @throws Error when the pool contradicts itself or time went back; the old router may then be used on
 */
export function reconfigureRouter(router: Router, pool: PoolDefinition, policy: Policy, nowMs: number): Router {
  const before = router.snapshot();
  const effective = effectivePool(before, pool);
  const isUnchanged = isSameConfiguration(before, { pool: effective, policy });
  return assembleRouter(effective, policy, before.options, (state, flow) => {
    const change = comparePools(compilePool(before.pool), state.pool);
    const carried = carryState(saveRouterState(state), before, policy, change, nowMs);
    const { requests, sequence } = before.flow.open;
    const renumbered = renumberRequests(requests, change);
    const placed = assignQueuePlaces(renumbered, change, state, carried.health.states, nowMs);
    loadRouterState(state, { ...carried, keys: { ...carried.keys, ...occupancyOf(placed, state.pool) } });
    const saved = {
      decisions: before.flow.decisions,
      sweepAtMs: sweepAtMs(before, policy, nowMs),
      open: { sequence, requests: placed },
      room: carryWaitingRoom(before.flow.room, placed, change, isUnchanged, nowMs),
    };
    flow.load(saved, before.nowMs);
    flow.advance(nowMs);
    reserveUnderNewRules(state, requests, placed, change, nowMs);
  });
}

/** Requests may live as long as they could when they came: a shorter life counts for those that come now. */
function sweepAtMs({ flow, policy: policyBefore }: RouterSnapshot, policy: Policy, nowMs: number): number {
  const lifetimeMs = requestLifetimeMs(policyBefore);
  if (requestLifetimeMs(policy) >= lifetimeMs) return flow.sweepAtMs;
  return Math.max(flow.sweepAtMs, nowMs + lifetimeMs);
}
