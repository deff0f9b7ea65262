/** The routes that a request can be found to be of, in the order in which they are tried. */

/** Where a request goes for which nothing else speaks; every pool with routes has it. */
export const DEFAULT_ROUTE = 'default';

export const BUILT_IN_ROUTES = [
  'vision',
  'longcontext',
  'web_search',
  'thinking',
  'coding',
  'search',
  'tools',
  'background',
  DEFAULT_ROUTE,
] as const;
export type BuiltInRoute = (typeof BUILT_IN_ROUTES)[number];

/** Sorts routes as they are tried; those of another name come last, before nobody but each other, by name. */
export function compareRoutes(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

function rank(route: string): number {
  const index = BUILT_IN_ROUTES.indexOf(route as BuiltInRoute);
  return index < 0 ? BUILT_IN_ROUTES.length : index;
}
