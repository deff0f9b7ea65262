/** The routes of a file in one form, whichever of the ways to write them was taken; every part knows where it stands. */
import type { BalancingMode } from '../router/policy.ts';
import { balancingMode } from './balancing-names.ts';
import { fieldUnder } from './field-synonyms.ts';
import { TARGETS_FIELDS, type RouteForm, type RoutePoolForm, type RoutingForm } from './routing-schema.ts';

type Path = readonly PropertyKey[];

/** The name of a target, or of several, as written. */
export interface WrittenName {
  readonly name: string;
  readonly path: Path;
}

export interface WrittenWeight extends WrittenName {
  readonly weight: number;
}

export interface WrittenPool {
  readonly path: Path;
  readonly id: string;
  readonly targets: readonly WrittenName[];
  readonly priority: number;
  readonly backup: boolean;
  readonly force: boolean;
  /** Its own, else that of `loadBalancing`; null: as the policy says. */
  readonly mode: BalancingMode | null;
  readonly weights: readonly WrittenWeight[] | null;
}

export interface WrittenRoute {
  readonly name: string;
  readonly path: Path;
  /** In the order of the file. */
  readonly pools: readonly WrittenPool[];
}

/** In the order of the file; none where it has no `routing`. */
export function writtenRoutes({ routing, loadBalancing }: RoutingForm): readonly WrittenRoute[] {
  const mode = loadBalancing === undefined ? null : balancingMode(loadBalancing.strategy);
  return Object.entries(routing ?? {}).map(([name, form]) => {
    const path: Path = ['routing', name];
    return { name, path, pools: poolsOf(name, form, path, mode) };
  });
}

function poolsOf(route: string, form: RouteForm, path: Path, mode: BalancingMode | null): readonly WrittenPool[] {
  if (typeof form === 'string') return [poolOfNames(route, [{ name: form, path }], path, mode)];
  if (!Array.isArray(form)) return [poolOf(route, 0, form, path, mode)];
  // A list of names is one pool. Pools among the names are left to `checkRouting`, which refuses them.
  const names = form.flatMap((entry, index) =>
    typeof entry === 'string' ? [{ name: entry, path: [...path, index] }] : [],
  );
  if (names.length > 0) return [poolOfNames(route, names, path, mode)];
  return form.flatMap((entry, index) =>
    typeof entry === 'string' ? [] : [poolOf(route, index, entry, [...path, index], mode)],
  );
}

function poolOfNames(
  route: string,
  targets: readonly WrittenName[],
  path: Path,
  mode: BalancingMode | null,
): WrittenPool {
  return { path, id: `${route}:pool0`, targets, priority: 0, backup: false, force: false, mode, weights: null };
}

function poolOf(
  route: string,
  index: number,
  form: RoutePoolForm,
  path: Path,
  defaultMode: BalancingMode | null,
): WrittenPool {
  const own = form.balancing ?? form.loadBalancing?.strategy;
  return {
    path,
    id: form.id ?? form.poolId ?? `${route}:pool${index}`,
    targets: targetsOf(form, path),
    priority: form.priority ?? 0,
    backup: form.backup ?? form.isBackup ?? form.type === 'backup',
    force: form.force ?? false,
    mode: own === undefined ? defaultMode : balancingMode(own),
    weights:
      form.weights === undefined
        ? null
        : Object.entries(form.weights).map(([name, weight]) => ({ name, weight, path: [...path, 'weights', name] })),
  };
}

function targetsOf(form: RoutePoolForm, path: Path): readonly WrittenName[] {
  const written = fieldUnder(form, TARGETS_FIELDS);
  if (written === null) return [];
  const place: Path = [...path, written.name];
  if (typeof written.value === 'string') return [{ name: written.value, path: place }];
  return written.value.map((name, index) => ({ name, path: [...place, index] }));
}
