/** Who shares candidates with whom: a lane for every name that can be asked for and every list of candidate routes. */
import type { RouterRequest } from '../contract.ts';
import type { Capabilities, PoolDefinition, RoutingDefinition, TargetDefinition } from '../pool.ts';
import { isVisionForced, type RouteTraits } from '../routes/candidate-routes.ts';
import { planKey, planRoutes, type RoutePlans, type Tier } from '../routes/compiled-routes.ts';
import { RouteClassifier } from '../routes/route-classifier.ts';
import { DEFAULT_ROUTE } from '../routes/route-order.ts';
import { addressedTargets, namedTargets } from '../target-names.ts';
import { NameIndex } from './name-index.ts';

const TOOLS = 1;
const VISION = 2;
const STREAMING = 4;
const SERVER_TOOLS = 8;

/** What a request needs of a target, as bits to compare with those of {@link capabilityBits}. */
export function neededCapabilities(request: RouterRequest): number {
  const { steering } = request;
  return (
    (request.hasTools ? TOOLS : 0) |
    (request.hasImage ? VISION : 0) |
    (request.stream ? STREAMING : 0) |
    (steering !== null && steering.needsServerTools ? SERVER_TOOLS : 0)
  );
}

export function capabilityBits(capabilities: Capabilities): number {
  return (
    (capabilities.tools ? TOOLS : 0) |
    (capabilities.vision ? VISION : 0) |
    (capabilities.streaming ? STREAMING : 0) |
    (capabilities.serverTools ? SERVER_TOOLS : 0)
  );
}

/** Requests for the same name, or of the same route, share their candidates and wait in the same line. */
export interface Lane {
  /** See `namedTargets`; that of a route is the plan's name. */
  readonly model: string;
  /** Ascending, those of all tiers. */
  readonly targets: Int32Array;
  /** At least one; the first one that has an eligible target is chosen from. */
  readonly tiers: readonly Tier[];
  /** Position of the tier of each target, by target; null when there is one tier. */
  readonly tierOf: Int16Array | null;
  /** By target, 1 where a context that fits nowhere may be tried all the same; null: nowhere. */
  readonly lastResort: Uint8Array | null;
  /** All targets are one model with several keys. */
  readonly isModelOfKeys: boolean;
  /** What every target of the lane can do, so that most requests need not be checked against each. */
  readonly everyone: {
    readonly capabilities: number;
    readonly contextTokens: number;
    readonly outputTokens: number;
    /** In which every target can be reached; `null`: any. */
    readonly protocols: ReadonlySet<string> | null;
    /** Highest prices, micro-USD per token. */
    readonly inputPrice: number;
    readonly outputPrice: number;
  };
}

export interface CompiledRoutes {
  /** Models for which the routes decide; with `*`, also whatever is the name of nothing. */
  readonly models: ReadonlySet<string>;
  /** Routes that have targets. */
  readonly names: ReadonlySet<string>;
  /** In which at least one of their targets can be reached; null: any. */
  readonly protocols: ReadonlySet<string> | null;
  /** For whoever may take all of them. */
  readonly classifier: RouteClassifier;
  readonly forceVision: boolean;
  readonly forceWebSearch: boolean;
  /** The lane for a request of the route, which may be one that has no targets itself. */
  laneOf(route: string, traits: RouteTraits): number;
}

export interface CompiledLanes {
  readonly lanes: readonly Lane[];
  readonly laneByModel: NameIndex;
  readonly laneByAddress: ReadonlyMap<string, number>;
  readonly routes: CompiledRoutes | null;
}

export function compileLanes(pool: PoolDefinition, targets: readonly TargetDefinition[]): CompiledLanes {
  const indexOf = new Map(targets.map(({ id }, index) => [id, index]));
  const positionsOf = (ids: readonly string[]): Int32Array => Int32Array.from(ids, (id) => indexOf.get(id)!);
  const lanes: Lane[] = [];
  const laneByName = new Map<string, number>();
  for (const [name, ids] of namedTargets(pool)) {
    laneByName.set(name, lanes.push(laneOf(name, [plainTier(positionsOf(ids))], targets)) - 1);
  }
  const laneByAddress = new Map<string, number>();
  for (const [name, ids] of addressedTargets(pool)) {
    const positions = positionsOf(ids);
    const same = laneByName.get(name);
    // An alias or a model may have the name of an address and stand for other targets.
    const isSame = same !== undefined && isEqual(lanes[same]!.targets, positions);
    const lane = isSame ? same : lanes.push(laneOf(`address ${name}`, [plainTier(positions)], targets)) - 1;
    laneByAddress.set(name, lane);
  }
  const { routing } = pool;
  const routes = routing === null ? null : compileRoutes(routing, planRoutes(routing, targets), lanes, targets);
  return { lanes, laneByModel: new NameIndex(laneByName), laneByAddress, routes };
}

/** Adds the lanes of the plans. */
function compileRoutes(
  routing: RoutingDefinition,
  { plans, planOf, lastResort }: RoutePlans,
  lanes: Lane[],
  targets: readonly TargetDefinition[],
): CompiledRoutes {
  const first = lanes.length;
  for (const { name, tiers } of plans) lanes.push({ ...laneOf(name, tiers, targets), lastResort });
  const offered = routing.routes.filter(({ pools }) => pools.some((pool) => pool.targets.length > 0));
  const names = new Set(offered.map(({ name }) => name));
  const ids = new Set(offered.flatMap(({ pools }) => pools.flatMap((pool) => pool.targets)));
  const spoken = targets.filter(({ id }) => ids.has(id)).map(({ protocols }) => protocols);
  return {
    models: new Set(routing.models),
    names,
    protocols: spoken.some((protocols) => protocols.length === 0) ? null : new Set(spoken.flat()),
    classifier: new RouteClassifier(names),
    forceVision: isVisionForced(routing),
    forceWebSearch: routing.forceWebSearch,
    laneOf: (route, traits) =>
      first + (planOf.get(planKey(route, traits)) ?? planOf.get(planKey(DEFAULT_ROUTE, traits))!),
  };
}

function plainTier(targets: Int32Array): Tier {
  return { route: null, pool: null, targets, mode: null, weights: null };
}

function laneOf(model: string, tiers: readonly Tier[], targets: readonly TargetDefinition[]): Lane {
  const indices = tiers.flatMap((tier) => [...tier.targets]).sort((a, b) => a - b);
  const models = new Set(indices.map((index) => targets[index]!.model));
  return {
    model,
    targets: Int32Array.from(indices),
    tiers,
    // One without targets is asked target by target like one of many tiers, so that it takes no short cut.
    tierOf: tiers.length === 1 && indices.length > 0 ? null : tierPositions(tiers, targets.length),
    lastResort: null,
    isModelOfKeys: indices.length > 1 && models.size === 1,
    everyone: {
      capabilities: indices.reduce((common, index) => common & capabilityBits(targets[index]!.capabilities), ~0),
      contextTokens: Math.min(...indices.map((index) => targets[index]!.contextTokens)),
      outputTokens: Math.min(...indices.map((index) => targets[index]!.maxOutputTokens)),
      protocols: commonProtocols(indices.map((index) => targets[index]!.protocols)),
      inputPrice: Math.max(...indices.map((index) => targets[index]!.prices.inputMicroUsdPerToken)),
      outputPrice: Math.max(...indices.map((index) => targets[index]!.prices.outputMicroUsdPerToken)),
    },
  };
}

function tierPositions(tiers: readonly Tier[], targets: number): Int16Array {
  const tierOf = new Int16Array(targets).fill(-1);
  for (const [position, tier] of tiers.entries()) for (const target of tier.targets) tierOf[target] = position;
  return tierOf;
}

function isEqual(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** In all of the lists, an empty one standing for any protocol; `null` when all are empty. */
function commonProtocols(lists: readonly (readonly string[])[]): ReadonlySet<string> | null {
  const limited = lists.filter((list) => list.length > 0);
  if (limited.length === 0) return null;
  return new Set(limited[0]!.filter((protocol) => limited.every((list) => list.includes(protocol))));
}
