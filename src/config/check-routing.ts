import { addressedTargets, ANY_MODEL, BUILT_IN_ROUTES, type PoolDefinition } from '../router/index.ts';
import type { ReportProblem } from './check-pool.ts';
import { nearestName } from './nearest-name.ts';
import type { PoolForm } from './pool-schema.ts';
import type { RouteForm } from './routing-schema.ts';
import { whyUnknownTarget } from './unknown-target.ts';
import { writtenRoutes, type WrittenPool, type WrittenRoute } from './written-routes.ts';

const DEFAULT_ROUTE = 'default';
const VISION_ROUTE = 'vision';
/** Of `web_search`, in files of old; it is taken as the name that it is. */
const OLDER_NAME = 'websearch';

/**
 * What a schema cannot say of routes: names lead somewhere, pools can be told apart, and every setting has an effect.
 *
 * @param unrouted the pool of the same form, without its routes
 */
export function checkRouting(form: PoolForm, unrouted: PoolDefinition, report: ReportProblem): void {
  const routes = writtenRoutes(form);
  if (form.routing === undefined) refuseWithoutRoutes(form, report);
  else checkRoutes(routes, form.routing, unrouted, report);
  checkRoutedModels(form, unrouted, report);
  checkClientRoutes(form, routes, report);
}

function refuseWithoutRoutes(form: PoolForm, report: ReportProblem): void {
  for (const field of ['routedModels', 'loadBalancing', 'webSearch'] as const) {
    if (form[field] !== undefined) report([field], 'has no effect without routes; add routing, or take it out');
  }
}

function checkRoutes(
  routes: readonly WrittenRoute[],
  routing: Readonly<Record<string, RouteForm>>,
  unrouted: PoolDefinition,
  report: ReportProblem,
): void {
  const addresses = addressedTargets(unrouted);
  for (const route of routes) {
    const form = routing[route.name];
    if (Array.isArray(form) && form.some((each) => typeof each !== typeof form[0])) {
      report(route.path, 'mixes target names and pools; write the names as a pool: { targets: [...] }');
    }
    refuseLookalike(route, report);
    refuseRepeatedIds(route, report);
    for (const pool of route.pools) {
      for (const { name, path } of pool.targets) {
        if (!addresses.has(name)) report(path, whyUnknownTarget(name, unrouted));
      }
      checkWeights(pool, addresses, unrouted, report);
      if (pool.force && route.name !== VISION_ROUTE) {
        report(
          [...pool.path, 'force'],
          `counts on pools of ${VISION_ROUTE} only; take it out (for a search of the web there is webSearch: { force: true })`,
        );
      }
    }
  }
  if (!routes.some(({ name, pools }) => name === DEFAULT_ROUTE && pools.some(({ targets }) => targets.length > 0))) {
    report(['routing', DEFAULT_ROUTE], 'default route must have a target; name one, such as [provider.model]');
  }
}

/** `longContext` would be a route of one's own, which only hints lead to; and names are written to terminals and headers. */
function refuseLookalike({ name, path, pools }: WrittenRoute, report: ReportProblem): void {
  const isOlder = name === OLDER_NAME;
  const meant = BUILT_IN_ROUTES.find((known) => known !== name && !isOlder && plainWord(known) === plainWord(name));
  if (meant !== undefined) report(path, `is no route of its own; did you mean ${meant}?`);
  if (hasControls(name)) report(path, 'the name of a route cannot hold line ends or other control characters');
  for (const pool of pools) {
    if (hasControls(pool.id)) report(pool.path, 'the id of a pool cannot hold line ends or other control characters');
  }
}

function plainWord(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '');
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function refuseRepeatedIds({ name, pools }: WrittenRoute, report: ReportProblem): void {
  for (const [index, { id, path }] of pools.entries()) {
    const first = pools.findIndex((pool) => pool.id === id);
    if (first < index) report(path, `there is already a pool "${id}" in the route ${name}; give it another id`);
  }
}

/** Each weight is for targets of its pool, each target has one at most, and the pool goes by them. */
function checkWeights(
  { mode, weights, targets, path: poolPath }: WrittenPool,
  addresses: ReadonlyMap<string, readonly string[]>,
  unrouted: PoolDefinition,
  report: ReportProblem,
): void {
  if (weights === null) return;
  if (mode !== 'static-weighted') {
    report([...poolPath, 'weights'], 'count with balancing: weighted only; add that, or take them out');
  }
  const ofPool = new Set(targets.flatMap(({ name }) => addresses.get(name) ?? []));
  const weightedBy = new Map<string, string>();
  for (const { name, path } of weights) {
    const ids = addresses.get(name);
    if (ids === undefined) report(path, whyUnknownTarget(name, unrouted));
    else if (!ids.some((id) => ofPool.has(id))) report(path, `"${name}" is no target of the pool`);
    for (const id of ids ?? []) {
      const other = weightedBy.get(id);
      if (other !== undefined) report(path, `${id} has a weight already, by "${other}"`);
      weightedBy.set(id, name);
    }
  }
}

/** Any name will do, as clients ask for models that the pool has not; but an address means the targets themselves. */
function checkRoutedModels(form: PoolForm, unrouted: PoolDefinition, report: ReportProblem): void {
  const names = form.routedModels ?? [];
  const addresses = addressedTargets(unrouted);
  for (const [index, name] of names.entries()) {
    const path = ['routedModels', index];
    if (names.indexOf(name) < index) report(path, `"${name}" is in the list twice`);
    const isName =
      name === ANY_MODEL ||
      Object.hasOwn(form.modelAliases, name) ||
      unrouted.targets.some(({ model }) => model === name);
    if (!isName && addresses.has(name)) {
      report(path, `"${name}" is the address of targets, which must lead to them; expected a name without a provider`);
    }
  }
}

function checkClientRoutes({ clientKeys }: PoolForm, routes: readonly WrittenRoute[], report: ReportProblem): void {
  const known = routes.filter(({ pools }) => pools.some(({ targets }) => targets.length > 0)).map(({ name }) => name);
  for (const [index, clientKey] of clientKeys.entries()) {
    for (const [position, name] of (clientKey.routes ?? []).entries()) {
      if (known.includes(name)) continue;
      const near = nearestName(name, known);
      const hint = near === null ? '' : `; did you mean ${near}?`;
      const there = known.length === 0 ? 'there is no routing' : `routes: ${known.join(', ')}`;
      report(['clientKeys', index, 'routes', position], `unknown route "${name}"${hint} (${there})`);
    }
  }
}
