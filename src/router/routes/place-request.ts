/** Which lanes a request is served from, and which targets must not serve it; in numbers of one pool. */
import type { RouterRequest } from '../contract.ts';
import type { Lane } from '../state/compiled-lanes.ts';
import type { CompiledPool } from '../state/compiled-pool.ts';
import type { Steered } from './steer-request.ts';

export interface Placement {
  /** Where it is served from, and waits; -1 when the pool has no such model. */
  readonly lane: number;
  /** Tried before that, -1: none. */
  readonly stickyLane: number;
  /** Targets that instructions, bans or the client key's own limits keep out; empty for most. */
  readonly barred: readonly number[];
}

export const NOBODY: readonly number[] = [];
const UNKNOWN: Placement = { lane: -1, stickyLane: -1, barred: NOBODY };

/** @param clientKey position, -1: unknown */
export function placeRequest(
  pool: CompiledPool,
  request: RouterRequest,
  clientKey: number,
  steered: Steered | null,
): Placement {
  const byModel = pool.laneByModel.find(request.model);
  if (steered === null) return byModel < 0 ? UNKNOWN : pool.plainPlacements[byModel]!;
  const { requestedRoute, traits, forced, sticky } = steered;
  const isRouted = requestedRoute !== null && pool.routes !== null;
  const usual = isRouted ? pool.routes.laneOf(requestedRoute, traits) : byModel;
  const forcedLane = forced === null ? -1 : (pool.laneByAddress.get(forced) ?? -1);
  const stickyLane = forcedLane >= 0 || sticky === null ? -1 : (pool.laneByAddress.get(sticky) ?? -1);
  const lane = forced === null ? usual : forcedLane;
  const named = forcedLane >= 0 ? forcedLane : stickyLane;
  const routed = isRouted && forced === null ? usual : -1;
  return { lane, stickyLane, barred: barredTargets(pool, steered, clientKey, named, usual, routed) };
}

function barredTargets(
  pool: CompiledPool,
  { forced, allowed, disabled }: Steered,
  clientKey: number,
  named: number,
  usual: number,
  routed: number,
): readonly number[] {
  const barred = new Set<number>();
  const offered = routed < 0 || clientKey < 0 ? null : pool.offeredToClientKey[clientKey]!;
  // An image or a long context brings routes along that were not asked for.
  if (offered !== null) for (const target of pool.lanes[routed]!.targets) if (offered[target] === 0) barred.add(target);
  for (const name of disabled) addAll(barred, laneNamed(pool, name)?.targets);
  // What is forced is forced from the whole pool, whatever providers are allowed; a ban holds against that too.
  if (forced === null && allowed.length > 0) {
    const open = new Set(allowed.flatMap((name) => [...(laneNamed(pool, name)?.targets ?? [])]));
    for (let target = 0; target < pool.targetIds.length; target++) if (!open.has(target)) barred.add(target);
  }
  if (named >= 0) {
    const { targets, isModelOfKeys } = pool.lanes[named]!;
    const reach = clientKey < 0 ? null : pool.reachOfClientKey[clientKey]!;
    for (const target of targets) if (reach !== null && reach[target] === 0) barred.add(target);
    // A key or a provider is named, not a model: the request keeps to the models it would have got anyway.
    const common = usual < 0 || isModelOfKeys ? [] : [...targets].filter((target) => isIn(pool.lanes[usual]!, target));
    if (common.length > 0) for (const target of targets) if (!common.includes(target)) barred.add(target);
  }
  return barred.size === 0 ? NOBODY : [...barred].sort((a, b) => a - b);
}

function laneNamed(pool: CompiledPool, name: string): Lane | undefined {
  const lane = pool.laneByAddress.get(name);
  return lane === undefined ? undefined : pool.lanes[lane];
}

function addAll(set: Set<number>, targets: Int32Array | undefined): void {
  if (targets !== undefined) for (const target of targets) set.add(target);
}

function isIn({ targets }: Lane, target: number): boolean {
  return targets.includes(target);
}
