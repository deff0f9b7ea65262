/** Small pools with routes, and what requests can say of where they want to go: every fact open to change. */
import type {
  ClientKeyDefinition,
  Instruction,
  InstructionKind,
  PoolDefinition,
  RouteDefinition,
  RoutePool,
  RouterRequest,
  RouteSignals,
  RoutingDefinition,
  Steering,
} from '../../src/router/index.ts';
import { CANCELLED, poolOf, targetOf, type PolicyChanges, type PoolFacts, type TargetFacts } from './small-pool.ts';
import { tryOut } from './trial.ts';

/** A pool of a route: target ids, or more than those. */
export type PoolSketch = readonly string[] | (Partial<RoutePool> & Pick<RoutePool, 'targets'>);
/** By route: its pools in the order in which they are tried. Their ids are `main`, `pool1`, `pool2`, ... */
export type RouteSketch = Readonly<Record<string, readonly PoolSketch[]>>;

export function routingOf(sketch: RouteSketch, facts: Partial<RoutingDefinition> = {}): RoutingDefinition {
  const routes = Object.entries(sketch).map(([name, pools]): RouteDefinition => {
    return { name, pools: pools.map((pool, index) => routePoolOf(pool, index)) };
  });
  return { models: ['auto'], forceWebSearch: false, routes, ...facts };
}

function routePoolOf(sketch: PoolSketch, index: number): RoutePool {
  const facts = 'targets' in sketch ? sketch : { targets: sketch };
  const id = index === 0 ? 'main' : `pool${index}`;
  return { id, priority: 0, backup: false, force: false, mode: null, weights: null, ...facts };
}

/** A pool of all the targets that the routes name, and of those that stand in `targets`, which may say more of them. */
export function routedPool(
  sketch: RouteSketch,
  targets: Readonly<Record<string, TargetFacts>> = {},
  facts: PoolFacts & { readonly routes?: Partial<RoutingDefinition> } = {},
): PoolDefinition {
  const routing = routingOf(sketch, facts.routes);
  const named = routing.routes.flatMap(({ pools }) => pools.flatMap((pool) => pool.targets));
  const ids = [...new Set([...named, ...Object.keys(targets)])];
  return poolOf(
    ids.map((id) => targetOf(id, targets[id])),
    { ...facts, routing },
  );
}

export function clientOf(name: string, facts: Partial<ClientKeyDefinition>): ClientKeyDefinition {
  return { name, priorityCeiling: 'high', budgets: [], models: null, maySteer: true, routes: null, ...facts };
}

/** Nothing is known of the conversation, unless told otherwise. */
export function signalsOf(facts: Partial<RouteSignals> = {}): RouteSignals {
  return {
    latestFromUser: false,
    hasImage: false,
    wantsWebSearch: false,
    isBackground: false,
    lastTool: null,
    usesTools: false,
    ...facts,
  };
}

/** Steering of the session `s`. */
export function steeringOf(facts: Partial<Steering> = {}): Steering {
  return {
    scope: 'session',
    scopeId: 'anyone:session:s',
    signals: null,
    routeHint: null,
    instructions: [],
    bans: [],
    needsServerTools: false,
    ...facts,
  };
}

/** A request of the session `s` that says this of where it wants to go. */
export function steered(facts: Partial<Steering> = {}, request: Partial<RouterRequest> = {}): Partial<RouterRequest> {
  return { ...request, steering: steeringOf(facts) };
}

/** A request with these features. */
export function signalling(facts: Partial<RouteSignals>, request: Partial<RouterRequest> = {}): Partial<RouterRequest> {
  return steered({ signals: signalsOf(facts) }, { hasImage: facts.hasImage ?? false, ...request });
}

/** `['force', 'aurora.small'], ['clear', '']` and so on, in the order in which they stand in the message. */
export function told(...instructions: readonly (readonly [InstructionKind, string])[]): Partial<RouterRequest> {
  return steered({ instructions: instructionsOf(...instructions) });
}

export function instructionsOf(...instructions: readonly (readonly [InstructionKind, string])[]): Instruction[] {
  return instructions.map(([kind, name]) => ({ kind, name }));
}

/** What a request would be served by, first choice first: each time the last choice is disabled and it is asked again. */
export function walk(pool: PoolDefinition, request: Partial<RouterRequest>, changes: PolicyChanges = {}): string[] {
  const trial = tryOut(pool, changes);
  const choices: string[] = [];
  for (;;) {
    const [command] = trial.begin(`walk-${choices.length}`, request);
    if (command?.kind !== 'send') return choices;
    choices.push(command.target);
    trial.end(command, CANCELLED);
    trial.order('disable', command.target);
  }
}
