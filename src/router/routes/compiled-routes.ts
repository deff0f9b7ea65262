/**
 * Routes as the core reads them: for each list of candidate routes that a request can have, one lane with the pools of
 * those routes as tiers. There are few such lists, so all of them are made once.
 */
import type { RoutePool, RoutingDefinition } from '../pool.ts';
import type { TargetDefinition } from '../pool.ts';
import type { BalancingMode } from '../policy.ts';
import { candidateRoutes, isInlineRoute, type RouteTraits } from './candidate-routes.ts';
import { BUILT_IN_ROUTES, DEFAULT_ROUTE } from './route-order.ts';

/** Targets of equal rank inside a lane. */
export interface Tier {
  /** Null in a lane that is no route's. */
  readonly route: string | null;
  readonly pool: string | null;
  /** Positions, ascending. */
  readonly targets: Int32Array;
  /** Null: as the policy says. */
  readonly mode: BalancingMode | null;
  /** By target, > 0; null: all equal. */
  readonly weights: Float64Array | null;
}

/** One list of candidate routes. */
export interface RoutePlan {
  /** For people, and to find the same plan in another pool. */
  readonly name: string;
  readonly tiers: readonly Tier[];
}

/** Every plan, and which one is for whom. */
export interface RoutePlans {
  readonly plans: readonly RoutePlan[];
  /** Position of the plan by {@link planKey}. */
  readonly planOf: ReadonlyMap<string, number>;
  /** By target, 1 for those of `default`: the last resort for a context that fits nowhere. */
  readonly lastResort: Uint8Array;
}

/** By what a request finds its plan. */
export function planKey(route: string, { isHinted, hasImage, isLong }: RouteTraits): string {
  // A route may be called anything: what is said of the image must not look like the end of a name.
  return hasImage ? `${route}\0${isHinted ? 'hinted' : ''}\0${isLong ? 'long' : ''}` : route;
}

/**
 * @param targets sorted by id; the pools name some of them
 * @throws Error when a pool of a route names a target that there is not
 */
export function planRoutes(routing: RoutingDefinition, targets: readonly TargetDefinition[]): RoutePlans {
  const plans: RoutePlan[] = [];
  const planOf = new Map<string, number>();
  const takesInline = (route: string): boolean =>
    routing.routes.some(
      ({ name, pools }) =>
        name === route &&
        pools.some((pool) => pool.targets.some((id) => targets.find((target) => target.id === id)?.inlineVision)),
    );
  const names = new Set<string>([...BUILT_IN_ROUTES, ...routing.routes.map(({ name }) => name)]);
  for (const route of names) {
    for (const traits of everyTraits()) {
      const key = planKey(route, traits);
      if (planOf.has(key)) continue;
      const order = candidateRoutes(routing, route, traits, takesInline);
      const name = `route ${order.join(' > ')}${traits.hasImage ? ' (image)' : ''}`;
      let position = plans.findIndex((plan) => plan.name === name);
      if (position < 0) {
        position = plans.push({ name, tiers: tiersOf(routing, order, traits.hasImage, targets) }) - 1;
      }
      planOf.set(key, position);
    }
  }
  return { plans, planOf, lastResort: lastResort(routing, targets) };
}

function everyTraits(): RouteTraits[] {
  const both = [false, true];
  return both.flatMap((hasImage) => both.flatMap((isHinted) => both.map((isLong) => ({ hasImage, isHinted, isLong }))));
}

/** The pools of the routes in their order. A target that stands in several counts in the first alone. */
function tiersOf(
  routing: RoutingDefinition,
  order: readonly string[],
  hasImage: boolean,
  targets: readonly TargetDefinition[],
): Tier[] {
  const taken = new Set<string>();
  const tiers: Tier[] = [];
  for (const route of order) {
    const { pools } = routing.routes.find(({ name }) => name === route)!;
    for (const pool of pools) {
      for (const ids of inlineFirst(pool, hasImage && isInlineRoute(route), targets)) {
        const own = ids.filter((id) => !taken.has(id));
        for (const id of own) taken.add(id);
        if (own.length > 0) tiers.push(tierOf(route, pool, own, targets));
      }
    }
  }
  // A lane has a tier, and be it one without targets.
  return tiers.length > 0
    ? tiers
    : [{ route: null, pool: null, targets: new Int32Array(0), mode: null, weights: null }];
}

/** Where an image comes along, targets that take it beside the text go before those of the same pool that do not. */
function inlineFirst(pool: RoutePool, isSplit: boolean, targets: readonly TargetDefinition[]): (readonly string[])[] {
  if (!isSplit) return [pool.targets];
  const isInline = (id: string): boolean => targets.find((target) => target.id === id)?.inlineVision === true;
  return [pool.targets.filter(isInline), pool.targets.filter((id) => !isInline(id))];
}

function tierOf(route: string, pool: RoutePool, ids: readonly string[], targets: readonly TargetDefinition[]): Tier {
  const positions = ids.map((id) => {
    const position = targets.findIndex((target) => target.id === id);
    if (position < 0) throw new Error(`route ${route} names target "${id}", which the pool lacks`);
    return position;
  });
  const { weights } = pool;
  return {
    route,
    pool: pool.id,
    targets: Int32Array.from(positions.sort((a, b) => a - b)),
    mode: pool.mode,
    weights: weights === null ? null : Float64Array.from(targets, ({ id }) => weights[id] ?? 1),
  };
}

function lastResort({ routes }: RoutingDefinition, targets: readonly TargetDefinition[]): Uint8Array {
  const ids = routes
    .filter(({ name }) => name === DEFAULT_ROUTE)
    .flatMap(({ pools }) => pools.flatMap((pool) => pool.targets));
  return Uint8Array.from(targets, ({ id }) => (ids.includes(id) ? 1 : 0));
}
