import { addressedTargets } from '../router/index.ts';
import type { PoolDefinition, RouteDefinition, RoutePool, RoutingDefinition } from '../router/pool.ts';
import { DEFAULT_ROUTED_MODELS, type RoutingForm } from './routing-schema.ts';
import { writtenRoutes, type WrittenPool, type WrittenRoute } from './written-routes.ts';

type Addresses = ReadonlyMap<string, readonly string[]>;

/**
 * The routes that the core goes by, sorted by name. Pools come in the order in which they are tried. A target that stands
 * in several pools of a route stays in the first of them alone: it would be tried there, and be no help later. Pools and
 * routes that are left without a target are left out. Names that mean nothing stand for no target; `checkRouting` has
 * refused them.
 *
 * @param unrouted the pool of the same form, without its routes
 */
export function expandRouting(form: RoutingForm, unrouted: PoolDefinition): RoutingDefinition | null {
  if (form.routing === undefined) return null;
  const addresses = addressedTargets(unrouted);
  return {
    models: form.routedModels ?? DEFAULT_ROUTED_MODELS,
    routes: writtenRoutes(form)
      .map((route) => expandRoute(route, addresses))
      .filter(({ pools }) => pools.length > 0)
      .sort((a, b) => compareText(a.name, b.name)),
    forceWebSearch: form.webSearch?.force ?? false,
  };
}

function expandRoute({ name, pools }: WrittenRoute, addresses: Addresses): RouteDefinition {
  const taken = new Set<string>();
  const expanded = [...pools].sort(inOrderOfTrial).map((pool): RoutePool => {
    const targets = pool.targets.flatMap((target) => addresses.get(target.name) ?? []);
    const own = [...new Set(targets)].filter((id) => !taken.has(id));
    for (const id of own) taken.add(id);
    const { id, priority, backup, force, mode } = pool;
    return { id, targets: own, priority, backup, force, mode, weights: weightsOf(pool, own, addresses) };
  });
  return { name, pools: expanded.filter(({ targets }) => targets.length > 0) };
}

function inOrderOfTrial(a: WrittenPool, b: WrittenPool): number {
  return Number(a.backup) - Number(b.backup) || b.priority - a.priority || compareText(a.id, b.id);
}

/** One for each target, 1 where the pool says nothing. */
function weightsOf(
  { weights }: WrittenPool,
  targets: readonly string[],
  addresses: Addresses,
): Readonly<Record<string, number>> | null {
  if (weights === null) return null;
  const given = new Map(
    weights.flatMap(({ name, weight }) => (addresses.get(name) ?? []).map((id) => [id, weight] as const)),
  );
  return Object.fromEntries(targets.map((id) => [id, given.get(id) ?? 1]));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
