/** The routes whose pools a request is offered to, one after the other. */
import type { RoutingDefinition } from '../pool.ts';
import { compareRoutes, DEFAULT_ROUTE } from './route-order.ts';

/** What about a request, besides its route, changes the list. */
export interface RouteTraits {
  /** A hint named the route: it stays in front, whatever else there is. */
  readonly isHinted: boolean;
  /** The latest message holds an image. */
  readonly hasImage: boolean;
  readonly isLong: boolean;
}

/**
 * The route itself, then `default`. A request with an image is offered to `thinking` and `default` too, and to those
 * two first where their targets take images beside the text, unless a pool of `vision` is forced or the context is
 * long: then what was found for it stays in front.
 *
 * @param takesInline whether a route has a target with `inlineVision`
 */
export function candidateRoutes(
  routing: RoutingDefinition,
  route: string,
  { isHinted, hasImage, isLong }: RouteTraits,
  takesInline: (route: string) => boolean,
): string[] {
  const isOffered = (name: string): boolean => routing.routes.some((each) => each.name === name && hasTargets(each));
  const found = new Set([route]);
  const isDedicated = isVisionForced(routing);
  if (hasImage && !isDedicated) {
    for (const name of ['thinking', DEFAULT_ROUTE]) if (isOffered(name)) found.add(name);
    if (isLong && isOffered('longcontext')) found.add('longcontext');
  }
  let order = [...found].sort(compareRoutes);
  if (hasImage && !isDedicated && !isLong) order = toFront(order, (name) => isInlineRoute(name) && takesInline(name));
  if (isHinted) order = toFront(order, (name) => name === route);
  if (!order.includes(DEFAULT_ROUTE)) order.push(DEFAULT_ROUTE);
  return order.filter(isOffered);
}

/** A pool of `vision` is marked `force`. */
export function isVisionForced({ routes }: RoutingDefinition): boolean {
  return routes.some(({ name, pools }) => name === 'vision' && pools.some(({ force }) => force));
}

/** Routes whose targets answer the text as well, so that an image there needs no second request. */
export function isInlineRoute(route: string): boolean {
  return route === 'thinking' || route === DEFAULT_ROUTE;
}

function hasTargets({ pools }: RoutingDefinition['routes'][number]): boolean {
  return pools.some(({ targets }) => targets.length > 0);
}

function toFront(names: readonly string[], isFirst: (name: string) => boolean): string[] {
  return [...names.filter(isFirst), ...names.filter((name) => !isFirst(name))];
}
