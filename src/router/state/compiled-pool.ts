/** The pool as the hot path reads it: targets sorted by id, their facts in typed arrays, lanes by model name. */
import type { BudgetRule, ClientKeyDefinition, PoolDefinition, Priority } from '../pool.ts';
import { NOBODY, type Placement } from '../routes/place-request.ts';
import { RouteClassifier } from '../routes/route-classifier.ts';
import { DEFAULT_ROUTE } from '../routes/route-order.ts';
import { ANY_MODEL, namedTargets } from '../target-names.ts';
import { capabilityBits, compileLanes, type CompiledRoutes, type Lane } from './compiled-lanes.ts';
import { NameIndex } from './name-index.ts';

export interface CompiledPool {
  readonly targetIds: readonly string[];
  readonly keyIds: readonly string[];
  readonly keyOf: Int32Array;
  readonly capabilities: Uint8Array;
  readonly contextTokens: Float64Array;
  readonly outputTokensMax: Float64Array;
  /** `null`: any protocol. */
  readonly protocols: readonly (ReadonlySet<string> | null)[];
  readonly inputPrice: Float64Array;
  readonly outputPrice: Float64Array;
  readonly cacheReadPrice: Float64Array;
  readonly startsDisabled: readonly boolean[];
  /** Infinity: no limit. */
  readonly concurrencyLimit: Float64Array;
  readonly queueLimit: Float64Array;
  readonly targetsOfKey: readonly Int32Array[];
  readonly lanes: readonly Lane[];
  readonly laneByModel: NameIndex;
  /** Lanes of what instructions can name, see `addressedTargets`. */
  readonly laneByAddress: ReadonlyMap<string, number>;
  /** Null when the pool has no routes. */
  readonly routes: CompiledRoutes | null;
  /** By lane: what to say of a request that nothing but its model places; made once, as most requests are such. */
  readonly plainPlacements: readonly Placement[];
  readonly lanesOfTarget: readonly Int32Array[];
  /** Lanes that may move when an attempt of the key ends: one of their targets shares the key or a budget with it. */
  readonly lanesMovedByKey: readonly Int32Array[];
  readonly clientKeyIndex: NameIndex;
  readonly priorityCeiling: readonly Priority[];
  /** By client key: whether its instructions and bans count. */
  readonly maySteer: readonly boolean[];
  /** By client key: by target, 1 where its instructions may lead; null: anywhere. */
  readonly reachOfClientKey: readonly (Uint8Array | null)[];
  /** By client key: by target, 1 where a route leads that its requests may take, `default` among them; null: all. */
  readonly offeredToClientKey: readonly (Uint8Array | null)[];
  /** By client key: the routes that its requests may take; null: all. */
  readonly routesOfClientKey: readonly (ReadonlySet<string> | null)[];
  /** By client key: for the routes that it may take. Empty when the pool has no routes. */
  readonly classifierOfClientKey: readonly RouteClassifier[];
  readonly budgets: readonly ScopedBudget[];
  /** Budget rules that an attempt at the target is charged to: its own, its key's, its provider's. */
  readonly budgetsOfTarget: readonly Int32Array[];
  readonly budgetsOfClientKey: readonly Int32Array[];
  /** Targets that share the key with the target, itself included. */
  readonly keySharers: readonly Int32Array[];
  /** Targets that share a budget rule with the target, itself included when it has one. */
  readonly budgetSharers: readonly Int32Array[];
}

export interface ScopedBudget {
  /** For people, e.g. `key aurora.main: tokens per 1m`. */
  readonly label: string;
  readonly rule: BudgetRule;
}

/** @throws Error when a target names a key or provider that the pool lacks, or an id stands twice. */
export function compilePool(pool: PoolDefinition): CompiledPool {
  const targets = [...pool.targets].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const targetIds = targets.map((target) => target.id);
  const targetIndex = indexById(targetIds, 'target');
  const keyIndex = indexById(
    pool.keys.map((key) => key.id),
    'key',
  );
  const providerIndex = indexById(
    pool.providers.map((provider) => provider.id),
    'provider',
  );
  const clientKeyIndex = indexById(
    pool.clientKeys.map((clientKey) => clientKey.name),
    'client key',
  );

  const budgets: ScopedBudget[] = [];
  const enlist = (scope: string, rules: readonly BudgetRule[]): number[] =>
    rules.map((rule) => {
      const unit = rule.metric === 'microUsd' ? 'USD' : rule.metric;
      return budgets.push({ label: `${scope}: ${unit} per ${rule.window}`, rule }) - 1;
    });
  const ofTarget = targets.map((target) => enlist(`target ${target.id}`, target.budgets));
  const ofKey = pool.keys.map((key) => enlist(`key ${key.id}`, key.budgets));
  const ofProvider = pool.providers.map((provider) => enlist(`provider ${provider.id}`, provider.budgets));
  const ofClientKey = pool.clientKeys.map((clientKey) => enlist(`client key ${clientKey.name}`, clientKey.budgets));

  const budgetsOfTarget = targets.map((target) =>
    Int32Array.from([
      ...ofTarget[targetIndex.get(target.id)!]!,
      ...ofKey[required(keyIndex, target.key, 'key', target.id)]!,
      ...ofProvider[required(providerIndex, target.provider, 'provider', target.id)]!,
    ]),
  );
  const keyOf = Int32Array.from(targets, (target) => required(keyIndex, target.key, 'key', target.id));
  const { lanes, laneByModel, laneByAddress, routes } = compileLanes(pool, targets);
  const clientsHaveBudgets = ofClientKey.some((rules) => rules.length > 0);

  return {
    targetIds,
    keyIds: pool.keys.map((key) => key.id),
    keyOf,
    capabilities: Uint8Array.from(targets, (target) => capabilityBits(target.capabilities)),
    contextTokens: Float64Array.from(targets, (target) => target.contextTokens),
    outputTokensMax: Float64Array.from(targets, (target) => target.maxOutputTokens),
    protocols: targets.map((target) => (target.protocols.length === 0 ? null : new Set(target.protocols))),
    inputPrice: Float64Array.from(targets, (target) => target.prices.inputMicroUsdPerToken),
    outputPrice: Float64Array.from(targets, (target) => target.prices.outputMicroUsdPerToken),
    cacheReadPrice: Float64Array.from(targets, (target) => target.prices.cacheReadMicroUsdPerToken),
    startsDisabled: targets.map((target) => target.disabled),
    concurrencyLimit: Float64Array.from(pool.keys, (key) => key.concurrencyLimit ?? Infinity),
    queueLimit: Float64Array.from(pool.keys, (key) => key.queueLimit),
    targetsOfKey: pool.keys.map((_, key) => Int32Array.from(targets.keys()).filter((target) => keyOf[target] === key)),
    lanes,
    laneByModel,
    laneByAddress,
    routes,
    plainPlacements: lanes.map((_, lane) => ({ lane, stickyLane: -1, barred: NOBODY })),
    lanesOfTarget: targets.map((_, target) =>
      Int32Array.from(lanes.keys()).filter((lane) => lanes[lane]!.targets.includes(target)),
    ),
    lanesMovedByKey: pool.keys.map((_, key) => {
      const own = [...targets.keys()].filter((target) => keyOf[target] === key);
      const rules = new Set(own.flatMap((target) => [...budgetsOfTarget[target]!]));
      const isMoved = (target: number): boolean =>
        // The attempt may give back what it had reserved of its client's budgets, which are about every target.
        clientsHaveBudgets || keyOf[target] === key || budgetsOfTarget[target]!.some((rule) => rules.has(rule));
      return Int32Array.from(lanes.keys()).filter((lane) => lanes[lane]!.targets.some(isMoved));
    }),
    clientKeyIndex: new NameIndex(clientKeyIndex),
    priorityCeiling: pool.clientKeys.map((clientKey) => clientKey.priorityCeiling),
    maySteer: pool.clientKeys.map((clientKey) => clientKey.maySteer),
    reachOfClientKey: pool.clientKeys.map((clientKey) => reachOf(clientKey, pool, targetIds)),
    offeredToClientKey: pool.clientKeys.map((clientKey) => offeredTo(clientKey, pool, targetIds)),
    routesOfClientKey: pool.clientKeys.map(({ routes: allowed }) => (allowed === null ? null : new Set(allowed))),
    classifierOfClientKey: routes === null ? [] : pool.clientKeys.map((clientKey) => classifierOf(clientKey, routes)),
    budgets,
    budgetsOfTarget,
    budgetsOfClientKey: ofClientKey.map((rules) => Int32Array.from(rules)),
    keySharers: targets.map((_, target) =>
      Int32Array.from(targets.keys()).filter((other) => keyOf[other] === keyOf[target]),
    ),
    budgetSharers: budgetsOfTarget.map((rules) =>
      Int32Array.from(targets.keys()).filter((other) => budgetsOfTarget[other]!.some((rule) => rules.includes(rule))),
    ),
  };
}

function classifierOf(
  { routes: allowed }: ClientKeyDefinition,
  { names, classifier }: CompiledRoutes,
): RouteClassifier {
  return allowed === null ? classifier : new RouteClassifier(new Set(allowed.filter((name) => names.has(name))));
}

/** The targets of all models and routes that the key may ask for. */
function reachOf(
  { models, routes }: ClientKeyDefinition,
  pool: PoolDefinition,
  targetIds: readonly string[],
): Uint8Array | null {
  if (routes === null && (models === null || models.includes(ANY_MODEL))) return null;
  const names = namedTargets(pool);
  const { routing } = pool;
  const allowed = routing?.routes.filter(({ name }) => routes === null || routes.includes(name)) ?? [];
  const routed = allowed.flatMap(({ pools }) => pools.flatMap(({ targets }) => targets));
  const isRouted = (model: string): boolean =>
    routing !== null && (routing.models.includes(model) || (routing.models.includes('*') && !names.has(model)));
  const byModel =
    models === null
      ? targetIds
      : models.flatMap((model) => [...(names.get(model) ?? []), ...(isRouted(model) ? routed : [])]);
  const byRoute = routes === null ? targetIds : routed;
  return Uint8Array.from(targetIds, (id) => (byModel.includes(id) && byRoute.includes(id) ? 1 : 0));
}

function offeredTo(
  { routes: allowed }: ClientKeyDefinition,
  { routing }: PoolDefinition,
  targetIds: readonly string[],
): Uint8Array | null {
  if (allowed === null || routing === null) return null;
  const taken = routing.routes.filter(({ name }) => name === DEFAULT_ROUTE || allowed.includes(name));
  const ids = new Set(taken.flatMap(({ pools }) => pools.flatMap(({ targets }) => targets)));
  return Uint8Array.from(targetIds, (id) => (ids.has(id) ? 1 : 0));
}

function indexById(ids: readonly string[], what: string): Map<string, number> {
  const index = new Map<string, number>();
  ids.forEach((id, position) => {
    if (index.has(id)) throw new Error(`the pool has two entries for ${what} "${id}"`);
    index.set(id, position);
  });
  return index;
}

function required(index: ReadonlyMap<string, number>, id: string, what: string, by: string): number {
  const position = index.get(id);
  if (position === undefined) throw new Error(`${by} names ${what} "${id}", which the pool lacks`);
  return position;
}
