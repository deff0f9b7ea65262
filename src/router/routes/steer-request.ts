/**
 * Where a request wants to go besides its model: what the session was told before, what this message says, what its
 * signals mean. Reads the state and changes nothing; what is to be remembered is part of the answer.
 */
import type { RejectCode, RejectDetails, RouterRequest } from '../contract.ts';
import type { RouterState } from '../state/router-state.ts';
import type { CompiledPool } from '../state/compiled-pool.ts';
import type { CompiledRoutes } from '../state/compiled-lanes.ts';
import { applyInstructions, NOT_INSTRUCTED, type SessionInstructions } from '../sessions/apply-instructions.ts';
import type { SessionScope, Steering } from '../steering.ts';
import type { RouteTraits } from './candidate-routes.ts';
import { BUILT_IN_ROUTES } from './route-order.ts';

/** Names only, so that it can be placed in another pool too. Plain data, part of the snapshot. */
export interface Steered {
  /** Null when the request names its model itself. */
  readonly requestedRoute: string | null;
  readonly reason: string;
  readonly traits: RouteTraits;
  readonly scope: SessionScope | null;
  readonly forced: string | null;
  readonly sticky: string | null;
  /** Providers; empty: all. */
  readonly allowed: readonly string[];
  /** Of the session and of this request alone. */
  readonly disabled: readonly string[];
}

/** The request cannot be taken in, whatever the state of the targets. */
export interface SteeringRefusal {
  readonly code: RejectCode;
  readonly status: number;
  readonly details: RejectDetails;
}

/** What the session goes by from now on; `null`: as before. */
export interface SteeredRequest {
  readonly steered: Steered;
  readonly scopeId: string | null;
  readonly remembered: SessionInstructions;
}

const NO_TRAITS: RouteTraits = { isHinted: false, hasImage: false, isLong: false };

/** Null when neither routes nor instructions have a say. */
export function steerRequest(
  state: RouterState,
  request: RouterRequest,
  clientKey: number,
  nowMs: number,
): SteeredRequest | SteeringRefusal | null {
  const { pool, sessions } = state;
  const steering = heeded(pool, request, clientKey);
  const routing = findRoute(state, request, clientKey);
  if (routing !== null && 'code' in routing) return routing;
  if (steering === null) {
    if (routing === null) return null;
    return {
      steered: { ...routing, scope: null, forced: null, sticky: null, allowed: [], disabled: [] },
      scopeId: null,
      remembered: NOT_INSTRUCTED,
    };
  }
  const unknown = firstUnknown(pool, steering);
  if (unknown !== null) return refusal('PROVIDER_NOT_AVAILABLE', 503, routing?.requestedRoute ?? null, unknown);
  const before = sessions.instructionsOf(steering.scopeId, nowMs);
  const { forced, ...remembered } = applyInstructions(before, steering.instructions, (name) => targetIdsOf(pool, name));
  const { sticky, allowed, disabled } = remembered;
  const isSteered = forced !== null || sticky !== null || allowed.length > 0 || disabled.length > 0;
  if (routing === null && !isSteered && steering.bans.length === 0 && steering.instructions.length === 0) return null;
  return {
    steered: {
      ...(routing ?? { requestedRoute: null, reason: 'model', traits: NO_TRAITS }),
      scope: steering.scope,
      forced,
      sticky,
      allowed,
      disabled: steering.bans.length === 0 ? disabled : [...disabled, ...steering.bans],
    },
    scopeId: scopeToWrite(request, steering),
    remembered,
  };
}

/** Without instructions, bans and memory where the client key may not steer: the proxy sees to that, a trace may not. */
function heeded(pool: CompiledPool, { steering }: RouterRequest, clientKey: number): Steering | null {
  if (steering === null || clientKey < 0 || pool.maySteer[clientKey]!) return steering;
  return { ...steering, scope: 'request', scopeId: '', instructions: [], bans: [] };
}

/** A request without a session is remembered under its own id, so that the next one can go on from it. */
function scopeToWrite({ clientKey, requestId }: RouterRequest, { scope, scopeId }: Steering): string {
  return scope === 'session' || scope === 'conversation' ? scopeId : resumableId(clientKey, requestId);
}

/** What `Steering.scopeId` has to be for a request that goes on from another one of the same client key. */
export function resumableId(clientKey: string, requestId: string): string {
  return `${clientKey}:resume:${requestId}`;
}

type FoundRoute = Pick<Steered, 'requestedRoute' | 'reason' | 'traits'>;

/** Null when the routes do not decide about the request's model. */
function findRoute(state: RouterState, request: RouterRequest, clientKey: number): FoundRoute | SteeringRefusal | null {
  const { pool, policy } = state;
  const { routes } = pool;
  const { steering } = request;
  if (routes === null || !isRouted(pool, routes, request)) return null;
  const isLong = request.inputTokens >= policy.routing.longContextThresholdTokens;
  const hasImage = steering?.signals?.hasImage ?? request.hasImage;
  const hint = steering?.routeHint ?? null;
  if (hint !== null) {
    const isKnown = routes.names.has(hint) || (BUILT_IN_ROUTES as readonly string[]).includes(hint);
    const isAllowed = clientKey < 0 || (pool.routesOfClientKey[clientKey]?.has(hint) ?? true);
    if (!isKnown || !isAllowed) return refusal('ROUTE_NOT_FOUND', 404, hint, null);
    return { requestedRoute: hint, reason: `route_hint:${hint}`, traits: { isHinted: true, hasImage, isLong } };
  }
  const classifier = clientKey < 0 ? routes.classifier : pool.classifierOfClientKey[clientKey]!;
  const { route, reason } = classifier.classify(steering?.signals ?? null, isLong);
  return { requestedRoute: route, reason, traits: { isHinted: false, hasImage, isLong } };
}

function isRouted(pool: CompiledPool, { models, protocols }: CompiledRoutes, request: RouterRequest): boolean {
  const isAsked = models.has(request.model) || (models.has('*') && pool.laneByModel.find(request.model) < 0);
  // Routes are for conversations: what none of their targets can speak goes by its model.
  return isAsked && (protocols === null || protocols.has(request.protocol));
}

function firstUnknown(pool: CompiledPool, { instructions, bans }: Steering): string | null {
  const instructed = instructions.find(({ kind, name }) => kind !== 'clear' && !pool.laneByAddress.has(name));
  return instructed?.name ?? bans.find((name) => !pool.laneByAddress.has(name)) ?? null;
}

function targetIdsOf(pool: CompiledPool, name: string): readonly string[] {
  const lane = pool.laneByAddress.get(name);
  return lane === undefined ? [] : Array.from(pool.lanes[lane]!.targets, (target) => pool.targetIds[target]!);
}

function refusal(code: RejectCode, status: number, route: string | null, named: string | null): SteeringRefusal {
  return { code, status, details: { route, named, attempted: [], allowedProviders: [], disabled: [] } };
}
