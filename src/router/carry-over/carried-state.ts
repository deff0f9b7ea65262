/**
 * What the router knows of targets, keys, budgets and prefixes, for another pool and policy: a fresh state,
 * overlaid with what was known of everything that is still there.
 */
import type { Policy } from '../policy.ts';
import type { RouterSnapshot } from '../router.ts';
import { isUninstructed } from '../sessions/apply-instructions.ts';
import type { SavedSessions } from '../sessions/session-table.ts';
import type { SavedPrefixWarmth } from '../state/prefix-warmth.ts';
import type { SavedRouterState } from '../state/router-state.ts';
import { withHalfLife, type SavedTargetEstimates } from '../state/target-estimates.ts';
import { healthBucketMs, type SavedTargetHealth } from '../state/target-health.ts';
import { STATE_CODE } from '../state/target-state-machine.ts';
import { isNewlyDisabled, isNewlyEnabled, overlay, overlayColumns, type PoolChange } from './pool-change.ts';

/** @param fresh the state of a router that was just made of the new pool and policy */
export function carryState(
  fresh: SavedRouterState,
  { state: before, policy: policyBefore }: RouterSnapshot,
  policy: Policy,
  change: PoolChange,
  nowMs: number,
): SavedRouterState {
  const { targets, keys, rules } = change;
  const keepsWindows = healthBucketMs(policy.health.windowMs) === healthBucketMs(policyBefore.health.windowMs);
  const evidence = evidenceOrigin(before.health, change);
  const halfLife = { beforeMs: policyBefore.score.halfLifeMs, afterMs: policy.score.halfLifeMs };
  const estimates = withHalfLife(before.estimates, halfLife.beforeMs, halfLife.afterMs, nowMs);
  return {
    health: carryHealth(fresh.health, before.health, change, evidence, keepsWindows),
    estimates: carryEstimates(fresh.estimates, estimates, evidence),
    keys: overlayColumns(fresh.keys, before.keys, keys.origin),
    ledger: overlay(fresh.ledger, before.ledger, rules.origin),
    warmth: carryWarmth(before.warmth, targets.successor, policyBefore.affinity, policy.affinity, nowMs),
    sessions: carrySessions(before.sessions, targets.successor, policyBefore.sessions, policy.sessions, nowMs),
    lastPicked: overlay(fresh.lastPicked, before.lastPicked, targets.origin),
  };
}

/** Where to find what was seen of each target; one that the definition enables again begins anew, as by an order. */
function evidenceOrigin({ states }: SavedTargetHealth, change: PoolChange): number[] {
  return change.targets.origin.map((origin, target) =>
    isNewlyEnabled(change, target) && states[origin] === STATE_CODE.disabled ? -1 : origin,
  );
}

function carryHealth(
  fresh: SavedTargetHealth,
  before: SavedTargetHealth,
  change: PoolChange,
  evidence: readonly number[],
  keepsWindows: boolean,
): SavedTargetHealth {
  const carried = overlayColumns(fresh, before, evidence);
  // A fresh target that starts out disabled is in that state, and has nothing to review.
  const position = evidence.map((origin, target) => (isNewlyDisabled(change, target) ? -1 : origin));
  return {
    ...carried,
    states: overlay(fresh.states, before.states, position),
    reviewAtMs: overlay(fresh.reviewAtMs, before.reviewAtMs, position),
    inFlight: overlay(fresh.inFlight, before.inFlight, change.targets.origin),
    attempts: keepsWindows ? carried.attempts : fresh.attempts,
    failures: keepsWindows ? carried.failures : fresh.failures,
  };
}

function carryEstimates(
  fresh: SavedTargetEstimates,
  before: SavedTargetEstimates,
  evidence: readonly number[],
): SavedTargetEstimates {
  const { scored: freshSums, ...freshColumns } = fresh;
  const { scored: sums, ...columns } = before;
  return {
    ...overlayColumns(freshColumns, columns, evidence),
    scored: {
      landmarkMs: sums.landmarkMs,
      columns: freshSums.columns.map((column, which) => overlay(column, sums.columns[which]!, evidence)),
    },
  };
}

/** A session that was bound to a target which is gone keeps what it was told. */
function carrySessions(
  saved: SavedSessions,
  successor: readonly number[],
  before: Policy['sessions'],
  after: Policy['sessions'],
  nowMs: number,
): SavedSessions {
  const longerMs = after.ttlMs - before.ttlMs;
  const kept = saved.flatMap(([scopeId, entry]) => {
    const boundTarget = successor[entry.boundTarget] ?? -1;
    const expiresAtMs = entry.expiresAtMs + longerMs;
    const isOver = longerMs !== 0 && Math.min(entry.expiresAtMs, expiresAtMs) <= nowMs;
    const isEmpty = boundTarget < 0 && isUninstructed(entry.instructions);
    return isOver || isEmpty ? [] : [[scopeId, { ...entry, boundTarget, expiresAtMs }] as const];
  });
  return kept.slice(Math.max(0, kept.length - after.entriesMax));
}

/** In the order of expiry, as before: all entries live as much longer, or less long, as the policy now says. */
function carryWarmth(
  saved: SavedPrefixWarmth,
  successor: readonly number[],
  before: Policy['affinity'],
  after: Policy['affinity'],
  nowMs: number,
): SavedPrefixWarmth {
  const longerMs = after.warmTtlMs - before.warmTtlMs;
  const kept: SavedPrefixWarmth = saved.flatMap(([key, entry]) => {
    const target = successor[entry.target]!;
    const expiresAtMs = entry.expiresAtMs + longerMs;
    // What is cold already does not become warm by a longer lifetime.
    const isCold = longerMs !== 0 && Math.min(entry.expiresAtMs, expiresAtMs) <= nowMs;
    return target < 0 || isCold ? [] : [[key, { ...entry, target, expiresAtMs }] as const];
  });
  return kept.slice(Math.max(0, kept.length - after.entriesMax));
}
